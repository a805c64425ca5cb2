//! Scans bytes with clamd and stores the verdicts.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use time::OffsetDateTime;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tradepost_common::ids::UploadId;

use super::queries;
use crate::app::App;
use crate::clamd::{self, ScanError, Scanner, ScannerState, ScannerStatus, Signatures, Verdict, Version};

/// A scan that was in flight while the scanner was silent is given up after this time: its reply may never come.
const SILENCE: Duration = Duration::from_secs(30);
const AFTER_SILENCE: Duration = Duration::from_secs(15);

/// A verdict for exact bytes.
#[derive(Debug, Clone)]
pub struct Scanned {
    pub verdict: Verdict,
    /// SHA-256 of the bytes that were scanned.
    pub sha256: [u8; 32],
    pub size_bytes: u64,
    pub engine: Engine,
}

/// Engine and signatures of a verdict. When the signatures changed during the scan: the older ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Engine {
    /// `ClamAV 1.4.6`
    pub version: String,
    pub signatures: Signatures,
    pub signatures_at: Option<OffsetDateTime>,
}

tradepost_common::text_enum! {
    /// The occasion of a scan.
    pub enum Occasion {
        /// The first scan, whose verdict decides.
        Upload = "upload",
        /// After an update of the signatures.
        Rescan = "rescan",
    }
}

tradepost_common::text_enum! {
    /// A verdict without its reason.
    pub enum VerdictKind {
        Clean = "clean",
        Infected = "infected",
        Unscannable = "unscannable",
    }
}

/// Scans the bytes of `reader`; rescans wait meanwhile.
///
/// # Errors
/// There is no verdict: the scanner is away or hung, or its reply is none. To be tried again.
pub async fn scan(app: &App, reader: impl AsyncRead + Unpin + Send, size_bytes: u64) -> Result<Scanned, ScanError> {
    let _in_hand = app.scans.meter.hold();
    scan_in_background(app, reader, size_bytes).await
}

/// Scans pieces of bytes: a verdict for each, in their order. Bytes that were found clean by the signatures that the scanner has now are not
/// scanned again. Small ones share a session; those that it does not call clean, and large ones, are scanned one after the other.
///
/// # Errors
/// As [`scan`].
pub async fn scan_all(app: &App, pieces: &[([u8; 32], Bytes)]) -> anyhow::Result<Vec<Scanned>> {
    let _in_hand = app.scans.meter.hold();
    let scanner = in_use(&app.scanner)?;
    let hashes: Vec<_> = pieces.iter().map(|(sha256, _)| sha256.to_vec()).collect();
    let mut clean = queries::known_clean(&app.db, &hashes, &scanner).await?;
    let most_bytes = scanner.limits.max_bytes.min(clamd::MOST_SESSION_BYTES);
    let small: Vec<_> = pieces
        .iter()
        .filter(|(sha256, bytes)| !clean.contains(&sha256[..]) && bytes.len() as u64 <= most_bytes)
        .collect();
    let small_bytes: Vec<_> = small.iter().map(|(_, bytes)| &bytes[..]).collect();
    let session = clamd::scan_session(&scanner.address, &small_bytes, scanner.limits);
    let found = unless_lost(app, &scanner, session).await?;
    let found_clean = small.iter().zip(found).filter(|(_, is_clean)| *is_clean);
    clean.extend(found_clean.map(|((sha256, _), _)| sha256.to_vec()));
    let mut verdicts = Vec::with_capacity(pieces.len());
    for (sha256, bytes) in pieces {
        let size_bytes = bytes.len() as u64;
        let verdict = if clean.contains(&sha256[..]) {
            Verdict::Clean
        } else {
            let _place = app.scans.place(size_bytes).await;
            let scan = clamd::scan(&scanner.address, &bytes[..], size_bytes, scanner.limits);
            unless_lost(app, &scanner, scan).await?
        };
        verdicts.push(verdict);
    }
    let engine = engine_of(scanner).await?;
    let scanned = |((sha256, bytes), verdict): (&([u8; 32], Bytes), Verdict)| Scanned {
        verdict,
        sha256: *sha256,
        size_bytes: bytes.len() as u64,
        engine: engine.clone(),
    };
    Ok(pieces.iter().zip(verdicts).map(scanned).collect())
}

/// As [`scan`], without holding up rescans.
///
/// # Errors
/// As [`scan`].
pub async fn scan_in_background(
    app: &App,
    reader: impl AsyncRead + Unpin + Send,
    size_bytes: u64,
) -> Result<Scanned, ScanError> {
    let _place = app.scans.place(size_bytes).await;
    let scanner = in_use(&app.scanner)?;
    let mut hashing = Hashing {
        reader,
        hasher: Sha256::new(),
    };
    let scan = clamd::scan(&scanner.address, &mut hashing, size_bytes, scanner.limits);
    let verdict = unless_lost(app, &scanner, scan).await?;
    let engine = engine_of(scanner).await?;
    // An oversized object is judged without being sent: the rest is read here, so that the verdict is about exact bytes.
    tokio::io::copy(&mut hashing, &mut tokio::io::sink())
        .await
        .map_err(ScanError::Input)?;
    Ok(Scanned {
        verdict,
        sha256: hashing.hasher.finalize().into(),
        size_bytes,
        engine,
    })
}

