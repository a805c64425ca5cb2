//! A service manager that hears the signs of life of a daemon.

use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const LOOK_EVERY: Duration = Duration::from_millis(100);

/// The socket that a daemon is told of by `Options::notify_socket`.
pub struct Watchdog {
    socket: UnixDatagram,
    pub path: PathBuf,
}

impl Watchdog {
    /// Listens in this folder.
    pub fn listen(folder: &Path) -> Self {
        let path = folder.join("notify");
        let socket = UnixDatagram::bind(&path).expect("a socket in a new folder");
        socket.set_read_timeout(Some(LOOK_EVERY)).expect("a time-out is set");
        Self { socket, path }
    }

    /// The longest time between two signs of life within `time`. Blocks the thread.
    pub fn longest_gap(&self, time: Duration) -> Duration {
        let (started, mut last, mut longest) = (Instant::now(), Instant::now(), Duration::ZERO);
        let mut text = [0; 4096];
        while started.elapsed() < time {
            let received = self.socket.recv(&mut text);
            if received.is_ok_and(|length| text[..length].starts_with(b"WATCHDOG=1")) {
                longest = longest.max(last.elapsed());
                last = Instant::now();
            }
        }
        longest.max(last.elapsed())
    }
}
