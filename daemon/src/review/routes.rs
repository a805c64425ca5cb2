//! The control socket's verbs for cases: every role may look, moderators and operators decide.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use serde::Deserialize;
use tradepost_common::Page;
use tradepost_common::ids::{CaseId, ItemId};
use tradepost_common::overview::Role;
use tradepost_common::review::{
    Approve, Ask, Ban, Bulk, BulkDone, BulkPlan, BulkPreview, CaseDetail, CaseRow, Decision, Reject, Source, Viewers,
};
use uuid::Uuid;

use super::service::{self, Filter, Which};
use super::source::{self, Window};
use super::undo::{self, UndoScope};
use super::{bulk, claims, decide, letters};
use crate::app::SharedApp;
use crate::error::{ApiError, ApiResult};
use crate::extractors::{JsonBody, Path, Peer, Query};
use crate::pager::{Texts, limit};

/// Lines of a source when the request does not say.
const DEFAULT_LINES: u32 = 40;

pub fn control_router() -> Router<SharedApp> {
    Router::new()
        .route("/v1/cases", get(list))
        .route("/v1/cases/next", post(next))
        .route("/v1/cases/bulk/plan", post(plan_bulk))
        .route("/v1/cases/bulk", post(run_bulk))
        .route("/v1/cases/{id}", get(one))
        .route("/v1/cases/{id}/claim", post(claim).delete(release))
        .route("/v1/cases/{id}/release", post(release))
        .route("/v1/cases/{id}/view", post(view))
        .route("/v1/cases/{id}/approve", post(approve))
        .route("/v1/cases/{id}/reject", post(reject))
        .route("/v1/cases/{id}/skip", post(skip))
        .route("/v1/cases/{id}/ask", post(ask))
        .route("/v1/cases/{id}/ban", post(ban))
        .route("/v1/cases/{id}/undo", post(take_back))
        .route("/v1/cases/{id}/items/{item}/picture", get(picture))
        .route("/v1/cases/{id}/items/{item}/source", get(read_source))
        .route("/v1/items/{item}/picture", get(item_picture))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    cursor: Option<String>,
    limit: Option<u32>,
    #[serde(default, alias = "state")]
    which: Which,
    cluster: Option<Uuid>,
    contributor: Option<String>,
    text: Option<String>,
    without: Option<String>,
    sort: Option<String>,
}

async fn list(
    peer: Peer,
    State(app): State<SharedApp>,
    Query(query): Query<ListQuery>,
) -> ApiResult<Json<Page<CaseRow>>> {
    let filter = Filter {
        which: query.which,
        cluster: query.cluster,
        contributor: query.contributor,
        texts: Texts::new(query.text.as_deref(), query.without.as_deref()),
    };
    let limit = limit(query.limit)?;
    let (sort, cursor) = (query.sort.as_deref(), query.cursor.as_deref());
    Ok(Json(
        service::list(&app.db, &peer.actor, &filter, sort, cursor, limit).await?,
    ))
}

async fn one(peer: Peer, State(app): State<SharedApp>, Path(id): Path<CaseId>) -> ApiResult<Json<CaseDetail>> {
    Ok(Json(service::detail(&app, &peer.actor, id).await?))
}

async fn next(peer: Peer, State(app): State<SharedApp>) -> ApiResult<Json<CaseRow>> {
    Ok(Json(claims::next(&app, &peer.actor).await?))
}

async fn claim(peer: Peer, State(app): State<SharedApp>, Path(id): Path<CaseId>) -> ApiResult<Json<CaseRow>> {
    Ok(Json(claims::claim(&app, &peer.actor, id).await?))
}

async fn release(peer: Peer, State(app): State<SharedApp>, Path(id): Path<CaseId>) -> ApiResult<Json<CaseRow>> {
    Ok(Json(claims::release(&app, &peer.actor, id).await?))
}

/// Whoever may look may say so.
async fn view(peer: Peer, State(app): State<SharedApp>, Path(id): Path<CaseId>) -> ApiResult<Json<Viewers>> {
    Ok(Json(claims::view(&app, &peer.actor, id).await?))
}

