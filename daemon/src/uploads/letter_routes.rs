//! `POST /v1/uploads/{id}/answer` and `appeal`: what a contributor says to the moderators.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use tradepost_common::ids::UploadId;
use tradepost_common::problem::Problem;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::routes::{UploadView, view};
use crate::app::SharedApp;
use crate::error::ApiResult;
use crate::http::extract::{Bearer, JsonBody, Path};
use crate::review::letters;

pub fn router() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new().routes(routes!(answer)).routes(routes!(appeal))
}

/// What a contributor writes to the moderators.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WriteLetter {
    /// 1 to 2,000 characters.
    #[schema(example = "I drew all of them myself; the sketches are at https://example.org.")]
    text: String,
}

/// Answer a moderator's question
///
/// The pack goes back to the moderators, marked as answered. `409 no-question` when nobody asked.
#[utoipa::path(post, path = "/v1/uploads/{id}/answer", tag = "uploads", params(("id" = Uuid, Path)), request_body = WriteLetter,
    security(("bearer" = [])), responses((status = 200, body = UploadView), (status = 400, body = Problem),
        (status = 401, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn answer(
    State(app): State<SharedApp>,
    Bearer(account): Bearer,
    Path(id): Path<UploadId>,
    JsonBody(body): JsonBody<WriteLetter>,
) -> ApiResult<Json<UploadView>> {
    letters::answer(&app, &account, id, &body.text).await?;
    Ok(Json(view(&app, &account, id).await?))
}

/// Appeal against a moderator's decision
///
/// Of a pack that was rejected, or of which files were left out; once, until `review.appeal_until`. The pack goes back to the
/// moderators, if possible to another one; what is decided then is final. `409 not-appealable`, `already-appealed`,
/// `appeal-final`, `not-decided` or `appeal-name-taken` when it is not possible, `410 appeal-too-late` when it was.
#[utoipa::path(post, path = "/v1/uploads/{id}/appeal", tag = "uploads", params(("id" = Uuid, Path)), request_body = WriteLetter,
    security(("bearer" = [])), responses((status = 200, body = UploadView), (status = 400, body = Problem),
        (status = 401, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 410, body = Problem)))]
async fn appeal(
    State(app): State<SharedApp>,
    Bearer(account): Bearer,
    Path(id): Path<UploadId>,
    JsonBody(body): JsonBody<WriteLetter>,
) -> ApiResult<Json<UploadView>> {
    letters::appeal(&app, &account, id, &body.text).await?;
    Ok(Json(view(&app, &account, id).await?))
}
