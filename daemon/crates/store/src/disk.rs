//! Calls to the disk: on threads that may block, bounded in number and time. A disk that hangs costs these threads, nothing else.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use futures_util::stream::try_unfold;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep, timeout_at};
use tokio_util::sync::CancellationToken;

/// Calls at once. One that hangs keeps its place, so fewer than the 512 threads of a runtime can hang.
const CALLS: usize = 128;
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
/// Time for a reader while the process stops.
const STOPPING_PATIENCE: Duration = Duration::from_secs(2);
const CHUNK_BYTES: u64 = 256 << 10;

/// The places of the calls that run.
#[derive(Debug, Clone)]
pub(crate) struct Disk {
    places: Arc<Semaphore>,
    /// Cancelled when the process stops.
    pub(crate) stop: CancellationToken,
}

impl Default for Disk {
    fn default() -> Self {
        Self {
            places: Arc::new(Semaphore::new(CALLS)),
            stop: CancellationToken::new(),
        }
    }
}

impl Disk {
    /// # Errors
    /// `TimedOut` when the disk does not answer. The call may still end later.
    pub(crate) async fn call<T: Send + 'static>(
        &self,
        call: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        self.call_within(PATIENCE, call).await
    }

    pub(crate) async fn call_within<T: Send + 'static>(
        &self,
        patience: Duration,
        call: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        self.begin(patience, call).await?.await
    }

    /// Begins a call; the caller does something else before it waits for the end.
    pub(crate) async fn begin<T: Send + 'static>(
        &self,
        patience: Duration,
        call: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> io::Result<impl Future<Output = io::Result<T>> + Send + 'static> {
        let deadline = Instant::now() + patience;
        let place = timeout_at(deadline, self.places.clone().acquire_owned())
            .await
            .map_err(|_| stuck(patience))?;
        let place = place.expect("nobody closes it");
        let called = tokio::task::spawn_blocking(move || {
            let result = call();
            drop(place);
            result
        });
        Ok(async move {
            timeout_at(deadline, called)
                .await
                .map_err(|_| stuck(patience))?
                .map_err(io::Error::other)?
        })
    }

    /// As `call`, for a reader who can ask again: a stop waits for it no longer than `STOPPING_PATIENCE`.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        call: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let stopped = async {
            self.stop.cancelled().await;
            sleep(STOPPING_PATIENCE).await;
        };
        tokio::select! {
            result = self.call(call) => result,
            () = stopped => Err(stuck(STOPPING_PATIENCE)),
        }
    }

    /// A place for a call that nobody waits for. `None` when all are taken.
    pub(crate) fn place(&self) -> Option<OwnedSemaphorePermit> {
        self.places.clone().try_acquire_owned().ok()
    }

    /// The bytes of a part of a file.
    pub(crate) fn stream(self, file: File, part: Range<u64>) -> impl Stream<Item = io::Result<Bytes>> + Send {
        let file = Arc::new(file);
        try_unfold((self, file, part), |(disk, file, part)| async move {
            let size = (part.end - part.start).min(CHUNK_BYTES);
            if size == 0 {
                return Ok(None);
            }
            let (reader, at) = (file.clone(), part.start);
            let chunk = disk.read(move || {
                let mut chunk = vec![0; usize::try_from(size).map_err(io::Error::other)?];
                reader.read_exact_at(&mut chunk, at)?;
                Ok(Bytes::from(chunk))
            });
            let chunk = chunk.await?;
            Ok(Some((chunk, (disk, file, at + size..part.end))))
        })
    }
}

fn stuck(patience: Duration) -> io::Error {
    io::Error::new(
        io::ErrorKind::TimedOut,
        format!("the disk did not answer for {patience:?}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn call_that_hangs_ends_in_time_and_keeps_its_place_only() {
        let disk = Disk::default();
        let (release, hangs) = std::sync::mpsc::channel::<()>();
        let hung = disk.call_within(Duration::from_millis(20), move || {
            let _ = hangs.recv();
            Ok(())
        });
        assert_eq!(hung.await.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert_eq!(disk.places.available_permits(), CALLS - 1);
        assert_eq!(disk.call(|| Ok(7)).await.unwrap(), 7);
        drop(release);
        let place = timeout_at(Instant::now() + PATIENCE, disk.places.acquire_many(CALLS as u32)).await;
        assert!(place.is_ok(), "the place is free again");
    }

    #[tokio::test]
    async fn stop_does_not_wait_for_a_reader_whose_call_hangs() {
        let disk = Disk::default();
        let (release, hangs) = std::sync::mpsc::channel::<()>();
        disk.stop.cancel();
        let hung = disk.read(move || {
            let _ = hangs.recv();
            Ok(())
        });
        let ended = tokio::time::timeout(PATIENCE / 2, hung).await;
        assert_eq!(
            ended.expect("before its own deadline").unwrap_err().kind(),
            io::ErrorKind::TimedOut
        );
        assert_eq!(
            disk.read(|| Ok(7)).await.unwrap(),
            7,
            "one that does not hang ends as ever"
        );
        drop(release);
    }
}
