//! `/v1/library`: what was bought; `/objects/downloads/...`: its bytes by signed URL; `/v1/items/{id}/file`.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::{Extension, Json};
use serde::Deserialize;
use time::OffsetDateTime;
use tradepost_common::Page;
use tradepost_common::ids::EntitlementId;
use tradepost_common::problem::Problem;
use tradepost_common::sales::ProductKind;
use tradepost_inspect::media::FileType;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::library::{self, Bought, BoughtFile, DownloadUrl, StartDownload};
use super::queries::{self, Files};
use super::variant::Variant;
use super::{archive, drawn};
use crate::accounts::public_routes::with_session;
use crate::accounts::{self, Bearer};
use crate::app::SharedApp;
use crate::catalog::files;
use crate::downloads::routes::{as_attachment, refuse_infected, safe_name};
use crate::downloads::served::Served;
use crate::error::{ApiError, ApiResult};
use crate::extractors::{ClientAddress, JsonBody, Origin, Path, PresignedQuery, Query};
use crate::pager::limit_or;

pub fn public_router() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new()
        .routes(routes!(get_library))
        .routes(routes!(get_purchase))
        .routes(routes!(list_purchase_files))
        .routes(routes!(start_download))
        .routes(routes!(get_download))
        .routes(routes!(get_item_file))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct LibraryQuery {
    /// From a mailed link. Without it the account of the request is meant.
    #[param(min_length = 64, max_length = 64, pattern = "^[0-9a-f]{64}$")]
    token: Option<String>,
    /// `next` of the page before.
    #[serde(default, with = "time::serde::rfc3339::option")]
    cursor: Option<OffsetDateTime>,
    /// 1 to 200; default 50.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// Your purchases, newest first
///
/// With the token of a mailed link it proves the address, brings everything that guests bought with it into one account, and starts
/// a session. The link works for 7 days. `410 link-void`.
#[utoipa::path(get, path = "/v1/library", operation_id = "get_library", tag = "library", params(LibraryQuery),
    security((), ("bearer" = [])),
    responses((status = 200, body = Page<Bought>), (status = 401, body = Problem), (status = 404, body = Problem), (status = 410, body = Problem),
        (status = 429, body = Problem)))]
async fn get_library(
    State(app): State<SharedApp>,
    Query(query): Query<LibraryQuery>,
    headers: HeaderMap,
) -> ApiResult<Response> {
    let limit = limit_or(query.limit, 50)?;
    let (account, session) = match &query.token {
        Some(secret) => {
            let (account, session) = library::open(&app, secret).await?;
            (account, Some(session))
        }
        None => (accounts::require_reader(&app, &headers).await?.id, None),
    };
    let rows = library::list(&app, account, query.cursor, limit).await?;
    let rfc3339 = |at: OffsetDateTime| {
        at.format(&time::format_description::well_known::Rfc3339)
            .unwrap_or_default()
    };
    let page = Page::from_rows(rows, limit, |row| rfc3339(row.granted_at));
    Ok(match session {
        Some(session) => with_session(StatusCode::OK, &session, page),
        None => Json(page).into_response(),
    })
}

/// A purchase of yours
#[utoipa::path(get, path = "/v1/library/{id}", operation_id = "get_purchase", tag = "library", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "Of the purchase")),
    responses((status = 200, body = Bought), (status = 404, body = Problem)))]
async fn get_purchase(
    State(app): State<SharedApp>,
    Bearer(buyer): Bearer,
    Path(id): Path<EntitlementId>,
) -> ApiResult<Json<Bought>> {
    Ok(Json(library::get(&app, buyer.id, id).await?))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct FilesQuery {
    /// `next` of the page before.
    cursor: Option<Uuid>,
    /// 1 to 200; default 200.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// The files of a purchase of yours
///
/// All that was ever published of it, whether it is in the catalogue or not; without files in which malware was found.
#[utoipa::path(get, path = "/v1/library/{id}/files", operation_id = "list_purchase_files", tag = "library", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "Of the purchase"), FilesQuery),
    responses((status = 200, body = Page<BoughtFile>), (status = 404, body = Problem)))]
async fn list_purchase_files(
    State(app): State<SharedApp>,
    Bearer(buyer): Bearer,
    Path(id): Path<EntitlementId>,
    Query(query): Query<FilesQuery>,
) -> ApiResult<Json<Page<BoughtFile>>> {
    let limit = limit_or(query.limit, 200)?;
    let rows = library::files(&app, buyer.id, id, query.cursor, limit).await?;
    Ok(Json(Page::from_rows(rows, limit, |row| row.item_id)))
}

/// Download a file, an image of it, or a set as a ZIP
///
/// Answers with a URL that works for 10 minutes, also for parts and when a transfer goes on after a break; each answer counts as one
/// download. `409 download-limit`; `422 which-file`.
#[utoipa::path(post, path = "/v1/library/{id}/downloads", operation_id = "start_download", tag = "library", request_body = StartDownload,
    security(("bearer" = [])), params(("id" = Uuid, Path, description = "Of the purchase")),
    responses((status = 201, body = DownloadUrl), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn start_download(
    State(app): State<SharedApp>,
    Bearer(buyer): Bearer,
    ClientAddress(address): ClientAddress,
    Path(id): Path<EntitlementId>,
    JsonBody(body): JsonBody<StartDownload>,
) -> ApiResult<(StatusCode, Json<DownloadUrl>)> {
    let url = library::start(&app, buyer.id, (id, address), &body).await?;
    Ok((StatusCode::CREATED, Json(url)))
}

/// Bytes of a purchase, by signed URL
///
/// The URL works until it expires or the purchase is revoked: `410` then.
#[utoipa::path(get, path = "/objects/downloads/{purchase}/{file}/{form}/{name}", operation_id = "get_download", tag = "library",
    params(("purchase" = Uuid, Path, description = "Of the purchase"), ("file" = Uuid, Path, description = "Of an item, or of a set"),
        ("form" = String, Path, pattern = "^[a-z0-9-]+$", min_length = 1, max_length = 20, description = "Of the file"),
        ("name" = String, Path, pattern = "^[A-Za-z0-9._-]+$", min_length = 1, max_length = 255, description = "Of the saved file"), PresignedQuery),
    responses((status = 200, content_type = "*/*"), (status = 206, content_type = "*/*"), (status = 304, description = "Not modified"),
        (status = 307, description = "The bytes are at the CDN"), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 410, body = Problem),
        (status = 416, body = Problem)))]
