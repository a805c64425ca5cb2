//! Settles files of a pack in one transaction.

use sqlx::PgConnection;
use tradepost_common::catalog::FileState;
use tradepost_common::uploads::{FindingSeverity, Stage, UploadState};

use super::files::Files;
use super::inspect::Inspected;
use crate::app::App;
use crate::catalog::gc;
use crate::catalog::service::{self as catalog, Item, Settled, StoredFile};
use crate::duplicates::Prints;
use crate::duplicates::service as duplicates;
use crate::findings;
use crate::jobs::{Job, PreviewJob};
use crate::scan::service::{self as scan, Judged, Occasion};
use crate::uploads::service as uploads;
use tradepost_jail::{Published, Rendered};
use tradepost_queue::NewMessage;

/// Verdicts, findings, renditions, the items' states, the messages, and the count of what is still pending. Bringing that to zero enqueues the
/// preview.
pub async fn settle(
    app: &App,
    files: &Files,
    inspected: &[(Item, Inspected)],
    messages: &[NewMessage],
) -> anyhow::Result<()> {
    let mut tx = app.db.begin().await?;
    let outcomes: Vec<_> = inspected.iter().map(|(item, file)| outcome(item, file)).collect();
    let settled = catalog::settle_items(&mut *tx, files.kind, &outcomes).await?;
    // Those that somebody else settled meanwhile are left as they are.
    let inspected: Vec<_> = inspected
        .iter()
        .filter(|(item, _)| settled.contains(&item.id.0))
        .collect();
    let renditions: Vec<_> = inspected
        .iter()
        .filter_map(|(item, file)| Some((item.id, file.rendered.as_ref()?)))
        .flat_map(|(id, rendered)| rendered.renditions.iter().map(move |rendition| (id, rendition)))
        .collect();
    catalog::insert_renditions(&mut tx, files.kind, &app.presets, &renditions).await?;
    let pictures: Vec<gc::Key> = renditions.iter().map(|(_, r)| (r.sha256, r.format.as_str())).collect();
    gc::keep(&mut tx, &pictures).await?;
    let all: Vec<_> = inspected.iter().flat_map(|(_, file)| file.findings.clone()).collect();
    findings::insert(&mut tx, files.upload_id, &all).await?;
    let verdicts: Vec<_> = inspected
        .iter()
        .flat_map(|(item, file)| {
            let scanned = std::iter::once(&file.scanned).chain(&file.copy_scanned);
            scanned.map(|scanned| Judged::file(&item.path, scanned))
        })
        .collect();
    scan::record(&mut tx, Occasion::Upload, files.upload_id, &verdicts).await?;
    let prints = |file: &Inspected| Some(Prints::from(file.rendered.as_ref()?.fingerprint?));
    let prints: Vec<_> = inspected.iter().map(|(item, file)| (item, prints(file))).collect();
    duplicates::record(&mut tx, files.upload_id, files.kind, &prints).await?;
    app.broker.send(&mut tx, messages).await?;
    // Other files of the pack wait for the row of its set: it comes last.
    if !settled.is_empty() && catalog::count_down(&mut tx, files.set_id, settled.len() as i32).await? == 0 {
        enqueue_preview(app, &mut tx, files).await?;
    }
    tx.commit().await?;
    app.changed.uploads();
    Ok(())
}

fn outcome<'a>(item: &'a Item, inspected: &Inspected) -> Settled<'a> {
    let file = inspected
        .rendered
        .as_ref()
        .and_then(|rendered| published_file(item, rendered));
    let is_bad = |finding: &tradepost_common::uploads::Finding| finding.severity == FindingSeverity::Blocking;
    let state = if file.is_none() || inspected.findings.iter().any(is_bad) {
        FileState::Blocked
    } else {
        FileState::Ready
    };
    Settled {
        item,
        state,
        natural_size: inspected.rendered.as_ref().and_then(|rendered| rendered.size),
        file,
    }
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

/// All files of the set are settled.
pub async fn enqueue_preview(app: &App, tx: &mut PgConnection, files: &Files) -> sqlx::Result<()> {
    let preview = PreviewJob {
        upload_id: files.upload_id,
        set_id: files.set_id,
    };
    app.broker.send(&mut *tx, &[Job::Preview(preview).message()]).await?;
    uploads::advance(
        tx,
        files.upload_id,
        Stage::Render,
        Stage::Preview,
        UploadState::Previewing,
    )
    .await
}
