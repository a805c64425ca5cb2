//! `GET /v1/search`, `/v1/suggest`: finding items, for everybody.

use std::time::Instant;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use tradepost_common::catalog::{Kind, Palette, PriceRange};
use tradepost_common::problem::Problem;
use tradepost_common::text::Text;
use tradepost_search::Filter;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::service;
use crate::app::{App, SharedApp};
use crate::catalog::cached;
use crate::catalog::filters::Parameters;
use crate::catalog::listing::Item;
use crate::error::{ApiError, ApiResult};
use crate::extractors::{Query, Reads};
use crate::pager;

/// Rows of a page when the request does not say.
const DEFAULT_LIMIT: u32 = 50;
/// Hits that can be paged through.
const MAX_HITS: u32 = 10_000;
const SUGGESTIONS: usize = 10;

pub fn public_router() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new()
        .routes(routes!(search_items))
        .routes(routes!(suggest_terms))
}

/// A text to search for, and filters. Everything given must match; of the words of the text, one is enough.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct SearchItems {
    /// Words in English, German, French, Spanish or Japanese. Without it, all items that the filters let through.
    #[param(inline)]
    q: Option<Text<200>>,
    /// Only this kind.
    #[param(value_type = Option<Kind>)]
    kind: Option<String>,
    /// One tag, lower case.
    #[param(inline)]
    tag: Option<Text<40>>,
    /// The name of the contributor's account.
    #[param(pattern = "^[a-z0-9][a-z0-9-]*$", min_length = 2, max_length = 63)]
    contributor: Option<String>,
    /// A category, and those below it.
    #[param(pattern = "^[a-z0-9][a-z0-9-]*$", min_length = 2, max_length = 40)]
    category: Option<String>,
    /// One style, lower case.
    #[param(inline)]
    style: Option<Text<40>>,
    /// The licence that the contributor chose, as `MIT`.
    #[param(inline)]
    licence: Option<Text<64>>,
    /// The range of the lowest price in any currency.
    #[param(inline, value_type = Option<PriceRange>)]
    price_range: Option<String>,
    /// A main colour, by its name, or by its red, green and blue in hexadecimal: then the name nearest to it counts.
    #[param(
        pattern = "^(red|orange|yellow|green|teal|blue|purple|pink|brown|black|grey|white|[0-9a-f]{6})$",
        min_length = 3,
        max_length = 6
    )]
    colour: Option<String>,
    /// One colour or many.
    #[param(inline, value_type = Option<Palette>)]
    palette: Option<String>,
    /// `next` of the page before.
    #[param(minimum = 0, maximum = 10_000)]
    cursor: Option<u32>,
    /// 1 to 200; 50 when not given.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
}

impl SearchItems {
    fn filters(&mut self) -> ApiResult<Vec<Filter>> {
        Parameters {
            kind: self.kind.take(),
            contributor: self.contributor.take(),
            tag: self.tag.take(),
            category: self.category.take(),
            style: self.style.take(),
            licence: self.licence.take(),
            price_range: self.price_range.take(),
            colour: self.colour.take(),
            palette: self.palette.take(),
        }
        .parse()
    }
}

/// Items that were found, best first.
#[derive(Debug, Serialize, ToSchema)]
struct FoundItems {
    #[schema(max_items = 200)]
    rows: Vec<Item>,
    /// Null on the last page.
    #[schema(max_length = 5)]
    next: Option<String>,
    /// Items on all pages, as the index counts them.
    total: u64,
    #[schema(max_items = 9)]
    facets: Vec<FacetCounts>,
    /// Many were found: the facets were counted of a part of them, and their counts are estimates.
    facets_estimated: bool,
}

/// The values of a field among all that was found.
#[derive(Debug, Serialize, ToSchema)]
struct FacetCounts {
    #[schema(max_length = 20)]
    name: &'static str,
    /// The most frequent first.
    #[schema(max_items = 20)]
    values: Vec<FacetValue>,
}