async fn get_download(
    State(app): State<SharedApp>,
    Path((id, file, form, name)): Path<(EntitlementId, Uuid, String, String)>,
    Query(permission): Query<PresignedQuery>,
    method: Method,
    headers: HeaderMap,
) -> ApiResult<Response> {
    permission.verify(&app, "GET", &format!("/objects/downloads/{id}/{file}/{form}/{name}"))?;
    let variant: Variant = form.parse().map_err(|_| ApiError::NotFound("form of a file"))?;
    let right = library::of_url(&app, id).await?;
    let mut response = if variant == Variant::Zip {
        archive::answer(&app, &right, file, &method, &headers).await?
    } else {
        let wanted = Files {
            item: Some(file),
            ..Files::default()
        };
        let found = queries::files(&app.db, id, wanted, 1).await?.pop();
        let found = found.ok_or(ApiError::NotFound("file of this purchase"))?;
        refuse_infected(&app, &found.sha256).await?;
        match variant {
            Variant::Image { format, width_px } => {
                drawn::answer(&app, &found, (format, width_px), &method, &headers).await?
            }
            _ => {
                Served::member(found.sha256, "a published file")
                    .attachment(&app, &method, &headers, &name)
                    .await?
            }
        }
    };
    let media_type = match variant {
        Variant::Zip => "application/zip",
        _ => FileType::of_path(&name).media_type(),
    };
    saved(&mut response, &name, media_type)?;
    Ok(response)
}

/// The file of a free item, or of one that you bought
///
/// The published file: of an SVG its sanitized copy. Free items are for everybody; who bought an item, its set or its family is sent to
/// a signed URL, which counts as a download.
#[utoipa::path(get, path = "/v1/items/{id}/file", tag = "catalogue", params(("id" = Uuid, Path, description = "Of the item")),
    security((), ("bearer" = [])),
    responses((status = 200, content_type = "*/*"), (status = 206, content_type = "*/*"), (status = 303, description = "Bought: the signed URL"),
        (status = 304, description = "Not modified"), (status = 307, description = "The bytes are at the CDN, or on the origin of files"), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 410, body = Problem), (status = 416, body = Problem)))]
async fn get_item_file(
    State(app): State<SharedApp>,
    buyer: Option<Bearer>,
    ClientAddress(address): ClientAddress,
    Path(id): Path<Uuid>,
    Extension(origin): Extension<Origin>,
    method: Method,
    headers: HeaderMap,
) -> ApiResult<Response> {
    let file = files::published_file(&app.db, id).await?;
    let Some(file) = file.filter(|file| file.is_free) else {
        return bought_file(&app, buyer, id, address).await;
    };
    if origin == Origin::Api {
        let url = format!("{}/v1/items/{id}/file", app.files_url());
        return Ok(Redirect::temporary(&url).into_response());
    }
    let sha256: [u8; 32] = file
        .sha256
        .try_into()
        .map_err(|_| ApiError::NotFound("published file"))?;
    refuse_infected(&app, &sha256).await?;
    let name = safe_name(archive::name_in_zip(&file.path));
    let served = Served::member(sha256, "a published file");
    let mut response = served.attachment(&app, &method, &headers, &name).await?;
    let is_given = [StatusCode::OK, StatusCode::TEMPORARY_REDIRECT].contains(&response.status());
    if method == Method::GET && is_given {
        app.counts.download(ProductKind::Item.with(id));
    }
    saved(&mut response, &name, FileType::of_path(&file.path).media_type())?;
    Ok(response)
}

/// Sends who bought an item to a signed URL.
async fn bought_file(
    app: &SharedApp,
    buyer: Option<Bearer>,
    item: Uuid,
    address: std::net::IpAddr,
) -> ApiResult<Response> {
    let right = match &buyer {
        Some(Bearer(account)) => queries::entitlement_to(&app.db, account.id, item)
            .await?
            .map(|id| (account.id, id)),
        None => None,
    };
    let Some((account, id)) = right else {
        return Err(match files::published_file(&app.db, item).await? {
            Some(_) => ApiError::Forbidden("The item has a price. Buy it with POST /v1/orders.".to_owned()),
            None => ApiError::NotFound("published file"),
        });
    };
    let url = library::start(app, account, (id, address), &StartDownload::original(item)).await?;
    let headers = [
        (header::LOCATION, url.url),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((StatusCode::SEE_OTHER, headers).into_response())
}

/// The headers of a file that is saved; should a browser be made to show it after all, nothing in it runs.
fn saved(response: &mut Response, name: &str, media_type: &'static str) -> anyhow::Result<()> {
    as_attachment(response, name, media_type)?;
    let policy = HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox");
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    Ok(())
}
