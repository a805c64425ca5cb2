//! The task that brings the index up to date, and builds it again when asked to or when the catalogue has outgrown its synonyms.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::sync::mpsc;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tradepost_common::search::RebuildProgress;
use tradepost_search::Document;
use uuid::Uuid;

use super::queries;
use crate::app::{App, SEARCH};
use crate::catalog::{documents, service as catalog};

/// Changes that are applied at once.
const BATCH: i64 = 1_000;
/// Documents that are read at once for a rebuild.
const PAGE: i64 = 2_000;
/// Looks by itself after this time: a notification may be lost.
const EVERY: Duration = Duration::from_secs(10);
/// After a failure.
const AGAIN: Duration = Duration::from_secs(2);

/// Feeds the index until `stop` is cancelled.
pub async fn run(app: Arc<App>, stop: CancellationToken) -> anyhow::Result<()> {
    let mut wanted = false;
    loop {
        let changed = app.notifier.notified(SEARCH);
        let step = async {
            let is_known = is_known(&app).await?;
            if wanted || !is_known || app.search.index.is_outgrown() {
                rebuild(&app).await?;
            }
            write_texts(&app).await?;
            apply(&app).await
        };
        let applied = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            applied = step => applied,
        };
        match applied {
            Ok(BATCH) => wanted = false,
            Ok(_) => {
                wanted = tokio::select! {
                    () = stop.cancelled() => return Ok(()),
                    () = app.search.rebuild.notified() => true,
                    _ = changed => false,
                    () = sleep(EVERY) => false,
                };
            }
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

/// Says that the index is there; false if it has to be built: the feed has not written for it, or it lost its documents.
async fn is_known(app: &App) -> anyhow::Result<bool> {
    let (projection, machine) = (app.search.projection, app.worker.as_str());
    match queries::see(&app.db, projection, machine).await? {
        Some(is_built) => Ok(is_built && !is_lost(app).await),
        None => {
            let mut tx = app.db.begin().await?;
            queries::register(&mut tx, projection, machine).await?;
            tx.commit().await?;
            Ok(false)
        }
    }
}

/// The index is empty, nothing waits for it, and the catalogue is not empty.
async fn is_lost(app: &App) -> bool {
    let is_empty = app.search.index.stats().is_ok_and(|stats| stats.documents == 0);
    is_empty
        && queries::waiting(&app.db, app.search.projection)
            .await
            .is_ok_and(|waiting| waiting.rows == 0)
        && documents::after(&app.db, Uuid::nil(), 1)
            .await
            .is_ok_and(|first| !first.is_empty())
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
    // Read after the changes were: what is committed later has a row of its own.
    let published = documents::by_ids(&app.db, &items).await?;
    let index = app.search.index.clone();
    tokio::task::spawn_blocking(move || {
        let ids: Vec<String> = items.iter().map(Uuid::to_string).collect();
        index.apply(&published, &ids)
    })
    .await??;
    let ids: Vec<i64> = changes.iter().map(|change| change.id).collect();
    queries::delete(&app.db, &ids).await?;
    Ok(ids.len() as i64)
}

/// Builds the index again from the truth, beside the one in use.
async fn rebuild(app: &App) -> anyhow::Result<()> {
    let index = app.search.index.clone();
    let (sender, mut receiver) = mpsc::channel::<Option<Document>>(PAGE as usize);
    let next = move || match receiver.blocking_recv() {
        Some(document) => document.map(Ok),
        None => Some(Err(anyhow::anyhow!("the catalogue was not read to its end"))),
    };
    let building = tokio::task::spawn_blocking(move || index.rebuild(std::iter::from_fn(next)));
    let _running = Running::new(app).await?;
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
            sender.send(Some(document)).await.context("the rebuild ended early")?;
        }
    }
    sender.send(None).await.context("the rebuild ended early")?;
    building.await??;
    queries::set_built(&app.db, app.search.projection).await?;
    tracing::info!("rebuilt the search index");
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
