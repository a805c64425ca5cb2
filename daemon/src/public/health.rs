//! `/livez` and `/readyz`.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use tradepost_common::problem::Problem;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::{Duty, SharedApp};
use crate::error::{ApiError, ApiResult};

/// Path of the liveness probe. It is answered under any load.
pub const LIVEZ: &str = "/livez";
pub const READYZ: &str = "/readyz";

pub fn public_router() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new().routes(routes!(livez)).routes(routes!(readyz))
}

#[derive(Serialize, ToSchema)]
struct Health {
    #[schema(max_length = 2)]
    status: &'static str,
}

/// The process answers
#[utoipa::path(get, path = "/livez", operation_id = "get_liveness", tag = "health", responses((status = 200, body = Health)))]
async fn livez() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// The process can serve: its database answers, its store takes bytes, and it is neither drained nor about to stop
///
/// The scanner is no part of this: without it uploads wait, everything else works.
#[utoipa::path(get, path = "/readyz", operation_id = "get_readiness", tag = "health", responses((status = 200, body = Health), (status = 503, body = Problem)))]
async fn readyz(State(app): State<SharedApp>) -> ApiResult<Json<Health>> {
    let duty = *app.duty.borrow();
    match duty {
        Duty::Serving => {}
        Duty::Drained => return Err(ApiError::Unavailable("An operator drains this machine.")),
        Duty::Stopping => return Err(ApiError::Unavailable("This machine is about to stop.")),
    }
    sqlx::query("select 1").execute(&app.db).await?;
    if let Err(error) = app.store.check().await {
        tracing::warn!(%error, "not ready: the object store");
        return Err(ApiError::Unavailable("The object store takes no bytes."));
    }
    Ok(Json(Health { status: "ok" }))
}
