//! The pages that mailed links open where no storefront has its own (`mail.link_url`): to confirm an address, and to set a password.

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::app::SharedApp;

/// The token is in the address of the page: it goes nowhere else.
const POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub fn router() -> Router<SharedApp> {
    Router::new()
        .route(
            "/confirm",
            get(async || page("text/html; charset=utf-8", include_str!("pages/link.html"))),
        )
        .route(
            "/password",
            get(async || page("text/html; charset=utf-8", include_str!("pages/link.html"))),
        )
        .route(
            "/link.js",
            get(async || page("text/javascript", include_str!("pages/link.js"))),
        )
}

fn page(media_type: &'static str, text: &'static str) -> Response {
    let headers = [
        (CONTENT_TYPE, media_type),
        (CONTENT_SECURITY_POLICY, POLICY),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-store"),
    ];
    (headers, text).into_response()
}
