//! The control socket's lists of uploads: every role may look.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use tradepost_common::Page;
use tradepost_common::ids::UploadId;
use tradepost_common::uploads::{UploadRow, UploadTrace};

use super::service::{self, Filter};
use crate::app::SharedApp;
use crate::error::ApiResult;
use crate::extractors::{Path, Peer, Query, parse_param};
use crate::pager::limit;

pub fn control_router() -> Router<SharedApp> {
    Router::new()
        .route("/v1/uploads", get(list))
        .route("/v1/uploads/{id}", get(trace))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct UploadsQuery {
    cursor: Option<UploadId>,
    limit: Option<u32>,
    state: Option<String>,
    account: Option<String>,
}

async fn list(
    _: Peer,
    State(app): State<SharedApp>,
    Query(query): Query<UploadsQuery>,
) -> ApiResult<Json<Page<UploadRow>>> {
    let filter = Filter {
        account: query.account,
        state: parse_param("state", query.state.as_deref())?,
        before: query.cursor,
        ..Filter::default()
    };
    Ok(Json(service::list(&app.db, &filter, limit(query.limit)?).await?))
}

async fn trace(_: Peer, State(app): State<SharedApp>, Path(id): Path<UploadId>) -> ApiResult<Json<UploadTrace>> {
    Ok(Json(service::trace(&app.db, id).await?))
}
