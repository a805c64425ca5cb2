//! `POST /v1/uploads`, the presigned `PUT`, `complete`, and lists of uploads.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context as _;
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use tradepost_common::Page;
use tradepost_common::ids::UploadId;
use tradepost_common::problem::Problem;
use tradepost_common::uploads::{Finding, UploadRow, UploadState, UploadTrace};
use tradepost_store::Announced;
use utoipa::openapi::schema::{Object, ObjectBuilder, Schema, Type};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::announcement::{Announcement, file_name_schema};
use super::complete;
use super::part_routes;
use super::service::{self, Filter, Started};
use crate::accounts::Bearer;
use crate::app::{App, SharedApp};
use crate::error::{ApiError, ApiResult};
use crate::extractors::{ClientAddress, JsonBody, Path, PresignedQuery, Query, parse_param};
use crate::pager::{Place, limit_or};

pub fn public_router() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new()
        .routes(routes!(start, list))
        .routes(routes!(complete_upload))
        .routes(routes!(list_findings))
        .routes(routes!(put_bytes))
        .merge(part_routes::public_router())
}

const PACK_MEDIA_TYPE: &str = "application/zip";

/// The announcement of an upload.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct StartUpload {
    #[schema(schema_with = file_name_schema)]
    file_name: String,
    /// Exactly; at most 512 MiB.
    #[schema(example = 48_213, minimum = 1, maximum = 536_870_912)]
    size_bytes: u64,
    /// SHA-256 of the whole file, hexadecimal.
    #[schema(
        pattern = "^[0-9a-fA-F]{64}$",
        min_length = 64,
        max_length = 64,
        example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
    )]
    sha256: String,
}

/// A started upload.
#[derive(Debug, Serialize, ToSchema)]
struct StartedUpload {
    id: Uuid,
    /// `awaiting_bytes`.
    state: UploadState,
    put: SignedPut,
}

/// The request that sends the bytes.
#[derive(Debug, Serialize, ToSchema)]
pub struct SignedPut {
    /// `PUT`.
    #[schema(max_length = 3)]
    method: &'static str,
    #[schema(max_length = 2_048)]
    url: String,
    /// To be sent as they are.
    #[schema(schema_with = headers_schema)]
    headers: BTreeMap<String, String>,
    #[serde(with = "time::serde::rfc3339")]
    expires_at: OffsetDateTime,
}

impl SignedPut {
    pub fn new(put: tradepost_store::SignedPut, expires_at: OffsetDateTime) -> Self {
        Self {
            method: "PUT",
            url: put.url,
            headers: put.headers,
            expires_at,
        }
    }
}

fn headers_schema() -> Object {
    let text = |longest| {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .max_length(Some(longest))
            .build()
    };
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .property_names(Some(text(64)))
        .additional_properties(Some(Schema::from(text(1_024))))
        .build()
}

/// Start an upload
///
/// Answers with a presigned URL to PUT the bytes to. Ten a minute for each client address and each account. `409 quota-exceeded`
/// when the packs of yours that are not published take too much together.
#[utoipa::path(post, path = "/v1/uploads", operation_id = "start_upload", tag = "uploads", request_body = StartUpload, security(("bearer" = [])),
    responses((status = 201, body = StartedUpload), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 409, body = Problem), (status = 429, body = Problem)))]
async fn start(
    State(app): State<SharedApp>,
    Bearer(account): Bearer,
    ClientAddress(address): ClientAddress,
    JsonBody(body): JsonBody<StartUpload>,
) -> ApiResult<Response> {
    let quota = app.limits.starts.take(account.id, address)?;
    let max_bytes = app.config.limits.pack_mib * 1024 * 1024;
    let announced = Announcement::parse(&body.file_name, body.size_bytes, &body.sha256, max_bytes)?;
    let started = service::start(&app, &account, &announced).await?;
    let put = sign(&app, &started, &announced).await?;
    let location = format!("/v1/uploads/{}", started.id);
    let body = Json(StartedUpload {
        id: started.id.0,
        state: UploadState::AwaitingBytes,
        put,
    });
    let mut response = (StatusCode::CREATED, [("location", location)], body).into_response();
    quota.tell(response.headers_mut());
    Ok(response)
}

/// The PUT of the bytes: to the bucket, or to the daemon where the objects are files.
async fn sign(app: &App, started: &Started, announced: &Announcement) -> ApiResult<SignedPut> {
    let valid_for = Duration::from_secs(app.config.limits.upload_url_seconds.into());
    let bytes = Announced {
        size_bytes: announced.size_bytes,
        sha256: announced.sha256,
    };
    let signed = app.store.sign_put(started.id.0, bytes, valid_for).await;
    let put = match signed.context("signing a PUT")? {
        Some(put) => put,
        None => {
            let path = object_path(started.id);
            let query = app.signer.query("PUT", &path, started.url_expires_at);
            let headers = [
                ("content-length", announced.size_bytes.to_string()),
                ("content-type", PACK_MEDIA_TYPE.to_owned()),
            ];
            let headers = headers.map(|(name, value)| (name.to_owned(), value));
            tradepost_store::SignedPut {
                url: format!("{}{path}?{query}", app.public_url()),
                headers: headers.into(),
            }
        }
    };
    Ok(SignedPut::new(put, started.url_expires_at))
}

