//! The control socket's verbs for the catalogue: every role may look, operators act.

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use tradepost_common::catalog::{Category, Entry, Labels, NewCategory, SetStanding, Withdraw, Withdrawn};
use tradepost_common::sales::{Product, ProductKind};
use uuid::Uuid;

use super::{categories, curate, labels};
use crate::app::SharedApp;
use crate::error::ApiResult;
use crate::extractors::{JsonBody, Path, Peer};

pub fn control_router() -> Router<SharedApp> {
    Router::new()
        .route("/v1/categories", get(list_categories).post(put_category))
        .route("/v1/categories/{slug}/delete", post(delete_category))
        .route("/v1/catalogue/{kind}/{id}", get(get_entry))
        .route("/v1/catalogue/{kind}/{id}/labels", post(replace_labels))
        .route("/v1/catalogue/{kind}/{id}/standing", post(set_standing))
        .route("/v1/catalogue/{kind}/{id}/withdraw", post(withdraw))
}

async fn list_categories(_: Peer, State(app): State<SharedApp>) -> ApiResult<Json<Vec<Category>>> {
    Ok(Json(categories::list(&app.db).await?))
}

async fn put_category(
    peer: Peer,
    State(app): State<SharedApp>,
    JsonBody(body): JsonBody<NewCategory>,
) -> ApiResult<Json<Vec<Category>>> {
    Ok(Json(categories::put(&app, &peer.actor, &body).await?))
}

async fn delete_category(
    peer: Peer,
    State(app): State<SharedApp>,
    Path(slug): Path<String>,
) -> ApiResult<Json<Vec<Category>>> {
    Ok(Json(categories::delete(&app, &peer.actor, &slug).await?))
}

async fn get_entry(
    _: Peer,
    State(app): State<SharedApp>,
    Path((kind, id)): Path<(ProductKind, Uuid)>,
) -> ApiResult<Json<Entry>> {
    Ok(Json(curate::entry(&app.db, Product { kind, id }).await?))
}

async fn replace_labels(
    peer: Peer,
    State(app): State<SharedApp>,
    Path((kind, id)): Path<(ProductKind, Uuid)>,
    JsonBody(body): JsonBody<Labels>,
) -> ApiResult<Json<Labels>> {
    Ok(Json(
        labels::replace(&app, &peer.actor, Product { kind, id }, body).await?,
    ))
}

async fn set_standing(
    peer: Peer,
    State(app): State<SharedApp>,
    Path((kind, id)): Path<(ProductKind, Uuid)>,
    JsonBody(body): JsonBody<SetStanding>,
) -> ApiResult<Json<Entry>> {
    Ok(Json(
        curate::set_standing(&app, &peer.actor, Product { kind, id }, &body).await?,
    ))
}

async fn withdraw(
    peer: Peer,
    State(app): State<SharedApp>,
    Path((kind, id)): Path<(ProductKind, Uuid)>,
    JsonBody(body): JsonBody<Withdraw>,
) -> ApiResult<Json<Withdrawn>> {
    Ok(Json(
        curate::withdraw(&app, &peer.actor, Product { kind, id }, &body).await?,
    ))
}
