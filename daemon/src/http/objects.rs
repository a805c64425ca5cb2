//! `/r/<sha256>.<format>`: public pictures, for ever under one URL; `/objects/m/...`: source files by signed URL.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use tokio_util::io::ReaderStream;
use tradepost_common::problem::Problem;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Path, Query};
use crate::app::SharedApp;
use crate::catalog::service as catalog;
use crate::error::{ApiError, ApiResult};
use crate::store::ContentKey;
use crate::store::signing::Signature;
use crate::uploads::routes::check_signature;
use tradepost_render::presets::Format;

const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

pub fn router() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new()
        .routes(routes!(get_picture))
        .routes(routes!(get_source))
}

/// A picture by the SHA-256 of its bytes
///
/// A rendition of a published item or a published family preview; its bytes never change under this URL.
#[utoipa::path(get, path = "/r/{name}", tag = "catalogue", params(("name" = String, Path, example = "9f86…0a08.webp")),
    responses((status = 200, content_type = "image/webp"), (status = 304, description = "You have it"), (status = 404, body = Problem)))]
async fn get_picture(
    State(app): State<SharedApp>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> ApiResult<Response> {
    let (sha256, format) = parse_name(&name).ok_or(ApiError::NotFound("picture"))?;
    if !catalog::is_public(&app.db, &sha256, format).await? {
        return Err(ApiError::NotFound("picture"));
    }
    let etag = format!("\"{}\"", hex::encode(sha256));
    let caching = [(header::CACHE_CONTROL, IMMUTABLE), (header::ETAG, header_value(&etag)?)];
    if matches_etag(&headers, &etag) {
        return Ok((StatusCode::NOT_MODIFIED, caching).into_response());
    }
    let bytes = app
        .store
        .read_content(&ContentKey::rendition(sha256, format.as_str()))
        .await;
    let bytes = bytes.map_err(|error| anyhow::Error::new(error).context("reading a rendition"))?;
    Ok((caching, [(header::CONTENT_TYPE, format.media_type())], bytes).into_response())
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

fn matches_etag(headers: &HeaderMap, etag: &str) -> bool {
    let given = headers
        .get_all(header::IF_NONE_MATCH)
        .into_iter()
        .filter_map(|value| value.to_str().ok());
    given
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|tag| tag == "*" || tag.trim_start_matches("W/") == etag)
}

fn header_value(text: &str) -> anyhow::Result<HeaderValue> {
    Ok(HeaderValue::from_str(text)?)
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct SignedQuery {
    expires: i64,
    signature: String,
}

/// A source file, by signed URL
#[utoipa::path(get, path = "/objects/m/{sha256}/{name}", tag = "catalogue",
    params(("sha256" = String, Path), ("name" = String, Path), SignedQuery),
    responses((status = 200, content_type = "application/octet-stream"), (status = 403, body = Problem), (status = 410, body = Problem)))]
async fn get_source(
    State(app): State<SharedApp>,
    Path((digest, name)): Path<(String, String)>,
    Query(signed): Query<SignedQuery>,
) -> ApiResult<Response> {
    let signature = Signature {
        expires: signed.expires,
        signature: signed.signature,
    };
    check_signature(&app, "GET", &format!("/objects/m/{digest}/{name}"), signature)?;
    let sha256 = parse_digest(&digest).ok_or(ApiError::NotFound("file"))?;
    let file = app.store.open_content(&ContentKey::member(sha256)).await;
    let file = file.map_err(|error| anyhow::Error::new(error).context("opening a source file"))?;
    let length = file
        .metadata()
        .await
        .map_err(|error| anyhow::Error::new(error).context("reading a source file"))?
        .len();
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/octet-stream"),
        ),
        (
            header::CONTENT_DISPOSITION,
            header_value(&format!("attachment; filename=\"{name}\""))?,
        ),
        (header::CONTENT_LENGTH, HeaderValue::from(length)),
        (header::CACHE_CONTROL, HeaderValue::from_static("private, no-store")),
    ];
    Ok((headers, Body::from_stream(ReaderStream::new(file))).into_response())
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
