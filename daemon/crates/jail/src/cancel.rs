//! Ends exchanges from another thread.

use std::io;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::process::ChildProcess;

/// Ends the running exchange and prevents later ones. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<Mutex<CancelState>>);

#[derive(Debug, Default)]
struct CancelState {
    is_cancelled: bool,
    socket: Option<UnixStream>,
}

impl Cancel {
    /// Closes the socket of the running exchange: its child is not used again.
    pub fn cancel(&self) {
        let mut state = self.lock();
        state.is_cancelled = true;
        if let Some(socket) = state.socket.take() {
            let _ = socket.shutdown(Shutdown::Both);
        }
    }

    /// Cancels when the guard is dropped.
    pub(crate) fn on_drop(&self) -> CancelOnDrop {
        CancelOnDrop(self.clone())
    }

    /// Notes that an exchange begins. False when it is cancelled already.
    pub(crate) fn begin(&self, child: &ChildProcess) -> io::Result<bool> {
        let socket = child.socket.try_clone()?;
        let mut state = self.lock();
        state.socket = Some(socket);
        Ok(!state.is_cancelled)
    }

    /// Notes that the exchange is over. False when it was cancelled.
    pub(crate) fn end(&self) -> bool {
        let mut state = self.lock();
        state.socket = None;
        !state.is_cancelled
    }

    fn lock(&self) -> MutexGuard<'_, CancelState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) struct CancelOnDrop(Cancel);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}
