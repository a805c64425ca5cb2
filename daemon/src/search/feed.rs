//! The task that brings the index up to date, and builds it again when asked to or when the catalogue has outgrown its synonyms.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::sync::mpsc;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tradepost_common::search::RebuildProgress;
use tradepost_leases as leases;
use tradepost_search::{Document, Documents, Index};
use uuid::Uuid;

use super::queries;
use crate::app::{App, SEARCH};
use crate::catalog::{documents, service as catalog};
use crate::memory;

/// Changes that are applied at once.
const BATCH: i64 = 1_000;
/// Documents that are read at once for a rebuild.
const PAGE: i64 = 2_000;
/// Looks by itself after this time: a notification may be lost.
const EVERY: Duration = Duration::from_secs(10);
/// The time for which a machine feeds a shared index before another one may.
const LEASE: Duration = Duration::from_secs(30);
/// After a failure.
const AGAIN: Duration = Duration::from_secs(2);

/// Feeds the index until `stop` is cancelled.
pub async fn run(app: Arc<App>, stop: CancellationToken) -> anyhow::Result<()> {
    let mut in_a_row = 0;
    loop {
        let changed = app.notifier.notified(SEARCH);
        let applied = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            applied = step(&app) => applied,
        };
        in_a_row += applied.as_ref().unwrap_or(&0);
        if !matches!(applied, Ok(BATCH)) && std::mem::take(&mut in_a_row) >= BATCH {
            memory::give_back();
        }
        match applied {
            Ok(BATCH) => {}
            Ok(_) => tokio::select! {
                () = stop.cancelled() => return Ok(()),
                () = app.search.rebuild.notified() => {}
                _ = changed => {}
                () = sleep(EVERY) => {}
            },
            Err(error) => {
                tracing::warn!(
                    error = format!("{error:#}"),
                    "could not bring the search index up to date"
                );
                tokio::select! {
                    () = stop.cancelled() => return Ok(()),
                    () = sleep(AGAIN) => {}
                }
            }
        }
    }
}

/// Answers with the number of changes that were applied.
async fn step(app: &App) -> anyhow::Result<i64> {
    write_texts(app).await?;
    let is_fed_here = leads(app).await?;
    if is_fed_here && needs_rebuild(app).await? {
        rebuild(app).await?;
    }
    if app.search.call(|index| index.lacks_synonyms()).await? {
        each_document(app, |index, documents| index.mine_synonyms(documents)).await?;
        tracing::info!("mined the synonyms of the search index that another machine has built");
    }
    if is_fed_here { apply(app).await } else { Ok(0) }
}

/// One machine feeds a shared index. Two that do it for a moment do no harm: what was read earlier does not replace what was read later.
async fn leads(app: &App) -> sqlx::Result<bool> {
    if !app.search.is_shared {
        return Ok(true);
    }
    let lease = leases::lead(&app.db, "search", &app.worker, LEASE).await?;
    Ok(lease.is_some())
}

/// The feed has not written for the index, somebody wants it to be built again, it has outgrown its synonyms, or it lost its documents.
async fn needs_rebuild(app: &App) -> anyhow::Result<bool> {
    let (projection, machine) = (app.search.projection, app.worker.as_str());
    let Some(is_built) = queries::see(&app.db, projection, machine).await? else {
        let mut tx = app.db.begin().await?;
        queries::register(&mut tx, projection, machine).await?;
        tx.commit().await?;
        return Ok(true);
    };
    let needs_it = |index: &dyn Index| Ok(index.is_missing()? || index.is_outgrown()?);
    if !is_built || app.search.call(needs_it).await? {
        return Ok(true);
    }
    // It is empty, nothing waits for it, and the catalogue is not empty.
    Ok(app.search.call(|index| index.stats()).await?.documents == 0
        && queries::waiting(&app.db, projection).await?.rows == 0
        && !documents::after(&app.db, Uuid::nil(), 1).await?.is_empty())
}

/// Writes down the texts that found nothing, or slowly.
async fn write_texts(app: &App) -> anyhow::Result<()> {
    let texts = app.search.queries.take();
    if !texts.is_empty() {
        queries::insert_texts(&app.db, &texts).await?;
    }
    Ok(())
}

/// Applies the oldest changes, and answers how many.
async fn apply(app: &App) -> anyhow::Result<i64> {
    let changes = queries::next(&app.db, app.search.projection, BATCH).await?;
    if changes.is_empty() {
        return Ok(0);
    }
    let items: BTreeSet<Uuid> = changes.iter().map(|change| change.item_id).collect();
    let items: Vec<Uuid> = items.into_iter().collect();
    let version = queries::next_version(&app.db).await?;
    // Read after the changes were: what is committed later has a row of its own.
    let published = documents::by_ids(&app.db, &items).await?;
    let ids: Vec<String> = items.iter().map(Uuid::to_string).collect();
    app.search
        .call(move |index| index.apply(&published, &ids, version))
        .await?;
    let ids: Vec<i64> = changes.iter().map(|change| change.id).collect();
    queries::delete(&app.db, &ids).await?;
    Ok(ids.len() as i64)
}

/// Builds the index again from the truth, beside the one in use.
async fn rebuild(app: &App) -> anyhow::Result<()> {
    let version = queries::next_version(&app.db).await?;
    let _running = Running::new(app).await?;
    each_document(app, move |index, documents| index.rebuild(documents, version)).await?;
    queries::set_built(&app.db, app.search.projection).await?;
    memory::give_back();
    tracing::info!("rebuilt the search index");
    Ok(())
}

/// Gives the index all documents of the truth.
async fn each_document(
    app: &App,
    take: impl FnOnce(&dyn Index, Documents<'_>) -> anyhow::Result<()> + Send + 'static,
) -> anyhow::Result<()> {
    let (sender, mut receiver) = mpsc::channel::<Option<Document>>(PAGE as usize);
    let next = move || match receiver.blocking_recv() {
        Some(document) => document.map(Ok),
        None => Some(Err(anyhow::anyhow!("the catalogue was not read to its end"))),
    };
    let taking = app.search.call(move |index| take(index, &mut std::iter::from_fn(next)));
    let (taken, sent) = tokio::join!(taking, send_documents(app, sender));
    sent.and(taken)
}

/// Ends early when the index takes no more: it says why.
async fn send_documents(app: &App, sender: mpsc::Sender<Option<Document>>) -> anyhow::Result<()> {
    let mut last = Uuid::nil();
    loop {
        let page = documents::after(&app.db, last, PAGE).await?;
        let Some(newest) = page.last() else { break };
        app.search.progress.send_modify(|progress| {
            if let Some(progress) = progress {
                progress.done += page.len() as u64;
            }
        });
        last = newest.id.parse().context("an id of the catalogue")?;
        for document in page {
            if sender.send(Some(document)).await.is_err() {
                return Ok(());
            }
        }
        // Another machine may do it while this one was paused; it is told so by the index.
        leads(app).await?;
    }
    let _ = sender.send(None).await;
    Ok(())
}

/// A rebuild that operators see as long as it runs.
struct Running<'a>(&'a App);

impl<'a> Running<'a> {
    async fn new(app: &'a App) -> anyhow::Result<Self> {
        let (of, _) = catalog::counts(&app.db).await?;
        let begun = RebuildProgress {
            done: 0,
            of: of.unsigned_abs(),
        };
        app.search.progress.send_replace(Some(begun));
        Ok(Self(app))
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.search.progress.send_replace(None);
    }
}