#[derive(Debug, Serialize, ToSchema)]
struct FacetValue {
    #[schema(max_length = 200)]
    value: String,
    items: u64,
}

/// Search for items
#[utoipa::path(get, path = "/v1/search", tag = "catalogue", params(SearchItems),
    responses((status = 200, body = FoundItems), (status = 400, body = Problem)))]
async fn search_items(
    State(app): State<SharedApp>,
    Reads(db): Reads,
    Query(mut query): Query<SearchItems>,
) -> ApiResult<Response> {
    let limit = pager::limit_or(query.limit, DEFAULT_LIMIT)?;
    let offset = query.cursor.unwrap_or(0);
    if offset > MAX_HITS {
        return Err(ApiError::invalid("cursor", format!("must be between 0 and {MAX_HITS}")));
    }
    let filters = query.filters()?;
    let text = query.q.map(String::from).unwrap_or_default();
    let (begun, is_narrowed) = (Instant::now(), !filters.is_empty());
    let found = found_items(&app, &db, (text.clone(), filters), (offset, limit)).await?;
    let Total { total } = serde_json::from_slice(&found).map_err(anyhow::Error::from)?;
    // A filter may leave nothing of what there is.
    let total = if is_narrowed { total.max(1) } else { total };
    app.search.queries.note(&text, total, begun.elapsed());
    let json = HeaderValue::from_static("application/json");
    Ok(([(header::CONTENT_TYPE, json)], found).into_response())
}

/// The part of a kept answer that is read.
#[derive(Deserialize)]
struct Total {
    total: u64,
}

/// [`FoundItems`] as JSON, kept for as long as neither the catalogue nor the index changes.
async fn found_items(
    app: &App,
    db: &PgPool,
    (text, filters): (String, Vec<Filter>),
    (offset, limit): (u32, u32),
) -> ApiResult<Bytes> {
    let version = app.search.index.version();
    let question = format!("{offset}:{limit}:{filters:?}:{text}");
    let find = async {
        let (page, rows) = service::find(app, db, (text, filters), (offset as usize, limit as usize)).await?;
        let end = offset + limit;
        let facets = page
            .facets
            .into_iter()
            .filter(|(_, values)| !values.is_empty())
            .map(|(facet, values)| FacetCounts {
                name: facet.name(),
                values: values
                    .into_iter()
                    .map(|(value, items)| FacetValue { value, items })
                    .collect(),
            });
        cached::json(&FoundItems {
            rows,
            next: (u64::from(end) < page.total && end <= MAX_HITS).then(|| end.to_string()),
            total: page.total,
            facets: facets.collect(),
            facets_estimated: page.is_sampled,
        })
    };
    match version {
        None => find.await,
        Some(version) => {
            let state = cached::state(db).await?;
            app.cache
                .own(format!("search:{question}@{version}@{state}"), find)
                .await
        }
    }
}

/// The beginning of a word or a tag.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct SuggestTerms {
    /// As typed so far.
    #[param(inline)]
    q: Text<60>,
}

/// Words and tags of the catalogue.
#[derive(Debug, Serialize, ToSchema)]
struct SuggestedTerms {
    /// The most frequent first; without any that begins like this, corrections.
    #[schema(value_type = Vec<Text<200>>, inline, max_items = 10)]
    terms: Vec<String>,
}

/// Suggest words as somebody types
#[utoipa::path(get, path = "/v1/suggest", tag = "catalogue", params(SuggestTerms),
    responses((status = 200, body = SuggestedTerms), (status = 400, body = Problem)))]
async fn suggest_terms(State(app): State<SharedApp>, Query(query): Query<SuggestTerms>) -> Json<SuggestedTerms> {
    Json(SuggestedTerms {
        terms: app.search.index.suggest(&String::from(query.q), SUGGESTIONS),
    })
}
