//! The task that brings the index up to date, and builds it again when asked to or when the catalogue has outgrown its synonyms.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::sync::mpsc;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tradepost_search::Document;
use uuid::Uuid;

use super::queries;
use crate::app::{App, SEARCH};
use crate::catalog::documents;

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
    let mut wanted = is_new(&app).await;
    loop {
        let changed = app.notifier.notified(SEARCH);
        let step = async {
            if wanted || app.search.index.is_outgrown() {
                rebuild(&app).await?;
            }
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

/// The index is empty, and the catalogue is not: that of a new machine.
async fn is_new(app: &App) -> bool {
    let is_empty = app.search.index.stats().is_ok_and(|stats| stats.documents == 0);
    is_empty
        && documents::after(&app.db, Uuid::nil(), 1)
            .await
            .is_ok_and(|first| !first.is_empty())
}

/// Applies the oldest changes, and answers how many.
async fn apply(app: &App) -> anyhow::Result<i64> {
    let changes = queries::next(&app.db, BATCH).await?;
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
    let mut last = Uuid::nil();
    loop {
        let page = documents::after(&app.db, last, PAGE).await?;
        let Some(newest) = page.last() else { break };
        last = newest.id.parse().context("an id of the catalogue")?;
        for document in page {
            sender.send(Some(document)).await.context("the rebuild ended early")?;
        }
    }
    sender.send(None).await.context("the rebuild ended early")?;
    building.await??;
    tracing::info!("rebuilt the search index");
    Ok(())
}