async fn approve(
    peer: Peer,
    State(app): State<SharedApp>,
    Path(id): Path<CaseId>,
    JsonBody(body): JsonBody<Approve>,
) -> ApiResult<Json<Decision>> {
    Ok(Json(decide::approve(&app, &peer.actor, id, &body).await?))
}

async fn reject(
    peer: Peer,
    State(app): State<SharedApp>,
    Path(id): Path<CaseId>,
    JsonBody(body): JsonBody<Reject>,
) -> ApiResult<Json<Decision>> {
    Ok(Json(decide::reject(&app, &peer.actor, id, &body).await?))
}

async fn skip(peer: Peer, State(app): State<SharedApp>, Path(id): Path<CaseId>) -> ApiResult<Json<CaseRow>> {
    Ok(Json(claims::skip(&app, &peer.actor, id).await?))
}

async fn ask(
    peer: Peer,
    State(app): State<SharedApp>,
    Path(id): Path<CaseId>,
    JsonBody(body): JsonBody<Ask>,
) -> ApiResult<Json<CaseRow>> {
    Ok(Json(letters::ask(&app, &peer.actor, id, &body).await?))
}

async fn ban(
    peer: Peer,
    State(app): State<SharedApp>,
    Path(id): Path<CaseId>,
    JsonBody(body): JsonBody<Ban>,
) -> ApiResult<Json<Decision>> {
    Ok(Json(decide::ban(&app, &peer.actor, id, &body).await?))
}

async fn take_back(peer: Peer, State(app): State<SharedApp>, Path(id): Path<CaseId>) -> ApiResult<Json<Decision>> {
    let scope = match peer.roles.contains(&Role::Operator) {
        true => UndoScope::All,
        false => UndoScope::Own,
    };
    Ok(Json(undo::undo(&app, &peer.actor, scope, id).await?))
}

async fn plan_bulk(
    peer: Peer,
    State(app): State<SharedApp>,
    JsonBody(body): JsonBody<BulkPlan>,
) -> ApiResult<Json<BulkPreview>> {
    Ok(Json(bulk::plan(&app, &peer.actor, &body).await?))
}

async fn run_bulk(
    peer: Peer,
    State(app): State<SharedApp>,
    JsonBody(body): JsonBody<Bulk>,
) -> ApiResult<Json<BulkDone>> {
    Ok(Json(bulk::run(&app, &peer.actor, &body).await?))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SourceQuery {
    line: Option<u32>,
    column: Option<u32>,
    lines: Option<u32>,
}

async fn read_source(
    _: Peer,
    State(app): State<SharedApp>,
    Path((id, item)): Path<(CaseId, ItemId)>,
    Query(query): Query<SourceQuery>,
) -> ApiResult<Json<Source>> {
    let lines = query.lines.unwrap_or(DEFAULT_LINES);
    if !(1..=source::MAX_LINES).contains(&lines) {
        return Err(ApiError::invalid("lines", "must be between 1 and 500"));
    }
    let window = Window {
        line: query.line.unwrap_or(1),
        column: query.column.unwrap_or(1),
        lines,
    };
    Ok(Json(source::read(&app, id, item, window).await?))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PictureQuery {
    width: Option<u32>,
}

impl PictureQuery {
    fn width(&self) -> ApiResult<u32> {
        let width = self.width.unwrap_or(256);
        if (1..=4_096).contains(&width) {
            return Ok(width);
        }
        Err(ApiError::invalid("width", "must be between 1 and 4,096"))
    }
}

async fn picture(
    _: Peer,
    State(app): State<SharedApp>,
    Path((id, item)): Path<(CaseId, ItemId)>,
    Query(query): Query<PictureQuery>,
) -> ApiResult<Response> {
    let bytes = service::picture(&app, id, item, query.width()?).await?;
    Ok(png(bytes))
}

/// Pictures that are not published are for whoever decides about them.
async fn item_picture(
    _: Peer,
    State(app): State<SharedApp>,
    Path(item): Path<ItemId>,
    Query(query): Query<PictureQuery>,
) -> ApiResult<Response> {
    let bytes = service::item_picture(&app, item, query.width()?).await?;
    Ok(png(bytes))
}

fn png(bytes: Bytes) -> Response {
    let headers = [(header::CONTENT_TYPE, "image/png"), (header::CACHE_CONTROL, "no-store")];
    (headers, bytes).into_response()
}