/// The engine of scans that have ended.
async fn engine_of(scanner: Scanner) -> Result<Engine, ScanError> {
    let after = clamd::version(&scanner.address).await?;
    let signatures = scanner.signatures.then(after.signatures);
    if matches!(signatures, Signatures::Lost(_)) {
        // It may have lost them before the scan: its verdict proves nothing.
        return Err(ScanError::SignaturesStale(format!("the scanner has {signatures}")));
    }
    Ok(older(scanner, after))
}

/// The scanner, if its verdicts can be trusted now.
///
/// # Errors
/// The reason why they cannot.
pub fn in_use(status: &watch::Receiver<ScannerStatus>) -> Result<Scanner, ScanError> {
    match &status.borrow().state {
        ScannerState::Up(scanner) => Ok(scanner.clone()),
        ScannerState::Held { reason, .. } => Err(ScanError::SignaturesStale(reason.clone())),
        ScannerState::Down { reason } => Err(ScanError::Unavailable(reason.clone())),
    }
}

/// The answer of a scan, unless it can not be hoped for any more.
async fn unless_lost<T>(
    app: &App,
    scanner: &Scanner,
    scan: impl Future<Output = Result<T, ScanError>>,
) -> Result<T, ScanError> {
    tokio::select! {
        answer = scan => answer,
        () = lost(app.scanner.clone(), scanner) => Err(ScanError::Lost),
    }
}

/// Resolves when the answer of a scan can not be hoped for any more: another scanner is in use, this one has been silent for long,
/// or it was, and still has not answered when it has long been up again.
async fn lost(mut status: watch::Receiver<ScannerStatus>, begun_with: &Scanner) {
    let is_other = |status: &ScannerStatus| {
        let now = match &status.state {
            ScannerState::Up(scanner) | ScannerState::Held { scanner, .. } => scanner,
            ScannerState::Down { .. } => return false,
        };
        now.found_at != begun_with.found_at
    };
    let is_down = |status: &ScannerStatus| matches!(status.state, ScannerState::Down { .. });
    let changed = status.wait_for(|status| is_down(status) || is_other(status)).await;
    // An error: nobody looks after the scanner any more, the daemon stops.
    let Ok(other) = changed.map(|status| is_other(&status)) else {
        return std::future::pending().await;
    };
    if other {
        return;
    }
    let back = timeout(SILENCE, status.wait_for(|status| !is_down(status))).await;
    let is_back = back.is_ok_and(|back| back.is_ok_and(|status| !is_other(&status)));
    if is_back {
        sleep(AFTER_SILENCE).await;
    }
}

/// The version before the scan may be older than the one that scanned; then the verdict counts as the older one's, and is made again.
fn older(before: Scanner, after: Version) -> Engine {
    let number = |signatures| match signatures {
        Signatures::Daily(number) => number,
        Signatures::Lost(_) | Signatures::Unversioned | Signatures::EicarOnly => 0,
    };
    let then = before.signatures.then(after.signatures);
    if number(then) < number(before.signatures) {
        Engine {
            version: after.engine,
            signatures: then,
            signatures_at: after.signatures_at,
        }
    } else {
        Engine {
            version: before.engine,
            signatures: before.signatures,
            signatures_at: before.signatures_at,
        }
    }
}

impl Engine {
    /// The number of the daily signatures, where they have one.
    pub fn signature_number(&self) -> Option<i32> {
        match self.signatures {
            Signatures::Daily(number) => i32::try_from(number).ok(),
            Signatures::Lost(_) | Signatures::Unversioned | Signatures::EicarOnly => None,
        }
    }
}

/// A verdict about a file of an upload, or about the pack itself (no path).
#[derive(Debug)]
pub struct Judged<'a> {
    pub file_path: Option<&'a str>,
    pub object_version: String,
    pub scanned: &'a Scanned,
}

impl<'a> Judged<'a> {
    /// A verdict about a file that is stored by its content.
    pub fn file(path: &'a str, scanned: &'a Scanned) -> Self {
        Self {
            file_path: Some(path),
            object_version: hex::encode(scanned.sha256),
            scanned,
        }
    }
}

/// Stores verdicts in the caller's transaction.
pub async fn record(
    tx: &mut PgConnection,
    occasion: Occasion,
    upload_id: UploadId,
    verdicts: &[Judged<'_>],
) -> sqlx::Result<()> {
    queries::insert(&mut *tx, occasion, upload_id, verdicts).await?;
    let of_pack = verdicts.iter().find(|verdict| verdict.file_path.is_none());
    if let Some(pack) = of_pack.filter(|_| occasion == Occasion::Upload) {
        // The files are scanned after their pack, with the same signatures or newer ones.
        let number = pack.scanned.engine.signature_number().unwrap_or(0);
        queries::insert_scanned(tx, upload_id, number).await?;
    }
    Ok(())
}

/// True when the scanner found malware in these bytes that newer signatures did not clear: nobody is given them.
pub async fn is_infected(db: impl sqlx::PgExecutor<'_>, sha256: &[u8]) -> sqlx::Result<bool> {
    queries::is_infected(db, sha256).await
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
