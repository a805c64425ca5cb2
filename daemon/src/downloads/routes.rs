//! `/r/<sha256>.<format>`: public renditions under URLs that never change; `/objects/sources/...`: source files by presigned URL.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::response::Response;
use serde::Serialize;
use tradepost_common::problem::Problem;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::served::Served;
use crate::accounts::Bearer;
use crate::app::{App, SharedApp};
use crate::catalog::{files, service as catalog};
use crate::error::{ApiError, ApiResult};
use crate::extractors::{Path, PresignedQuery, Query};
use crate::objects::rendition_key;
use crate::scan;
use tradepost_render::presets::Format;
use uuid::Uuid;

const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

pub fn public_router() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new()
        .routes(routes!(get_picture))
        .routes(routes!(get_source))
        .routes(routes!(get_item_source))
}

/// A picture by the SHA-256 of its bytes
///
/// A rendition of a published item or a published family preview; its bytes never change under this URL.
#[utoipa::path(get, path = "/r/{name}", operation_id = "get_rendition", tag = "catalogue", params(("name" = String, Path, pattern = r"^[0-9a-f]{64}\.(png|webp)$", max_length = 69, description = "SHA-256 and format",
        example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08.webp")),
    responses((status = 200, content_type = "image/*"), (status = 206, content_type = "image/*"),
        (status = 304, description = "Not modified"), (status = 404, body = Problem), (status = 416, body = Problem)))]
async fn get_picture(
    State(app): State<SharedApp>,
    Path(name): Path<String>,
    method: Method,
    headers: HeaderMap,
) -> ApiResult<Response> {
    let (sha256, format) = parse_name(&name).ok_or(ApiError::NotFound("picture"))?;
    if !catalog::is_public(&app.db, &sha256, format).await? {
        return Err(ApiError::NotFound("picture"));
    }
    let served = Served {
        key: rendition_key(sha256, format.as_str()),
        what: "a rendition",
    };
    let mut response = served.answer(&app, &method, &headers).await?;
    let caching = [
        (header::CACHE_CONTROL, IMMUTABLE),
        (header::CONTENT_TYPE, HeaderValue::from_static(format.media_type())),
    ];
    response.headers_mut().extend(caching);
    Ok(response)
}

fn parse_name(name: &str) -> Option<([u8; 32], Format)> {
    let (digest, extension) = name.split_once('.')?;
    let format = [Format::Png, Format::Webp]
        .into_iter()
        .find(|format| format.as_str() == extension)?;
    Some((parse_digest(digest)?, format))
}

fn parse_digest(text: &str) -> Option<[u8; 32]> {
    // One name for one object: no upper case.
    let lower = text.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase());
    if lower {
        hex::decode(text).ok()?.try_into().ok()
    } else {
        None
    }
}

fn header_value(text: &str) -> anyhow::Result<HeaderValue> {
    Ok(HeaderValue::from_str(text)?)
}

/// A source file, by presigned URL
///
/// The URL works until it expires, the file is rejected or withdrawn, or its contributor is banned: `404` then, or `410`.
#[utoipa::path(get, path = "/objects/sources/{item}/{name}", operation_id = "get_source_file", tag = "catalogue",
    params(("item" = Uuid, Path, description = "Of the item"), ("name" = String, Path, pattern = "^[A-Za-z0-9._-]+$", min_length = 1, max_length = 255, description = "Of the saved file"),
        PresignedQuery),
    responses((status = 200, content_type = "application/octet-stream"), (status = 206, content_type = "application/octet-stream"),
        (status = 307, description = "The bytes are at the CDN"),
        (status = 304, description = "Not modified"), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 410, body = Problem), (status = 416, body = Problem)))]
async fn get_source(
    State(app): State<SharedApp>,
    Path((item, name)): Path<(Uuid, String)>,
    Query(permission): Query<PresignedQuery>,
    method: Method,
    headers: HeaderMap,
) -> ApiResult<Response> {
    permission.verify(&app, "GET", &source_path(item, &name))?;
    let source = files::source(&app.db, item).await?;
    let source = source.ok_or(ApiError::NotFound("file"))?;
    let sha256: [u8; 32] = source.sha256.try_into().map_err(|_| ApiError::NotFound("file"))?;
    refuse_infected(&app, &sha256).await?;
    let served = Served::member(sha256, "a source file");
    let mut response = served.attachment(&app, &method, &headers, &name).await?;
    as_attachment(&mut response, &name, "application/octet-stream")?;
    Ok(response)
}

fn source_path(item: Uuid, name: &str) -> String {
    format!("/objects/sources/{item}/{name}")
}

/// Refuses bytes in which the scanner found malware since.
///
/// # Errors
/// Gone.
pub async fn refuse_infected(app: &App, sha256: &[u8; 32]) -> ApiResult<()> {
    if scan::service::is_infected(&app.db, sha256).await? {
        return Err(ApiError::Gone {
            code: "withdrawn",
            detail: "The file was taken down: the scanner found malware in it.".to_owned(),
        });
    }
    Ok(())
}

/// A presigned URL for a source file.
#[derive(Debug, Serialize, ToSchema)]
struct SourceUrl {
    #[schema(max_length = 2_048)]
    url: String,
    #[serde(with = "time::serde::rfc3339")]
    expires_at: time::OffsetDateTime,
}

/// A presigned URL for the source file of an item of your own
#[utoipa::path(get, path = "/v1/items/{id}/source", tag = "catalogue", params(("id" = Uuid, Path, description = "Of the item")), security(("bearer" = [])),
    responses((status = 200, body = SourceUrl), (status = 401, body = Problem), (status = 404, body = Problem)))]
async fn get_item_source(
    State(app): State<SharedApp>,
    Bearer(account): Bearer,
    Path(id): Path<Uuid>,
) -> ApiResult<Json<SourceUrl>> {
    let source = files::source(&app.db, id).await?;
    let own = source.filter(|source| source.account == account.id);
    let own = own.ok_or(ApiError::NotFound("item of yours"))?;
    let expires_at =
        time::OffsetDateTime::now_utc() + time::Duration::seconds(app.config.limits.download_url_seconds.into());
    let path = source_path(id, &safe_name(&own.path));
    let query = app.signer.query("GET", &path, expires_at);
    Ok(Json(SourceUrl {
        url: format!("{}{path}?{query}", app.files_url()),
        expires_at,
    }))
}

/// The last part of a path, with nothing in it that a header or a URL could misread.
pub fn safe_name(path: &str) -> String {
    let plain = |character: char| {
        if character.is_ascii_alphanumeric() || "._-".contains(character) {
            character
        } else {
            '_'
        }
    };
    path.rsplit('/').next().unwrap_or("file").chars().map(plain).collect()
}

/// The headers of a file that is saved, not shown.
pub fn as_attachment(response: &mut Response, name: &str, media_type: &'static str) -> anyhow::Result<()> {
    let disposition = header_value(&format!("attachment; filename=\"{name}\""))?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (header::CONTENT_DISPOSITION, disposition),
        (header::CACHE_CONTROL, HeaderValue::from_static("private, no-store")),
    ];
    response.headers_mut().extend(headers);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_object_has_one_name() {
        let digest = "ab".repeat(32);
        assert!(parse_name(&format!("{digest}.webp")).is_some());
        for name in [
            digest.to_uppercase() + ".webp",
            digest.clone(),
            digest[2..].to_owned() + ".png",
            digest + ".exe",
        ] {
            assert!(parse_name(&name).is_none(), "{name}");
        }
    }
}