fn object_path(id: UploadId) -> String {
    format!("/objects/uploads/{id}")
}

/// PUT the bytes to the presigned URL
///
/// Exactly the announced bytes, checked while they come in: another size or SHA-256 is refused and nothing is kept. Bytes that
/// were stored before are replaced. A completed or expired upload, or one of a banned account, is refused before the body.
/// Thirty a minute for each client address and each account, and three at once for an upload.
#[utoipa::path(put, path = "/objects/uploads/{id}", operation_id = "put_upload_bytes", tag = "uploads",
    params(("id" = Uuid, Path, description = "Of the upload"), PresignedQuery),
    request_body(content_type = "application/zip"),
    responses((status = 204, description = "Stored"), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 410, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem)))]
async fn put_bytes(
    State(app): State<SharedApp>,
    Path(id): Path<UploadId>,
    Query(permission): Query<PresignedQuery>,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    body: Body,
) -> ApiResult<StatusCode> {
    permission.verify(&app, "PUT", &object_path(id))?;
    if let Some(length) = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<u64>().ok())
        && length > app.config.limits.pack_mib * 1024 * 1024
    {
        return Err(ApiError::TooLarge(format!(
            "A pack has at most {} MiB.",
            app.config.limits.pack_mib
        )));
    }
    let upload = service::awaiting(&app, id).await?;
    app.limits.puts.take(upload.account_id, address)?;
    let _running = app.limits.running.enter(id)?;
    service::receive(&app, &upload, body.into_data_stream()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Say that the bytes are complete
///
/// Starts the pipeline. Doing it again changes nothing.
#[utoipa::path(post, path = "/v1/uploads/{id}/complete", operation_id = "complete_upload", tag = "uploads", params(("id" = Uuid, Path, description = "Of the upload")), security(("bearer" = [])),
    responses((status = 202, body = UploadTrace), (status = 401, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 410, body = Problem)))]
async fn complete_upload(
    State(app): State<SharedApp>,
    Bearer(account): Bearer,
    Path(id): Path<UploadId>,
) -> ApiResult<Response> {
    complete::complete(&app, &account, id).await?;
    let trace = service::trace(&app.db, id).await?;
    Ok((StatusCode::ACCEPTED, Json(trace)).into_response())
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    /// Only those in this state.
    #[param(value_type = Option<UploadState>)]
    state: Option<String>,
    /// `next` of the page before.
    cursor: Option<Uuid>,
    /// 1 to 200; 50 when not given.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct FindingsQuery {
    /// `next` of the page before.
    #[param(pattern = r"^[0-2]\.[0-9]{1,18}$", min_length = 3, max_length = 20)]
    cursor: Option<String>,
    /// 1 to 200; 50 when not given.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
}

/// Findings of an upload
///
/// All of them, page by page: blocking ones first, then warnings, then what is only worth knowing.
#[utoipa::path(get, path = "/v1/uploads/{id}/findings", operation_id = "list_findings", tag = "uploads",
    params(("id" = Uuid, Path, description = "Of the upload"), FindingsQuery), security(("bearer" = [])),
    responses((status = 200, body = Page<Finding>), (status = 400, body = Problem), (status = 401, body = Problem), (status = 404, body = Problem)))]
async fn list_findings(
    State(app): State<SharedApp>,
    Bearer(account): Bearer,
    Path(id): Path<UploadId>,
    Query(query): Query<FindingsQuery>,
) -> ApiResult<Json<Page<Finding>>> {
    let limit = limit_or(query.limit, 50)?;
    let page = service::findings_of(&app.db, id, Some(account.id), query.cursor.as_deref(), limit).await?;
    Ok(Json(page))
}

/// Your uploads, newest first
#[utoipa::path(get, path = "/v1/uploads", operation_id = "list_uploads", tag = "uploads", params(ListQuery), security(("bearer" = [])),
    responses((status = 200, body = Page<UploadRow>), (status = 400, body = Problem), (status = 401, body = Problem)))]
async fn list(
    State(app): State<SharedApp>,
    Bearer(account): Bearer,
    Query(query): Query<ListQuery>,
) -> ApiResult<Json<Page<UploadRow>>> {
    let limit = limit_or(query.limit, 50)?;
    let filter = Filter {
        account_id: Some(account.id),
        state: parse_param("state", query.state.as_deref())?,
        ..Filter::default()
    };
    let place = Place::newest(query.cursor.map(UploadId));
    Ok(Json(service::list(&app.db, &filter, &place, limit).await?))
}
