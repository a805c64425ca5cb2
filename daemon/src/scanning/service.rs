//! Asks clamd about bytes and keeps what it said.

use std::pin::Pin;
use std::task::{Context, Poll};

use anyhow::Context as _;
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use tokio::io::{AsyncRead, ReadBuf};
use tradepost_common::ids::UploadId;

use super::clamd::{self, Verdict};
use super::queries;
use crate::app::App;

/// A verdict for exact bytes.
#[derive(Debug, Clone)]
pub struct Scanned {
    pub verdict: Verdict,
    /// Of the bytes that were scanned.
    pub sha256: [u8; 32],
    pub size_bytes: u64,
    /// Engine and signatures, as clamd calls them.
    pub engine: String,
}

/// Scans what `reader` gives.
///
/// # Errors
/// When there is no answer to rely on: the scanner is away, hung, or said something that is no verdict. To be tried again.
pub async fn scan(app: &App, reader: impl AsyncRead + Unpin + Send, size_bytes: u64) -> anyhow::Result<Scanned> {
    let scanner = app.scanner.borrow().scanner().cloned().context("the scanner is away")?;
    let mut hashing = Hashing {
        reader,
        hasher: Sha256::new(),
    };
    let verdict = clamd::scan(&scanner.socket, &mut hashing, size_bytes, scanner.limits).await?;
    // An oversized object is judged without being sent: the rest is read here, so that the verdict is about exact bytes.
    tokio::io::copy(&mut hashing, &mut tokio::io::sink())
        .await
        .context("reading what is scanned")?;
    Ok(Scanned {
        verdict,
        sha256: hashing.hasher.finalize().into(),
        size_bytes,
        engine: format!("{}, {}", scanner.engine, scanner.signatures),
    })
}

/// Keeps a verdict in the caller's transaction. `file_path` is `None` for the pack itself.
pub async fn record(
    tx: &mut PgConnection,
    upload_id: UploadId,
    file_path: Option<&str>,
    object_version: &str,
    scanned: &Scanned,
) -> sqlx::Result<()> {
    let (verdict, signature) = match &scanned.verdict {
        Verdict::Clean => ("clean", None),
        Verdict::Infected { signature } => ("infected", Some(signature.as_str())),
        Verdict::Unscannable { reason } => ("unscannable", Some(reason.as_str())),
    };
    let new = queries::NewVerdict {
        upload_id,
        file_path,
        sha256: &scanned.sha256,
        object_version,
        size_bytes: i64::try_from(scanned.size_bytes).unwrap_or(i64::MAX),
        verdict,
        signature,
        engine: &scanned.engine,
    };
    queries::insert(tx, &new).await
}

/// Whether clamd found malware in the pack as a whole.
pub async fn pack_is_infected(tx: &mut PgConnection, upload: UploadId) -> sqlx::Result<bool> {
    Ok(queries::of_pack(tx, upload).await?.as_deref() == Some("infected"))
}

/// Hashes what is read through it.
struct Hashing<R> {
    reader: R,
    hasher: Sha256,
}

impl<R: AsyncRead + Unpin> AsyncRead for Hashing<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.reader).poll_read(cx, buffer);
        if let Poll::Ready(Ok(())) = &polled {
            self.hasher.update(&buffer.filled()[before..]);
        }
        polled
    }
}
