//! The control socket's verbs for tokens: every role may look, operators revoke.

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use tradepost_common::Page;
use tradepost_common::ids::TokenId;
use tradepost_common::tokens::{RevokedTokens, TokenRow};

use super::tokens;
use crate::app::SharedApp;
use crate::error::ApiResult;
use crate::extractors::{Path, Peer, Query};
use crate::pager::limit;

pub fn control_router() -> Router<SharedApp> {
    Router::new()
        .route("/v1/tokens", get(list))
        .route("/v1/tokens/{id}/revoke", post(revoke))
        .route("/v1/accounts/{name}/revoke-tokens", post(revoke_all))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    account: Option<String>,
    cursor: Option<TokenId>,
    limit: Option<u32>,
}

async fn list(
    _: Peer,
    State(app): State<SharedApp>,
    Query(query): Query<ListQuery>,
) -> ApiResult<Json<Page<TokenRow>>> {
    let account = query.account.as_deref();
    Ok(Json(
        tokens::list(&app.db, account, query.cursor, limit(query.limit)?).await?,
    ))
}

async fn revoke(peer: Peer, State(app): State<SharedApp>, Path(id): Path<TokenId>) -> ApiResult<Json<TokenRow>> {
    Ok(Json(tokens::revoke(&app.db, &peer.actor, id).await?))
}

async fn revoke_all(
    peer: Peer,
    State(app): State<SharedApp>,
    Path(name): Path<String>,
) -> ApiResult<Json<RevokedTokens>> {
    Ok(Json(tokens::revoke_all(&app.db, &peer.actor, &name).await?))
}
