//! The jobs of the queue `render`: scan files of a pack, inspect and render them in the jail, store the renditions.
//!
//! A message carries several files, which share conversations with scanner, jail, store and database. A file that does not succeed among the others
//! gets a message of its own, so that attempts, blame and dead letter are about that file.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use sqlx::PgConnection;
use tradepost_common::catalog::FileState;
use tradepost_common::uploads::Finding;

use super::files::Files;
use super::inspect::{self, Inspected};
use super::settle::{enqueue_preview, settle};
use super::timed;
use crate::app::App;
use crate::catalog::gc;
use crate::catalog::service::{self as catalog, Item, Settled};
use crate::clamd::ScanError;
use crate::error::is_disk_full;
use crate::findings;
use crate::jobs::{RenderBatchJob, RenderJob};
use crate::objects::{member_key, rendition_key};
use crate::pinned;
use tradepost_jail::{Published, Rendition};
use tradepost_queue::{NewMessage, Outcome};

/// A file that was deferred, or that got no processor time, is tried again after this time.
const PUT_OFF: Duration = Duration::from_secs(2);

/// Settles one file of a pack.
pub async fn run(app: &Arc<App>, job: RenderJob) -> anyhow::Result<Outcome> {
    let files = Files::from(&job);
    let pending = files.pending(app).await?;
    let put_off = || Ok(Outcome::Retry(PUT_OFF.mul_f64(rand::random_range(0.5..1.5))));
    let defers = |item: &Item| app.jail.defers(&item.sha256, item.size_bytes.cast_unsigned());
    if pending.iter().any(defers) {
        return put_off();
    }
    let Some((item, bytes)) = read(app, pending).await?.pop() else {
        return Ok(Outcome::Done);
    };
    match inspect::one(app, &item, bytes).await? {
        Some(inspected) => finish(app, &files, &[(item, inspected)], &[]).await,
        None => put_off(),
    }
}

/// Settles several files of a pack. Those that do not succeed get messages of their own; all of them when the batch fails.
///
/// # Errors
/// The scanner is away or the disk full: the next delivery goes on.
pub async fn run_batch(app: &Arc<App>, job: RenderBatchJob) -> anyhow::Result<Outcome> {
    match together(app, &job).await {
        Err(error) if error.downcast_ref::<ScanError>().is_none() && !is_disk_full(&error) => {
            let error = format!("{error:#}");
            tracing::info!(upload.id = %job.upload_id, files = job.items.len(), error, "a batch failed, its files go alone");
            split(app, job).await
        }
        other => other,
    }
}

async fn together(app: &App, job: &RenderBatchJob) -> anyhow::Result<Outcome> {
    let files = Files::from(job);
    let sources = read(app, files.pending(app).await?).await?;
    if sources.is_empty() {
        return Ok(Outcome::Done);
    }
    let (inspected, failed) = inspect::all(app, sources).await?;
    finish(app, &files, &inspected, &files.alone(&failed)).await
}

/// Gives each file of a batch a message of its own.
pub async fn split(app: &Arc<App>, job: RenderBatchJob) -> anyhow::Result<Outcome> {
    let files = Files::from(&job);
    let mut tx = app.db.begin().await?;
    let messages = files.alone(&files.pending(app).await?);
    app.broker.send(&mut tx, &messages).await?;
    tx.commit().await?;
    Ok(Outcome::Done)
}

/// The bytes of the items, which are those that were scanned with their pack.
async fn read(app: &App, items: Vec<Item>) -> anyhow::Result<Vec<(Item, bytes::Bytes)>> {
    let keys: Vec<_> = items.iter().map(|item| member_key(item.sha256)).collect();
    let contents = app.store.read_contents(&keys).await.context("reading the files")?;
    for (item, bytes) in items.iter().zip(&contents) {
        pinned::check(bytes, &item.sha256, "a file of a pack")?;
    }
    Ok(items.into_iter().zip(contents).collect())
}

/// Stores what came of files, settles them, and sends the messages.
async fn finish(
    app: &App,
    files: &Files,
    inspected: &[(Item, Inspected)],
    messages: &[NewMessage],
) -> anyhow::Result<Outcome> {
    let mut objects = Vec::new();
    for rendered in inspected
        .iter()
        .filter_map(|(_, inspected)| inspected.rendered.as_ref())
    {
        let object = |r: &Rendition| (rendition_key(r.sha256, r.format.as_str()), r.bytes.clone());
        objects.extend(rendered.renditions.iter().map(object));
        if let Published::Copy { sha256, bytes } = &rendered.published {
            objects.push((member_key(*sha256), bytes.clone()));
        }
    }
    if !objects.is_empty() {
        timed(
            app,
            "render.store",
            inspected.len(),
            app.store.put_content(objects.clone()),
        )
        .await
        .context("storing the renditions")?;
    }
    match timed(
        app,
        "render.commit",
        inspected.len(),
        settle(app, files, inspected, messages),
    )
    .await
    {
        Err(error) => gc::restore(&app.db, &app.store, error, objects).await,
        Ok(()) => Ok(Outcome::Done),
    }
}

/// Blocks the files of a job that an operator gave up on; the rest of their pack goes on.
pub async fn give_up(app: &App, tx: &mut PgConnection, files: Files, reason: &str) -> sqlx::Result<()> {
    let items = catalog::find_items(&mut *tx, &files.items, files.kind).await?;
    let blocked = |item| Settled {
        item,
        state: FileState::Blocked,
        natural_size: None,
        file: None,
    };
    let blocked: Vec<_> = items.iter().map(blocked).collect();
    let settled = catalog::settle_items(&mut *tx, files.kind, &blocked).await?;
    if settled.is_empty() {
        return Ok(());
    }
    let given_up = |item: &Item| Finding {
        file: Some(item.path.clone()),
        ..findings::given_up(reason)
    };
    let findings: Vec<_> = items
        .iter()
        .filter(|item| settled.contains(&item.id.0))
        .map(given_up)
        .collect();
    findings::insert(&mut *tx, files.upload_id, &findings).await?;
    let pending = catalog::count_down(&mut *tx, files.set_id, settled.len() as i32).await?;
    if pending == 0 {
        enqueue_preview(app, tx, &files).await?;
    }
    Ok(())
}
