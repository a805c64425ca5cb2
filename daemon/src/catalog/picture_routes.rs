//! `GET /v1/items/{id}/picture`: the rendition of an item that fits a client.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use tradepost_common::problem::Problem;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::listing::{self, Picture};
use crate::app::SharedApp;
use crate::error::{ApiError, ApiResult};
use crate::extractors::{Path, Query};

/// Width when the request does not say.
const DEFAULT_WIDTH: i32 = 256;
const CACHE_CONTROL: HeaderValue = HeaderValue::from_static("public, max-age=60");

pub fn public_router() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new().routes(routes!(get_picture_of_item))
}

/// The width of a picture.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// The picture is the smallest that is as wide, or else the widest. 256 when not given.
    #[param(minimum = 1, maximum = 4_096, default = 256)]
    width: Option<i32>,
}

/// The picture of an item that fits a client
///
/// Sends to WebP where `Accept` names `image/webp`, else to PNG. For pages that know nothing but the id; `renditions` of the item has all.
#[utoipa::path(get, path = "/v1/items/{id}/picture", tag = "catalogue", params(("id" = Uuid, Path, description = "Of the item"), Wanted),
    responses((status = 307, description = "The rendition"), (status = 400, body = Problem), (status = 404, body = Problem)))]
async fn get_picture_of_item(
    State(app): State<SharedApp>,
    Path(id): Path<Uuid>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> ApiResult<Response> {
    let width = wanted.width.unwrap_or(DEFAULT_WIDTH);
    if !(1..=4_096).contains(&width) {
        return Err(ApiError::invalid("width", "must be between 1 and 4096"));
    }
    let pictures = listing::renditions(&app.db, id).await?;
    let format = if takes_webp(&headers) { "webp" } else { "png" };
    let picture = fitting(&pictures, format, width).ok_or(ApiError::NotFound("picture"))?;
    let base = if app.config.http.files_url.is_some() {
        app.files_url()
    } else {
        ""
    };
    let mut response = Redirect::temporary(&format!("{base}{}", picture.url)).into_response();
    response
        .headers_mut()
        .insert(header::VARY, HeaderValue::from_static("accept"));
    response.headers_mut().insert(header::CACHE_CONTROL, CACHE_CONTROL);
    Ok(response)
}

/// The smallest picture that is as wide, or else the widest, of a format, or else of any. They come narrow to wide.
fn fitting<'a>(pictures: &'a [Picture], format: &str, width: i32) -> Option<&'a Picture> {
    let of_format = || pictures.iter().filter(|picture| picture.format == format);
    let wide = of_format().find(|picture| picture.width >= width);
    wide.or_else(|| of_format().next_back()).or_else(|| pictures.last())
}

/// True if `Accept` names WebP and does not refuse it.
fn takes_webp(headers: &HeaderMap) -> bool {
    let named = headers.get_all(header::ACCEPT).iter();
    let mut ranges = named
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    ranges.any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let is_webp = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("image/webp"));
        is_webp && !parts.any(|part| part.strip_prefix("q=").is_some_and(|weight| weight.parse() == Ok(0.0)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn webp_is_for_those_who_name_it() {
        let decide = |accept: &'static str| {
            takes_webp(&HeaderMap::from_iter([(
                header::ACCEPT,
                HeaderValue::from_static(accept),
            )]))
        };
        assert!(decide("image/avif,image/webp,*/*;q=0.8"));
        assert!(decide("IMAGE/WEBP;q=0.5"));
        for accept in ["*/*", "image/png", "image/webp;q=0", "image/webp; q=0.0, image/png"] {
            assert!(!decide(accept), "{accept}");
        }
        assert!(!takes_webp(&HeaderMap::new()));
    }
}
