//! Files of contributors on an origin of their own (`http.files_url`): there they see no cookie and no page of the marketplace, and the
//! API serves no file.

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};

use super::health;
use crate::app::SharedApp;
use crate::error::ApiError;
use crate::extractors::Origin;

/// A file that a browser opens by itself runs nothing and loads nothing.
const SANDBOX: [(HeaderName, HeaderValue); 2] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"),
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("cross-origin"),
    ),
];

/// Serves files on their origin only, and everything else on the other one. Without `http.files_url` both are the same.
pub async fn keep_apart(
    State(app): State<SharedApp>,
    matched: Option<MatchedPath>,
    mut request: Request,
    next: Next,
) -> Response {
    let path = matched.as_ref().map_or("", MatchedPath::as_str);
    let origin = match app.config.http.files_url.as_deref() {
        None => Origin::Both,
        Some(files) if is_on(files, &request) => Origin::Files,
        Some(_) => Origin::Api,
    };
    let is_read = request.method().is_safe();
    request.extensions_mut().insert(origin);
    match origin {
        Origin::Api if is_read && is_file(path) => {
            let place = request.uri().path_and_query().map_or("/", |place| place.as_str());
            Redirect::temporary(&format!("{}{place}", app.files_url())).into_response()
        }
        Origin::Files if is_read && (is_file(path) || path == FREE_FILE || path == health::LIVEZ) => {
            let mut response = next.run(request).await;
            response.headers_mut().extend(SANDBOX);
            response
        }
        Origin::Files => ApiError::NotFound("file").into_response(),
        Origin::Both | Origin::Api => next.run(request).await,
    }
}

/// On the origin of the API it answers who bought the item, too.
const FREE_FILE: &str = "/v1/items/{id}/file";

fn is_file(path: &str) -> bool {
    path.starts_with("/r/") || path.starts_with("/objects/sources/") || path.starts_with("/objects/downloads/")
}

/// True if the client asked for the host of a URL.
fn is_on(url: &str, request: &Request) -> bool {
    let named = request.headers().get(header::HOST);
    let named = named.and_then(|value| value.to_str().ok()?.parse::<Uri>().ok());
    let host = request.uri().host().or_else(|| named.as_ref()?.host());
    let own = url.parse::<Uri>().ok();
    let own = own.as_ref().and_then(Uri::host);
    matches!((host, own), (Some(host), Some(own)) if host.eq_ignore_ascii_case(own))
}
