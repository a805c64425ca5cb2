//! Questions to the index.

use std::collections::{BTreeSet, HashMap};

use time::OffsetDateTime;
use tradepost_common::search::{SearchDifferences, SearchStatus};
use tradepost_search::{Filter, Page};
use uuid::Uuid;

use super::queries;
use crate::app::App;
use crate::catalog::documents;
use crate::catalog::listing::Item;
use crate::error::ApiResult;

/// Hits with their items; what was withdrawn since the index saw it is left out.
pub async fn find(
    app: &App,
    text: String,
    filters: Vec<Filter>,
    offset: usize,
    limit: usize,
) -> ApiResult<(Page, Vec<Item>)> {
    let index = app.search.index.clone();
    let page = tokio::task::spawn_blocking(move || index.search(&text, &filters, offset, limit))
        .await
        .map_err(anyhow::Error::from)??;
    let ids: Vec<Uuid> = page.hits.iter().filter_map(|hit| hit.id.parse().ok()).collect();
    let mut items: HashMap<Uuid, Item> = documents::items(&app.db, &ids)
        .await?
        .into_iter()
        .map(|item| (item.id, item))
        .collect();
    let rows = ids.iter().filter_map(|id| items.remove(id)).collect();
    Ok((page, rows))
}

pub async fn status(app: &App) -> ApiResult<SearchStatus> {
    let stats = app.search.index.stats()?;
    let waiting = queries::waiting(&app.db).await?;
    let lag = waiting
        .oldest
        .map_or(0.0, |oldest| (OffsetDateTime::now_utc() - oldest).as_seconds_f64());
    Ok(SearchStatus {
        documents: stats.documents,
        segments: stats.segments,
        size_bytes: stats.size_bytes,
        synonyms: stats.synonyms,
        waiting: waiting.rows.unsigned_abs(),
        lag_seconds: lag.max(0.0),
    })
}

/// Compares the ids of the index with those of the published items.
pub async fn verify(app: &App) -> ApiResult<SearchDifferences> {
    let truth: BTreeSet<String> = documents::ids(&app.db).await?.iter().map(Uuid::to_string).collect();
    let index = app.search.index.clone();
    let indexed = tokio::task::spawn_blocking(move || index.ids())
        .await
        .map_err(anyhow::Error::from)??;
    let indexed: BTreeSet<String> = indexed.into_iter().collect();
    let differences = |a: &BTreeSet<String>, b: &BTreeSet<String>| a.difference(b).count() as u64;
    Ok(SearchDifferences {
        published: truth.len() as u64,
        indexed: indexed.len() as u64,
        missing: differences(&truth, &indexed),
        withdrawn: differences(&indexed, &truth),
    })
}
