//! The scanner client against a scanner that misbehaves: nothing but a whole, positive answer is a positive verdict.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, ReadBuf};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinHandle;
use tradepostd::clamd::{ScanError, ScanLimits, ScannerAddress, Verdict, ping, scan};

const LIMITS: ScanLimits = ScanLimits {
    max_bytes: 64 << 20,
    timeout: Duration::from_millis(700),
    silent_after: None,
};

/// The behaviour of a scanner after the connection.
#[derive(Clone, Copy)]
enum Manner {
    /// Reads everything, then answers.
    Answers(&'static [u8]),
    /// Answers after the first bytes, and closes.
    AnswersEarly(&'static [u8]),
    /// Takes the connection and does nothing.
    Hangs,
    /// Reads everything, then does nothing.
    HangsAtTheEnd,
}

struct Fake {
    folder: TempDir,
    task: JoinHandle<()>,
}

impl Fake {
    fn start(manner: Manner) -> io::Result<Self> {
        let folder = TempDir::new()?;
        let listener = UnixListener::bind(folder.path().join("clamd.sock"))?;
        let task = tokio::spawn(async move {
            let mut open = Vec::new();
            while let Ok((connection, _)) = listener.accept().await {
                open.extend(behave(connection, manner).await);
            }
        });
        Ok(Self { folder, task })
    }

    fn address(&self) -> ScannerAddress {
        self.folder.path().join("clamd.sock").into()
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Gives the connection back when it is to stay open.
async fn behave(mut connection: UnixStream, manner: Manner) -> Option<UnixStream> {
    let reply = match manner {
        Manner::Answers(reply) => {
            read_stream(&mut connection).await.ok()?;
            reply
        }
        Manner::AnswersEarly(reply) => {
            connection.read_u8().await.ok()?;
            reply
        }
        Manner::Hangs => return Some(connection),
        Manner::HangsAtTheEnd => {
            read_stream(&mut connection).await.ok()?;
            return Some(connection);
        }
    };
    connection.write_all(reply).await.ok()?;
    None
}

async fn read_stream(connection: &mut UnixStream) -> io::Result<()> {
    let mut command = [0; b"zINSTREAM\0".len()];
    connection.read_exact(&mut command).await?;
    loop {
        let length = connection.read_u32().await?;
        if length == 0 {
            return Ok(());
        }
        tokio::io::copy(&mut connection.take(length.into()), &mut tokio::io::sink()).await?;
    }
}

async fn scan_with(manner: Manner, bytes: &[u8]) -> Result<Verdict, ScanError> {
    let fake = Fake::start(manner).map_err(ScanError::Input)?;
    scan(&fake.address(), bytes, bytes.len() as u64, LIMITS).await
}

#[tokio::test]
async fn a_whole_positive_answer_is_clean() {
    let verdict = scan_with(Manner::Answers(b"stream: OK\0"), b"bytes").await;
    assert!(matches!(verdict, Ok(Verdict::Clean)), "{verdict:?}");
}

#[tokio::test]
async fn a_scanner_that_hangs_is_a_timeout() {
    let large = vec![0; 8 << 20];
    for (manner, bytes) in [(Manner::Hangs, large.as_slice()), (Manner::HangsAtTheEnd, b"few")] {
        let verdict = scan_with(manner, bytes).await;
        assert!(matches!(verdict, Err(ScanError::Timeout(_))), "{verdict:?}");
    }
}

#[tokio::test]
async fn a_truncated_answer_is_no_verdict() {
    for reply in [&b"stream: OK"[..], b"stream: O", b"stream: Eicar FOU", b"s"] {
        let verdict = scan_with(Manner::Answers(reply), b"bytes").await;
        assert!(matches!(verdict, Err(ScanError::Truncated(_))), "{verdict:?}");
    }
    let verdict = scan_with(Manner::Answers(b""), b"bytes").await;
    assert!(matches!(verdict, Err(ScanError::Closed(_))), "{verdict:?}");
}

#[tokio::test]
async fn an_error_is_no_verdict() {
    let verdict = scan_with(Manner::Answers(b"stream: Can't allocate memory ERROR\0"), b"bytes").await;
    assert!(matches!(verdict, Err(ScanError::Engine(_))), "{verdict:?}");
}

#[tokio::test]
async fn an_endless_answer_is_no_verdict() {
    static ENDLESS: [u8; 1 << 20] = [b'x'; 1 << 20];
    let verdict = scan_with(Manner::Answers(&ENDLESS), b"bytes").await;
    assert!(
        matches!(verdict, Err(ScanError::Truncated(ref text)) if text.len() <= 4096),
        "{verdict:?}"
    );
}

#[tokio::test]
async fn bytes_the_scanner_did_not_take_are_not_clean() {
    let large = vec![0; 8 << 20];
    let verdict = scan_with(Manner::AnswersEarly(b"stream: OK\0"), &large).await;
    assert!(matches!(verdict, Err(ScanError::Closed(_))), "{verdict:?}");
    let verdict = scan_with(Manner::AnswersEarly(b""), &large).await;
    assert!(matches!(verdict, Err(ScanError::Closed(_))), "{verdict:?}");
}

#[tokio::test]
async fn a_limit_told_before_the_end_is_unscannable() {
    let large = vec![0; 8 << 20];
    let verdict = scan_with(Manner::AnswersEarly(b"INSTREAM size limit exceeded. ERROR\0"), &large).await;
    assert!(matches!(verdict, Ok(Verdict::Unscannable { .. })), "{verdict:?}");
}

#[tokio::test]
async fn a_scanner_that_is_not_there_is_unreachable() {
    let nowhere = ScannerAddress::Unix("/nowhere/clamd.sock".into());
    let verdict = scan(&nowhere, &b"bytes"[..], 5, LIMITS).await;
    assert!(matches!(verdict, Err(ScanError::SocketMissing(_))), "{verdict:?}");
    assert!(ping(&nowhere).await.is_err());
}

#[tokio::test]
async fn too_large_a_file_is_unscannable_without_a_scanner() {
    let verdict = scan(
        &ScannerAddress::Unix("/nowhere/clamd.sock".into()),
        tokio::io::repeat(0),
        LIMITS.max_bytes + 1,
        LIMITS,
    )
    .await;
    assert!(matches!(verdict, Ok(Verdict::Unscannable { .. })), "{verdict:?}");
}

#[tokio::test]
async fn other_bytes_than_announced_are_no_verdict() -> anyhow::Result<()> {
    let fake = Fake::start(Manner::Answers(b"stream: OK\0"))?;
    for size_bytes in [4, 6] {
        let verdict = scan(&fake.address(), &b"bytes"[..], size_bytes, LIMITS).await;
        assert!(matches!(verdict, Err(ScanError::WrongLength { .. })), "{verdict:?}");
    }
    let verdict = scan(&fake.address(), Broken, 5, LIMITS).await;
    assert!(matches!(verdict, Err(ScanError::Input(_))), "{verdict:?}");
    Ok(())
}

/// A store that fails while it is read.
struct Broken;

impl AsyncRead for Broken {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()))
    }
}
