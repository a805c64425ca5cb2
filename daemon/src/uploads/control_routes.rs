//! The control socket's lists of uploads: every role may look.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use tradepost_common::Page;
use tradepost_common::ids::UploadId;
use tradepost_common::uploads::{Finding, UploadRow, UploadTrace};

use super::service::{self, Filter};
use crate::app::SharedApp;
use crate::error::ApiResult;
use crate::extractors::{Path, Peer, Query, parse_param};
use crate::pager::{PageQuery, Place, Texts, limit};

pub fn control_router() -> Router<SharedApp> {
    Router::new()
        .route("/v1/uploads", get(list))
        .route("/v1/uploads/{id}", get(trace))
        .route("/v1/uploads/{id}/findings", get(findings))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct UploadsQuery {
    cursor: Option<String>,
    limit: Option<u32>,
    state: Option<String>,
    account: Option<String>,
    text: Option<String>,
    without: Option<String>,
    sort: Option<String>,
}

async fn list(
    _: Peer,
    State(app): State<SharedApp>,
    Query(query): Query<UploadsQuery>,
) -> ApiResult<Json<Page<UploadRow>>> {
    let filter = Filter {
        account_id: None,
        account: query.account,
        state: parse_param("state", query.state.as_deref())?,
        texts: Texts::new(query.text.as_deref(), query.without.as_deref()),
    };
    let place = Place::parse(query.sort.as_deref(), query.cursor.as_deref())?;
    let mut page = service::list(&app.db, &filter, &place, limit(query.limit)?).await?;
    if place.after.is_none() {
        page.total = Some(service::count(&app.db, &filter).await?);
    }
    Ok(Json(page))
}

async fn trace(_: Peer, State(app): State<SharedApp>, Path(id): Path<UploadId>) -> ApiResult<Json<UploadTrace>> {
    Ok(Json(service::trace(&app.db, id).await?))
}

async fn findings(
    _: Peer,
    State(app): State<SharedApp>,
    Path(id): Path<UploadId>,
    Query(query): Query<PageQuery<String>>,
) -> ApiResult<Json<Page<Finding>>> {
    let limit = limit(query.limit)?;
    Ok(Json(
        service::findings_of(&app.db, id, None, query.cursor.as_deref(), limit).await?,
    ))
}
