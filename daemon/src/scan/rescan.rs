//! Scanning again what was published lately, after an update of the signatures: one message of the bulk lane for each upload.
//!
//! The plan is made from what the database says was scanned with older signatures, so it can be made as often as one likes, and an
//! interrupted one goes on. New uploads keep their speed: messages wait behind theirs, few are under way, each gives its slot back
//! after some seconds, and between two files it lets the scans of new uploads pass.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::time::sleep;
use tradepost_common::ids::UploadId;
use tradepost_common::overview::Severity;
use tradepost_common::uploads::UploadState;

use super::clamd::Verdict;
use super::job::ScanJob;
use super::service::{self, Occasion, Scanned};
use super::withdraw::{self, Hit};
use super::{pinned, queries};
use crate::app::App;
use crate::embedded::clamd::Signatures;
use crate::objects::member_key;
use crate::queue::{Lane, NewMessage, Outcome, QueueName};
use crate::uploads::Upload;
use crate::uploads::service as uploads;

/// Messages under way at once, each for one upload.
const AT_ONCE: i64 = 4;
/// A message gives its slot back after this time, and goes on later.
const SLICE: Duration = Duration::from_secs(2);
const BETWEEN_SLICES: Duration = Duration::from_millis(100);
/// A process scans one upload again at a time: the other slots of the queue are for what is new.
const NOT_ALONE: Duration = Duration::from_secs(1);
const FILES_AT_ONCE: i64 = 200;
/// How long a file waits for the scans of new uploads at most: it is not to wait for ever.
const LONGEST_COURTESY: Duration = Duration::from_millis(500);
const COURTESY: Duration = Duration::from_millis(10);

/// Asks for what is to be scanned again. Answers with how many uploads are left, those asked for before included.
///
/// # Errors
/// When the database does not answer.
pub async fn plan(app: &App) -> anyhow::Result<i64> {
    let days = days(app);
    let Some(number) = number_in_use(app).filter(|_| days > 0) else {
        return Ok(0);
    };
    let (asked, left) = queries::left(&app.db, number, days).await?;
    app.scans.meter.set_rescans_left(left);
    if left > 0 && asked < AT_ONCE {
        let uploads = ask(app, number, AT_ONCE - asked).await?;
        if uploads > 0 {
            tracing::info!(signatures = number, uploads, left, "scanning again with new signatures");
        }
    }
    watch_withdrawn(app).await?;
    Ok(left)
}

/// Asks for so many more uploads.
async fn ask(app: &App, number: i32, most: i64) -> anyhow::Result<usize> {
    let mut tx = app.db.begin().await?;
    let chosen = queries::ask(&mut *tx, number, days(app), most).await?;
    let messages: Vec<_> = chosen.iter().map(|upload| message(*upload, number)).collect();
    app.broker.send(&mut tx, &messages).await?;
    tx.commit().await?;
    Ok(chosen.len())
}

fn days(app: &App) -> i32 {
    i32::try_from(app.config.scanner.rescan_days).unwrap_or(i32::MAX)
}

fn message(upload: UploadId, number: i32) -> NewMessage {
    let job = ScanJob {
        upload_id: upload,
        again: Some(number),
    };
    NewMessage {
        lane: Lane::Bulk,
        ..NewMessage::new(QueueName::Scan, upload, &job)
    }
}

/// The number of the signatures in use; none: nothing can be older.
fn number_in_use(app: &App) -> Option<i32> {
    match app.scanner.borrow().scanner()?.signatures {
        Signatures::Daily(number) => i32::try_from(number).ok(),
        Signatures::Unversioned | Signatures::EicarOnly => None,
    }
}

/// The alert stands until moderators have decided what was withdrawn.
async fn watch_withdrawn(app: &App) -> anyhow::Result<()> {
    match queries::count_withdrawn(&app.db).await? {
        0 => app.alerts.clear("malware-withdrawn"),
        uploads => {
            let message = format!(
                "the scanner found malware in {uploads} upload(s) that were published; they are withdrawn, a moderator must decide"
            );
            app.alerts.raise("malware-withdrawn", Severity::Critical, message);
        }
    }
    Ok(())
}

