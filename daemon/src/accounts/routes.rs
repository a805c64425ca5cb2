//! The control socket's verbs for accounts: every role may look, whoever decides cases opens closed accounts again.

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use tradepost_common::review::AccountDetail;

use super::service;
use crate::app::{App, SharedApp};
use crate::control::peer::Peer;
use crate::error::ApiResult;
use crate::http::extract::Path;
use crate::review::standing;

pub fn router() -> Router<SharedApp> {
    Router::new()
        .route("/v1/accounts/{name}", get(one))
        .route("/v1/accounts/{name}/unban", post(unban))
}

async fn one(_: Peer, State(app): State<SharedApp>, Path(name): Path<String>) -> ApiResult<Json<AccountDetail>> {
    detail(&app, &name).await
}

async fn unban(peer: Peer, State(app): State<SharedApp>, Path(name): Path<String>) -> ApiResult<Json<AccountDetail>> {
    peer.require_decider()?;
    service::unban(&app.db, &peer.actor, &name).await?;
    app.changed.cases();
    detail(&app, &name).await
}

async fn detail(app: &App, name: &str) -> ApiResult<Json<AccountDetail>> {
    let id = service::find(&app.db, name).await?;
    Ok(Json(AccountDetail {
        record: standing::record(&app.db, id, &app.config.review.trust).await?,
        ban: service::ban_of(&app.db, id).await?,
        trust_history: service::trust_history(&app.db, id).await?,
    }))
}
