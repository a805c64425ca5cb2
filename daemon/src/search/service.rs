//! Questions to the index.

use std::collections::{BTreeSet, HashMap};

use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use tradepost_common::search::{Explanation, FoundItem, SearchDifferences, SearchQueries, SearchStatus};
use tradepost_search::{Filter, Index, Page, Unreachable};
use uuid::Uuid;

pub use super::queries::Change;
use super::queries::{self, Waiting};
use crate::app::App;
use crate::catalog::documents;
use crate::catalog::listing::{self, Item};
use crate::error::{ApiError, ApiResult};

/// Hits with their items; what was withdrawn since the index saw it is left out.
pub async fn find(
    app: &App,
    db: &PgPool,
    (text, filters): (String, Vec<Filter>),
    (offset, limit): (usize, usize),
) -> ApiResult<(Page, Vec<Item>)> {
    let search = move |index: &dyn Index| index.search(&text, &filters, offset, limit);
    let page = app.search.call(search).await.map_err(index_error)?;
    let ids: Vec<Uuid> = page.hits.iter().filter_map(|hit| hit.id.parse().ok()).collect();
    let mut items: HashMap<Uuid, Item> = listing::items(db, &ids)
        .await?
        .into_iter()
        .map(|item| (item.id, item))
        .collect();
    let rows = ids.iter().filter_map(|id| items.remove(id)).collect();
    Ok((page, rows))
}

fn index_error(error: anyhow::Error) -> ApiError {
    if error.is::<Unreachable>() {
        tracing::warn!(error = format!("{error:#}"), "the search index is away");
        return ApiError::Unavailable("The search does not answer. Lists of the catalogue do.");
    }
    error.into()
}

pub async fn status(app: &App) -> ApiResult<SearchStatus> {
    let stats = app.search.call(|index| index.stats()).await.map_err(index_error)?;
    let rebuild = *app.search.progress.borrow();
    let waiting = queries::waiting(&app.db, app.search.projection).await?;
    Ok(SearchStatus {
        documents: stats.documents,
        segments: stats.segments,
        size_bytes: stats.size_bytes,
        synonyms: stats.synonyms,
        waiting: waiting.rows.unsigned_abs(),
        lag_seconds: age(&waiting),
        rebuild,
        machines: queries::machines(&app.db, app.search.projection).await?,
    })
}

/// Seconds since the oldest change that the index does not have.
pub async fn lag_seconds(app: &App) -> sqlx::Result<f64> {
    Ok(age(&queries::waiting(&app.db, app.search.projection).await?))
}

fn age(waiting: &Waiting) -> f64 {
    let age = waiting.oldest.map(|oldest| OffsetDateTime::now_utc() - oldest);
    age.map_or(0.0, |age| age.as_seconds_f64().max(0.0))
}

/// The machine that feeds the index builds it again.
pub async fn ask_for_rebuild(app: &App, tx: &mut PgConnection) -> sqlx::Result<()> {
    queries::set_unbuilt(tx, app.search.projection).await
}

/// Items as the public search finds them, with their scores.
pub async fn find_scored(app: &App, text: String, limit: u32) -> ApiResult<Vec<FoundItem>> {
    let (page, items) = find(app, &app.db, (text, Vec::new()), (0, limit as usize)).await?;
    let scores: HashMap<_, _> = page.hits.iter().map(|hit| (hit.id.as_str(), hit.score)).collect();
    let found = items.into_iter().map(|item| FoundItem {
        score: scores.get(item.id.to_string().as_str()).copied().unwrap_or_default(),
        id: item.id,
        title: item.title,
        family: item.family,
        set: item.set,
        contributor: item.contributor,
        kind: item.kind,
        category: item.category,
        tags: item.tags,
        styles: item.styles,
    });
    Ok(found.collect())
}

/// The arithmetic of the score of an item for a text.
///
/// # Errors
/// Not found: the index has no such item.
pub async fn explain(app: &App, text: String, item: Uuid) -> ApiResult<Explanation> {
    let explain = move |index: &dyn Index| index.explain(&text, &item.to_string());
    let found = app.search.call(explain).await.map_err(index_error)?;
    let found = found.ok_or(ApiError::NotFound("item in the search index"))?;
    let tree: serde_json::Value = serde_json::from_str(&found).map_err(anyhow::Error::from)?;
    let mut lines = Vec::new();
    outline(&tree, 0, &mut lines);
    Ok(Explanation { lines })
}

/// An explanation as indented lines, without parts of no weight; at most 200.
fn outline(tree: &serde_json::Value, depth: usize, lines: &mut Vec<String>) {
    const MAX_LINES: usize = 200;
    let value = tree["value"].as_f64().unwrap_or_default();
    if value == 0.0 || lines.len() >= MAX_LINES {
        return;
    }
    let description = tree["description"].as_str().unwrap_or_default();
    lines.push(format!("{}{value:.3} {description}", "  ".repeat(depth)));
    for context in tree["context"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|text| text.as_str())
    {
        lines.push(format!("{}{context}", "  ".repeat(depth + 1)));
    }
    for part in tree["details"].as_array().into_iter().flatten() {
        outline(part, depth + 1, lines);
    }
}

/// Texts of the last day that operators should know of.
pub async fn texts(db: &PgPool) -> sqlx::Result<SearchQueries> {
    /// Texts of each kind that are shown.
    const SHOWN: i64 = 100;
    Ok(SearchQueries {
        found_nothing: queries::found_nothing(db, SHOWN).await?,
        slow: queries::slow(db, SHOWN).await?,
    })
}

/// Forgets indexes of machines that are gone, and texts that are old.
pub async fn tidy(db: &PgPool) -> sqlx::Result<()> {
    /// Texts that are kept.
    const MOST: i64 = 10_000;
    queries::forget_absent(db).await?;
    queries::export::tidy(db).await?;
    queries::forget_texts(db, MOST).await
}

/// Compares the ids of the index with those of the published items.
pub async fn verify(app: &App) -> ApiResult<SearchDifferences> {
    let truth: BTreeSet<String> = documents::ids(&app.db).await?.iter().map(Uuid::to_string).collect();
    let indexed = app.search.call(|index| index.ids()).await.map_err(index_error)?;
    let indexed: BTreeSet<String> = indexed.into_iter().collect();
    let differences = |a: &BTreeSet<String>, b: &BTreeSet<String>| a.difference(b).count() as u64;
    Ok(SearchDifferences {
        published: truth.len() as u64,
        indexed: indexed.len() as u64,
        missing: differences(&truth, &indexed),
        withdrawn: differences(&indexed, &truth),
    })
}

/// The oldest changes of the catalogue for a follower that is no index. It is registered at the first call; what changed before is not told.
pub async fn follow(db: &PgPool, follower: Uuid, name: &str, limit: i64) -> sqlx::Result<Vec<Change>> {
    if queries::see(db, follower, name).await?.is_none() {
        let mut tx = db.begin().await?;
        queries::register(&mut tx, follower, name).await?;
        tx.commit().await?;
    }
    queries::next(db, follower, limit).await
}

/// A follower has done what these changes ask for.
pub async fn followed(db: &PgPool, changes: &[i64]) -> sqlx::Result<()> {
    queries::delete(db, changes).await
}