/// Scans one published upload again, or a part of it.
///
/// # Errors
/// When the bytes can not be read or the scanner gives no verdict.
pub async fn run(app: &App, upload: &Upload, number: i32) -> anyhow::Result<Outcome> {
    // One that was withdrawn on the way is scanned to its end, to name every file.
    if !matches!(upload.state, UploadState::Published | UploadState::InReview) {
        queries::answer(&app.db, upload.id, 0).await?;
        return Ok(Outcome::Discard("the upload is not published any more".to_owned()));
    }
    let Ok(_alone) = app.scans.again.try_acquire() else {
        return Ok(Outcome::Retry(NOT_ALONE));
    };
    let scanner = service::in_use(&app.scanner)?;
    if !matches!(scanner.signatures, Signatures::Daily(now) if i64::from(now) >= i64::from(number)) {
        queries::answer(&app.db, upload.id, 0).await?;
        return Ok(Outcome::Discard("this scanner has older signatures".to_owned()));
    }
    let began = Instant::now();
    if queries::is_pack_due(&app.db, upload.id, number).await? {
        let_others_pass(app).await;
        scan_pack(app, upload).await?;
    }
    loop {
        let due = queries::due_files(&app.db, upload.id, number, FILES_AT_ONCE).await?;
        if due.is_empty() {
            break;
        }
        for file in due {
            if began.elapsed() > SLICE {
                return Ok(Outcome::Retry(BETWEEN_SLICES));
            }
            let_others_pass(app).await;
            scan_file(app, upload, &file).await?;
        }
    }
    queries::answer(&app.db, upload.id, number).await?;
    tracing::info!(upload.id = %upload.id, signatures = number, "scanned an upload again");
    // The next one takes its place, without waiting for the scheduler.
    ask(app, number, 1).await?;
    Ok(Outcome::Done)
}

async fn scan_pack(app: &App, upload: &Upload) -> anyhow::Result<()> {
    let key = uploads::object(upload).context("a published upload has no bytes")?;
    let file = app.store.open_version(&key).await.context("opening a published pack")?;
    let file = tokio::fs::File::from_std(file);
    let scanned = service::scan_in_peace(app, file, upload.size_bytes.cast_unsigned()).await?;
    pinned::same(&scanned.sha256, &upload.sha256, "a published pack")?;
    keep(app, upload, None, &key.version, &scanned).await
}

async fn scan_file(app: &App, upload: &Upload, file: &queries::Due) -> anyhow::Result<()> {
    let bytes = app.store.read_content(&member_key(file.sha256)).await;
    let bytes = bytes.with_context(|| format!("reading the published file {:?}", file.path))?;
    pinned::check(&bytes, &file.sha256, "a published file")?;
    let scanned = service::scan_in_peace(app, &bytes[..], bytes.len() as u64).await?;
    keep(app, upload, Some(&file.path), &hex::encode(file.sha256), &scanned).await
}

async fn keep(app: &App, upload: &Upload, path: Option<&str>, version: &str, scanned: &Scanned) -> anyhow::Result<()> {
    // In one transaction with the verdict: nothing that is known to be infected stays public.
    let mut tx = app.db.begin().await?;
    service::record_on(&mut tx, Occasion::Rescan, upload.id, path, version, scanned).await?;
    let hit = match &scanned.verdict {
        Verdict::Clean => None,
        Verdict::Infected { signature } => {
            let hit = Hit {
                path,
                sha256: scanned.sha256,
                signature,
            };
            withdraw::take_down(app, &mut tx, upload.id, &hit).await?;
            Some(hit)
        }
        Verdict::Unscannable { reason } => {
            // It was clean for other signatures, and nothing was found in it now.
            let file = path.unwrap_or("the pack");
            tracing::warn!(upload.id = %upload.id, file, "can not be scanned again: {reason}");
            None
        }
    };
    tx.commit().await?;
    app.scans.meter.rescanned();
    match hit {
        Some(hit) => withdraw::after(app, upload, &hit).await,
        None => Ok(()),
    }
}

async fn let_others_pass(app: &App) {
    let began = Instant::now();
    while app.scans.meter.is_busy() && began.elapsed() < LONGEST_COURTESY {
        sleep(COURTESY).await;
    }
}
