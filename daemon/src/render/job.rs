//! The job of the queue `render`: scans one file of a pack, inspects and renders it in the jail, stores the renditions.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use bytes::Bytes;
use sqlx::PgConnection;
use tradepost_common::catalog::FileState;
use tradepost_common::latency::Scope;
use tradepost_common::uploads::{Finding, FindingSeverity, Stage, UploadState};

use crate::app::App;
use crate::catalog::gc;
use crate::catalog::service::{self as catalog, Item, StoredFile};
use crate::clamd::Verdict;
use crate::duplicates::Prints;
use crate::duplicates::service as duplicates;
use crate::findings::{self, file_finding};
use crate::jobs::{Job, PreviewJob, RenderJob};
use crate::objects::{member_key, rendition_key};
use crate::pinned;
use crate::scan::service::{self as scan, Scanned};
use crate::telemetry::latency;
use crate::uploads::service as uploads;
use tradepost_jail::{JailError, Published, Rendered, Rendition};
use tradepost_queue::Outcome;

/// A file that was deferred, or that got no processor time, is tried again after this time.
const PUT_OFF: Duration = Duration::from_secs(2);

/// The result of scanning, inspecting and rendering one file.
struct Inspected {
    scanned: Scanned,
    /// Verdict for the copy that is published instead of the file, when there is one.
    copy_scanned: Option<Scanned>,
    findings: Vec<Finding>,
    rendered: Option<Rendered>,
}

/// Settles one file of a pack.
pub async fn run(app: &Arc<App>, job: RenderJob) -> anyhow::Result<Outcome> {
    let Some(item) = catalog::find_item(&app.db, job.item_id, job.kind).await? else {
        return Ok(Outcome::Discard("the item is gone".to_owned()));
    };
    if item.state != FileState::Pending {
        return Ok(Outcome::Done);
    }
    let bytes = app
        .store
        .read_content(&member_key(item.sha256))
        .await
        .context("reading the file")?;
    pinned::check(&bytes, &item.sha256, "a file of a pack")?;
    let Some(inspected) = inspect(app, &item, bytes).await? else {
        return Ok(Outcome::Retry(PUT_OFF.mul_f64(rand::random_range(0.5..1.5))));
    };
    let mut objects = Vec::new();
    if let Some(rendered) = &inspected.rendered {
        let object = |r: &Rendition| (rendition_key(r.sha256, r.format.as_str()), r.bytes.clone());
        objects.extend(rendered.renditions.iter().map(object));
        if let Published::Copy { sha256, bytes } = &rendered.published {
            objects.push((member_key(*sha256), bytes.clone()));
        }
        timed(app, "render.store", app.store.put_content(objects.clone()))
            .await
            .context("storing the renditions")?;
    }
    match timed(app, "render.commit", settle(app, &job, &item, inspected)).await {
        Err(error) => gc::restore(&app.db, &app.store, error, objects).await,
        Ok(()) => Ok(Outcome::Done),
    }
}

/// Scans first: only clean bytes go into the jail. `None`: the jail or the machine is busy.
async fn inspect(app: &App, item: &Item, bytes: Bytes) -> anyhow::Result<Option<Inspected>> {
    let scanned = timed(app, "render.scan", scan::scan(app, &bytes[..], bytes.len() as u64)).await?;
    let refused = match &scanned.verdict {
        Verdict::Clean => None,
        Verdict::Infected { signature } => Some(("malware", format!("The scanner found {signature}."))),
        Verdict::Unscannable { reason } => Some(("unscannable", format!("The scanner cannot scan it: {reason}."))),
    };
    if let Some((rule, message)) = refused {
        let finding = file_finding(&item.path, rule, FindingSeverity::Blocking, message);
        return Ok(Some(Inspected {
            scanned,
            copy_scanned: None,
            findings: vec![finding],
            rendered: None,
        }));
    }
    let file = pinned::in_memory(&bytes).context("handing the file to the jail")?;
    let started = Instant::now();
    let result = app.jail.render(file, &item.sha256, &item.path, &app.presets).await;
    if !result.as_ref().is_err_and(JailError::is_busy) {
        let outcome = match &result {
            Err(error) if !error.is_about_the_file() => latency::Outcome::Error,
            _ => latency::Outcome::Ok,
        };
        app.latency
            .record(Scope::Stage, "render.render", started.elapsed(), outcome);
    }
    let (findings, rendered) = match result {
        Ok(mut rendered) => (std::mem::take(&mut rendered.findings), Some(rendered)),
        Err(error) if error.is_busy() => return Ok(None),
        Err(error) => (findings::from_jail_error(error, Some(&item.path))?, None),
    };
    let mut inspected = Inspected {
        scanned,
        copy_scanned: None,
        findings,
        rendered,
    };
    scan_copy(app, item, &mut inspected).await?;
    Ok(Some(inspected))
}

