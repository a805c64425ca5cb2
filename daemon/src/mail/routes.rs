//! The control socket's verbs for mails.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use tradepost_common::Page;
use tradepost_common::mail::{MailRow, MailView};
use uuid::Uuid;

use super::queries;
use crate::app::SharedApp;
use crate::error::{ApiError, ApiResult};
use crate::extractors::{Path, Peer, Query};
use crate::pager::limit;

pub fn control_router() -> Router<SharedApp> {
    Router::new()
        .route("/v1/mails", get(list))
        .route("/v1/mails/{id}", get(get_one))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    recipient: Option<String>,
    cursor: Option<Uuid>,
    limit: Option<u32>,
}

async fn list(_: Peer, State(app): State<SharedApp>, Query(query): Query<ListQuery>) -> ApiResult<Json<Page<MailRow>>> {
    let limit = limit(query.limit)?;
    let rows = queries::list(&app.db, query.recipient.as_deref(), query.cursor, limit.into()).await?;
    Ok(Json(Page::from_rows(rows, limit, |row| row.id)))
}

async fn get_one(_: Peer, State(app): State<SharedApp>, Path(id): Path<Uuid>) -> ApiResult<Json<MailView>> {
    let mail = queries::view(&app.db, id).await?;
    mail.map(Json).ok_or(ApiError::NotFound("mail"))
}
