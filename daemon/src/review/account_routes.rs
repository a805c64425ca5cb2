//! The control socket's verbs for contributors: every role may look, whoever decides cases lifts bans.

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use tradepost_common::review::AccountDetail;

use super::standing;
use crate::accounts::service as accounts;
use crate::app::{App, SharedApp};
use crate::error::ApiResult;
use crate::extractors::{Path, Peer};

pub fn control_router() -> Router<SharedApp> {
    Router::new()
        .route("/v1/accounts/{name}", get(one))
        .route("/v1/accounts/{name}/unban", post(unban))
}

async fn one(_: Peer, State(app): State<SharedApp>, Path(name): Path<String>) -> ApiResult<Json<AccountDetail>> {
    detail(&app, &name).await
}

async fn unban(peer: Peer, State(app): State<SharedApp>, Path(name): Path<String>) -> ApiResult<Json<AccountDetail>> {
    accounts::unban(&app.db, &peer.actor, &name).await?;
    app.changed.cases();
    detail(&app, &name).await
}

async fn detail(app: &App, name: &str) -> ApiResult<Json<AccountDetail>> {
    let id = accounts::find(&app.db, name).await?;
    Ok(Json(AccountDetail {
        record: standing::record(&app.db, id, &app.config.review.trust).await?,
        ban: accounts::ban_of(&app.db, id).await?,
        trust_history: accounts::trust_history(&app.db, id).await?,
    }))
}