/// Other bytes than those of the file need their own verdict before anybody gets them.
async fn scan_copy(app: &App, item: &Item, inspected: &mut Inspected) -> anyhow::Result<()> {
    let Some(Rendered {
        published: Published::Copy { sha256, bytes },
        ..
    }) = &inspected.rendered
    else {
        return Ok(());
    };
    let scanned = timed(app, "render.scan", scan::scan(app, &bytes[..], bytes.len() as u64)).await?;
    anyhow::ensure!(
        scanned.sha256 == *sha256,
        "the scanned copy differs from the sanitized one"
    );
    if scanned.verdict != Verdict::Clean {
        let message = "The scanner found the sanitized copy not clean.";
        let finding = file_finding(&item.path, "malware", FindingSeverity::Blocking, message);
        inspected.findings.push(finding);
    }
    inspected.copy_scanned = Some(scanned);
    Ok(())
}

/// One transaction: verdict, findings, renditions, the item's state, and the count of what is still pending.
/// Bringing that to zero enqueues the preview.
async fn settle(app: &App, job: &RenderJob, item: &Item, inspected: Inspected) -> anyhow::Result<()> {
    let file = inspected
        .rendered
        .as_ref()
        .and_then(|rendered| published_file(item, rendered));
    let blocked = file.is_none()
        || inspected
            .findings
            .iter()
            .any(|f| f.severity == FindingSeverity::Blocking);
    let state = if blocked { FileState::Blocked } else { FileState::Ready };
    let size = inspected.rendered.as_ref().and_then(|rendered| rendered.size);
    let mut tx = app.db.begin().await?;
    // Everything that does not touch the set's row comes first: other files of the pack wait for that row.
    if let Some(rendered) = &inspected.rendered {
        catalog::insert_renditions(&mut tx, item, &app.presets, &rendered.renditions).await?;
        let key = |r: &Rendition| (r.sha256, r.format.as_str());
        let pictures: Vec<gc::Key> = rendered.renditions.iter().map(key).collect();
        gc::keep(&mut tx, &pictures).await?;
    }
    findings::insert(&mut tx, job.upload_id, &inspected.findings).await?;
    let version = hex::encode(item.sha256);
    scan::record(&mut tx, job.upload_id, Some(&item.path), &version, &inspected.scanned).await?;
    if let Some(scanned) = &inspected.copy_scanned {
        let version = hex::encode(scanned.sha256);
        scan::record(&mut tx, job.upload_id, Some(&item.path), &version, scanned).await?;
    }
    if let Some(file) = &file {
        catalog::set_file(&mut tx, item, file).await?;
    }
    let prints = inspected.rendered.as_ref().and_then(|rendered| rendered.fingerprint);
    duplicates::record(&mut tx, job.upload_id, item, prints.map(Prints::from).as_ref()).await?;
    let Some(pending) = catalog::settle_item(&mut tx, item, state, size).await? else {
        // Somebody else settled it: what was written here is rolled back.
        return Ok(());
    };
    if pending == 0 {
        enqueue_preview(app, &mut tx, job).await?;
    }
    tx.commit().await?;
    app.changed.uploads();
    Ok(())
}

/// The bytes that a buyer may get.
fn published_file(item: &Item, rendered: &Rendered) -> Option<StoredFile> {
    match &rendered.published {
        Published::Itself => Some(StoredFile {
            sha256: item.sha256,
            size_bytes: item.size_bytes.cast_unsigned(),
        }),
        Published::Copy { sha256, bytes } => Some(StoredFile {
            sha256: *sha256,
            size_bytes: bytes.len() as u64,
        }),
        Published::Nothing => None,
    }
}

/// Blocks the file of a job that an operator gave up on; the rest of its pack goes on.
pub async fn give_up(app: &App, tx: &mut PgConnection, job: &RenderJob, reason: &str) -> sqlx::Result<()> {
    let Some(item) = catalog::find_item(&mut *tx, job.item_id, job.kind).await? else {
        return Ok(());
    };
    let finding = Finding {
        file: Some(item.path.clone()),
        ..findings::given_up(reason)
    };
    let Some(pending) = catalog::settle_item(&mut *tx, &item, FileState::Blocked, None).await? else {
        return Ok(());
    };
    findings::insert(&mut *tx, job.upload_id, &[finding]).await?;
    if pending == 0 {
        enqueue_preview(app, tx, job).await?;
    }
    Ok(())
}

/// All files of the set are settled.
async fn enqueue_preview(app: &App, tx: &mut PgConnection, job: &RenderJob) -> sqlx::Result<()> {
    let preview = PreviewJob {
        upload_id: job.upload_id,
        set_id: job.set_id,
    };
    app.broker.send(&mut *tx, &[Job::Preview(preview).message()]).await?;
    uploads::advance(
        tx,
        job.upload_id,
        Stage::Render,
        Stage::Preview,
        UploadState::Previewing,
    )
    .await
}

async fn timed<T, E>(app: &App, stage: &str, work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    let started = Instant::now();
    let result = work.await;
    app.latency
        .record(Scope::Stage, stage, started.elapsed(), (&result).into());
    result
}
