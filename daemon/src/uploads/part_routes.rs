//! `POST` and `DELETE /v1/uploads/{id}/parts`.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use tradepost_common::ids::UploadId;
use tradepost_common::problem::Problem;
use tradepost_store::s3::parts::PART_BYTES;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::parts;
use super::routes::SignedPut;
use crate::accounts::Bearer;
use crate::app::SharedApp;
use crate::error::{ApiError, ApiResult};
use crate::extractors::{ClientAddress, JsonBody, Path};

pub fn public_router() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new().routes(routes!(start_parts, abort_parts))
}

/// The parts of a pack.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct StartParts {
    /// SHA-256 of each part, hexadecimal, in order. All parts but the last have 16 MiB.
    #[schema(min_items = 1, max_items = 900)]
    sha256: Vec<Digest>,
}

/// SHA-256, hexadecimal.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(try_from = "String")]
#[schema(value_type = String, pattern = "^[0-9a-fA-F]{64}$", min_length = 64, max_length = 64)]
struct Digest([u8; 32]);

impl TryFrom<String> for Digest {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let bytes = hex::decode(text).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or("must be 64 hexadecimal digits")
    }
}

/// The requests that send the parts, in any order and also at once.
#[derive(Debug, Serialize, ToSchema)]
struct StartedParts {
    /// The size of each part but the last.
    part_size_bytes: u64,
    /// In the order of the hashes.
    #[schema(max_items = 900)]
    puts: Vec<SignedPut>,
}

/// Send a large pack in parts
///
/// Answers with a presigned URL for each part; the bucket takes exactly the bytes that were announced. A part whose connection broke is sent
/// again, alone. When all have arrived, complete the upload as ever. Doing it again gives up the parts that have arrived. Thirty a minute for
/// each client address and each account. `409 no-parts` where the marketplace has no bucket, `422 wrong-parts`.
#[utoipa::path(post, path = "/v1/uploads/{id}/parts", operation_id = "start_upload_parts", tag = "uploads", request_body = StartParts,
    params(("id" = Uuid, Path, description = "Of the upload")), security(("bearer" = [])),
    responses((status = 201, body = StartedParts), (status = 400, body = Problem), (status = 401, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 410, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem)))]
async fn start_parts(
    State(app): State<SharedApp>,
    Bearer(account): Bearer,
    ClientAddress(address): ClientAddress,
    Path(id): Path<UploadId>,
    JsonBody(body): JsonBody<StartParts>,
) -> ApiResult<(StatusCode, Json<StartedParts>)> {
    if !(1..=parts::MAX_PARTS).contains(&body.sha256.len()) {
        let message = format!("must have 1 to {} parts", parts::MAX_PARTS);
        return Err(ApiError::invalid("sha256", message));
    }
    app.limits.puts.take(account.id, address)?;
    let hashes: Vec<_> = body.sha256.into_iter().map(|digest| digest.0).collect();
    let started = parts::start(&app, &account, id, &hashes).await?;
    let puts = started.puts.into_iter();
    let body = StartedParts {
        part_size_bytes: PART_BYTES,
        puts: puts.map(|put| SignedPut::new(put, started.expires_at)).collect(),
    };
    Ok((StatusCode::CREATED, Json(body)))
}

/// Give up the parts of an upload
///
/// The upload itself still waits for its bytes. Doing it again changes nothing. `409 no-parts` where the marketplace has no bucket.
#[utoipa::path(delete, path = "/v1/uploads/{id}/parts", operation_id = "delete_upload_parts", tag = "uploads",
    params(("id" = Uuid, Path, description = "Of the upload")), security(("bearer" = [])),
    responses((status = 204, description = "Given up"), (status = 401, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 410, body = Problem)))]
async fn abort_parts(
    State(app): State<SharedApp>,
    Bearer(account): Bearer,
    Path(id): Path<UploadId>,
) -> ApiResult<StatusCode> {
    parts::abort(&app, &account, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
