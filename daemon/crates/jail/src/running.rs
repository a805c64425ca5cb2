//! An exchange on a thread that may block.

use tokio::task::JoinHandle;

use crate::cancel::{Cancel, CancelOnDrop};
use crate::exchange::{Exchange, Replies};
use crate::failure::Failure;
use crate::process::ChildProcess;
use crate::types::JailError;

/// A running exchange. Dropping it ends the exchange, and the child.
pub struct Running<T> {
    work: JoinHandle<(Option<ChildProcess>, Result<T, JailError>)>,
    cancel: Cancel,
    _cancel_on_drop: CancelOnDrop,
}

impl<T: Send + 'static> Running<T> {
    /// Starts an exchange. The permit is held until the child is idle or dead, even if nobody waits any more.
    pub fn start(
        child: ChildProcess,
        permit: impl Send + 'static,
        exchange: Exchange,
        read: impl FnOnce(&mut Replies<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> Result<Self, JailError> {
        let cancel = Cancel::default();
        cancel.begin(&child).map_err(|error| JailError::Broken(error.into()))?;
        let work = tokio::task::spawn_blocking(move || {
            let done = exchange.run(child, read);
            drop(permit);
            done
        });
        Ok(Self {
            work,
            _cancel_on_drop: cancel.on_drop(),
            cancel,
        })
    }

    /// Ends the exchange, and the child.
    pub fn stop(&self) {
        self.cancel.cancel();
    }

    /// Waits for the end. Returns the child when it may be used again. Cancel safe.
    pub async fn wait(&mut self) -> Result<(Option<ChildProcess>, Result<T, JailError>), JailError> {
        let done = (&mut self.work)
            .await
            .map_err(|error| JailError::Broken(error.into()))?;
        self.cancel.end();
        Ok(done)
    }
}
