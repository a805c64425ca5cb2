//! The standard output and error of a server: in a bounded log file, and their last lines for an error message.

use std::fs::{self, File, OpenOptions};
use std::io::{self, PipeReader, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::sync::watch;

/// A log file of this size is moved to `<name>.1`, so that a server takes at most twice as much.
const LOG_BYTES: u64 = 4 << 20;
/// Bytes of the end of the log that are kept in memory.
const TAIL_BYTES: usize = 4 << 10;

/// The last of what a child wrote.
#[derive(Debug, Clone)]
pub struct Tail {
    bytes: Arc<Mutex<Vec<u8>>>,
    closed: watch::Receiver<()>,
}

impl Tail {
    /// The last lines, after a short wait for those of a child that just ended.
    pub async fn text(&self) -> String {
        let mut closed = self.closed.clone();
        let drained = async { while closed.changed().await.is_ok() {} };
        // A grandchild may keep the pipe open: then what is there must do.
        tokio::time::timeout(Duration::from_millis(200), drained).await.ok();
        let bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).trim_end().to_owned()
    }
}

/// Copies what comes out of the pipe into the log file, on a thread that ends with the pipe.
pub fn capture(pipe: PipeReader, log: PathBuf) -> io::Result<Tail> {
    let bytes = Arc::new(Mutex::new(Vec::new()));
    let (open, closed) = watch::channel(());
    let tail = Tail {
        bytes: Arc::clone(&bytes),
        closed,
    };
    thread::Builder::new()
        .name("child-output".into())
        .stack_size(128 << 10)
        .spawn(move || {
            copy(pipe, &log, &bytes);
            drop(open);
        })?;
    Ok(tail)
}

fn copy(mut pipe: PipeReader, log: &Path, tail: &Mutex<Vec<u8>>) {
    let mut file = open(log);
    let mut buffer = [0; 4096];
    loop {
        let count = match pipe.read(&mut buffer) {
            Ok(0) => return,
            Ok(count) => count,
            Err(fault) if fault.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => return,
        };
        remember(tail, &buffer[..count]);
        file = file.and_then(|file| append(file, log, &buffer[..count]));
    }
}

/// Without a log file (a full disk) the pipe is still drained: a server must not block on its own messages.
fn append(mut file: File, log: &Path, bytes: &[u8]) -> Option<File> {
    file.write_all(bytes).ok()?;
    if file.metadata().ok()?.len() < LOG_BYTES {
        return Some(file);
    }
    fs::rename(log, log.with_added_extension("1")).ok()?;
    open(log)
}

fn open(log: &Path) -> Option<File> {
    OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .custom_flags(libc::O_NOFOLLOW)
        .open(log)
        .ok()
}

fn remember(tail: &Mutex<Vec<u8>>, bytes: &[u8]) {
    let mut tail = tail.lock().unwrap_or_else(PoisonError::into_inner);
    tail.extend_from_slice(bytes);
    let excess = tail.len().saturating_sub(TAIL_BYTES);
    tail.drain(..excess);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_log_has_a_bound_and_the_end_is_kept() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let log = folder.path().join("server.log");
        let (reader, mut writer) = io::pipe()?;
        let tail = capture(reader, log.clone())?;
        for _ in 0..5 {
            writer.write_all(&vec![b'x'; 2 << 20])?;
        }
        writer.write_all(b"\nthe end\n")?;
        drop(writer);
        let text = tail.text().await;
        assert!(text.ends_with("\nthe end") && text.len() <= TAIL_BYTES, "{text}");
        let sizes = [
            fs::metadata(&log)?.len(),
            fs::metadata(log.with_added_extension("1"))?.len(),
        ];
        assert!(sizes.iter().all(|size| *size < LOG_BYTES + 8192), "{sizes:?}");
        Ok(())
    }
}
