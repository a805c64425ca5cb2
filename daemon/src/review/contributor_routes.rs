//! `GET /v1/uploads/{id}`, `POST .../answer` and `POST .../appeal`: the review of an upload as its contributor sees it.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use tradepost_common::ids::UploadId;
use tradepost_common::problem::Problem;
use tradepost_common::uploads::UploadTrace;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema as _, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::contributor::{self, Review};
use super::letters;
use super::reasons::Letter;
use crate::accounts::{Account, Bearer};
use crate::app::SharedApp;
use crate::error::{ApiError, ApiResult};
use crate::extractors::{JsonBody, Path, described};
use crate::uploads::service as uploads;

pub fn public_router() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new()
        .routes(routes!(get_one))
        .routes(routes!(answer))
        .routes(routes!(appeal))
}

/// Everything that is known of an upload, and its review.
#[derive(Debug, Serialize, ToSchema)]
struct UploadView {
    #[serde(flatten)]
    trace: UploadTrace,
    /// `null` when no moderator is involved.
    review: Option<Review>,
}

/// State of an upload
///
/// State, time spent at each stage, every finding with the file it is about, and the review: a moderator's question, the verdict
/// with its reason, and until when you can appeal.
#[utoipa::path(get, path = "/v1/uploads/{id}", operation_id = "get_upload", tag = "uploads", params(("id" = Uuid, Path, description = "Of the upload")), security(("bearer" = [])),
    responses((status = 200, body = UploadView), (status = 401, body = Problem), (status = 404, body = Problem)))]
async fn get_one(
    State(app): State<SharedApp>,
    Bearer(account): Bearer,
    Path(id): Path<UploadId>,
) -> ApiResult<Json<UploadView>> {
    Ok(Json(view(&app, &account, id).await?))
}

/// A contributor's text for the moderators.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WriteLetter {
    #[schema(schema_with = letter_schema)]
    text: String,
}

fn letter_schema() -> RefOr<Schema> {
    let example = "I drew all of them myself; the sketches are at https://example.org.";
    described(Letter::schema(), "1 to 2,000 characters on at most 100 lines.", example)
}

/// Answer a moderator's question
///
/// The pack goes back to the moderators, marked as answered. `409 no-question` when nobody asked.
#[utoipa::path(post, path = "/v1/uploads/{id}/answer", operation_id = "answer_question", tag = "uploads", params(("id" = Uuid, Path, description = "Of the upload")), request_body = WriteLetter,
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
/// For a pack that was rejected, or of which files were left out; once, until `review.appeal_until`. The pack goes back to the
/// moderators, if possible to another one; what is decided then is final. `409 not-appealable`, `already-appealed`,
/// `appeal-final`, `not-decided` or `appeal-name-taken` when it is not possible, `410 appeal-too-late` when it was.
#[utoipa::path(post, path = "/v1/uploads/{id}/appeal", operation_id = "appeal_decision", tag = "uploads", params(("id" = Uuid, Path, description = "Of the upload")), request_body = WriteLetter,
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

async fn view(app: &SharedApp, account: &Account, id: UploadId) -> ApiResult<UploadView> {
    let mut trace = uploads::trace(&app.db, id).await?;
    if trace.upload.account != account.name {
        return Err(ApiError::NotFound("upload"));
    }
    // Failed attempts are the operators' business: their errors speak of our machines.
    trace.attempts.clear();
    let review = contributor::review_of(app, id).await?;
    Ok(UploadView { trace, review })
}
