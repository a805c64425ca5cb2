//! Rescans recently published packs after an update of the signatures: one message of the bulk lane for each upload.
//!
//! The plan is made from the signatures that the database names for each upload, so it can be made at any time, and an interrupted one
//! goes on. New uploads keep their speed: messages wait behind theirs, few are in flight, each releases its permit after some
//! seconds, and between two files it waits while new uploads are scanned.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::time::sleep;
use tradepost_common::ids::UploadId;
use tradepost_common::uploads::UploadState;

use super::queries;
use super::service::{self as takedown, Hit};
use crate::app::App;
use crate::clamd::{Signatures, Verdict};
use crate::jobs::{Job, ScanJob};
use crate::objects::member_key;
use crate::pinned;
use crate::scan::service::{self as scan, Judged, Occasion, Scanned};
use crate::telemetry::alerts::AlertCode;
use crate::uploads::Upload;
use crate::uploads::service as uploads;
use tradepost_queue::{Lane, NewMessage, Outcome};

/// Messages under way at once, each for one upload.
const AT_ONCE: i64 = 4;
/// A message releases its permit after this time, and goes on later.
const SLICE: Duration = Duration::from_secs(2);
const BETWEEN_SLICES: Duration = Duration::from_millis(100);
/// A process rescans one upload at a time: the other permits of the queue are for new uploads.
const NOT_ALONE: Duration = Duration::from_secs(1);
const FILES_AT_ONCE: i64 = 200;
/// A file waits for the scans of new uploads at most so long.
const LONGEST_WAIT: Duration = Duration::from_millis(500);
const WAIT: Duration = Duration::from_millis(10);

/// Sends messages for uploads that are to be scanned again. Answers with the number of uploads left, those in flight included.
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
    watch_taken_down(app).await?;
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
    Job::Scan(job).message().with_lane(Lane::Bulk)
}

/// The number of the signatures in use; none: nothing can be older.
fn number_in_use(app: &App) -> Option<i32> {
    match app.scanner.borrow().scanner()?.signatures {
        Signatures::Daily(number) => i32::try_from(number).ok(),
        Signatures::Lost(_) | Signatures::Unversioned | Signatures::EicarOnly => None,
    }
}

/// The alert stands until moderators have decided.
async fn watch_taken_down(app: &App) -> anyhow::Result<()> {
    match queries::count_taken_down(&app.db).await? {
        0 => app.alerts.clear(AlertCode::MalwareWithdrawn),
        uploads => {
            let message = format!(
                "the scanner found malware in {uploads} upload(s) that were published; they were taken down, a moderator must decide"
            );
            app.alerts.raise(AlertCode::MalwareWithdrawn, message);
        }
    }
    Ok(())
}

/// Scans one published upload again, or a part of it.
pub async fn run(app: &App, id: UploadId, number: i32) -> anyhow::Result<Outcome> {
    let Some(upload) = uploads::find(&app.db, id).await? else {
        return Ok(Outcome::Discard("the upload is gone".to_owned()));
    };
    let upload = &upload;
    // One that was taken down on the way is scanned to its end, to name every file.
    if !matches!(upload.state, UploadState::Published | UploadState::InReview) {
        queries::answer(&app.db, upload.id, 0).await?;
        return Ok(Outcome::Discard("the upload is not published any more".to_owned()));
    }
    let Ok(_alone) = app.scans.again.try_acquire() else {
        return Ok(Outcome::Retry(NOT_ALONE));
    };
    let scanner = scan::in_use(&app.scanner)?;
    if !matches!(scanner.signatures, Signatures::Daily(now) if i64::from(now) >= i64::from(number)) {
        queries::answer(&app.db, upload.id, 0).await?;
        return Ok(Outcome::Discard("this scanner has older signatures".to_owned()));
    }
    let began = Instant::now();
    if queries::is_pack_due(&app.db, upload.id, number).await? {
        wait_for_new_uploads(app).await;
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
            wait_for_new_uploads(app).await;
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
    let reader = app.store.read_version(&key).await.context("opening a published pack")?;
    let scanned = scan::scan_in_background(app, reader, upload.size_bytes.cast_unsigned()).await?;
    pinned::same(&scanned.sha256, &upload.sha256, "a published pack")?;
    keep(app, upload, None, &key.version, &scanned).await
}

async fn scan_file(app: &App, upload: &Upload, file: &queries::Due) -> anyhow::Result<()> {
    let bytes = app.store.read_content(&member_key(file.sha256)).await;
    let bytes = bytes.with_context(|| format!("reading the published file {:?}", file.path))?;
    pinned::check(&bytes, &file.sha256, "a published file")?;
    let scanned = scan::scan_in_background(app, &bytes[..], bytes.len() as u64).await?;
    keep(app, upload, Some(&file.path), &hex::encode(file.sha256), &scanned).await
}

async fn keep(app: &App, upload: &Upload, path: Option<&str>, version: &str, scanned: &Scanned) -> anyhow::Result<()> {
    // In one transaction with the verdict: nothing that is known to be infected stays public.
    let mut tx = app.db.begin().await?;
    let judged = Judged {
        file_path: path,
        object_version: version.to_owned(),
        scanned,
    };
    scan::record(&mut tx, Occasion::Rescan, upload.id, &[judged]).await?;
    let hit = match &scanned.verdict {
        Verdict::Clean => None,
        Verdict::Infected { signature } => {
            let hit = Hit {
                path,
                sha256: scanned.sha256,
                signature,
            };
            takedown::take_down(app, &mut tx, upload.id, &hit).await?;
            Some(hit)
        }
        Verdict::Unscannable { reason } => {
            // It was clean for other signatures, and nothing was found in it now.
            let file = path.unwrap_or("the pack");
            tracing::warn!(upload.id = %upload.id, file, "cannot be scanned again: {reason}");
            None
        }
    };
    tx.commit().await?;
    app.scans.meter.rescanned();
    match hit {
        Some(hit) => takedown::after(app, upload, &hit).await,
        None => Ok(()),
    }
}

async fn wait_for_new_uploads(app: &App) {
    let began = Instant::now();
    while app.scans.meter.is_busy() && began.elapsed() < LONGEST_WAIT {
        sleep(WAIT).await;
    }
}
