//! `/openapi.json` and the page that documents it.

use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::SwaggerUi;

use crate::app::SharedApp;

/// The page can do without anything from elsewhere.
const CONTENT_SECURITY_POLICY: &str =
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; script-src 'self' 'unsafe-inline'";

pub fn router(document: OpenApi) -> Router<SharedApp> {
    let page = SwaggerUi::new("/docs").url("/openapi.json", document);
    Router::from(page)
        .layer(axum::middleware::map_response(secure))
        .route("/", get(async || axum::response::Redirect::temporary("/docs/")))
}

async fn secure(mut response: Response) -> Response {
    response.headers_mut().insert(
        header::CONTENT_SECURITY_POLICY,
        header::HeaderValue::from_static(CONTENT_SECURITY_POLICY),
    );
    response.into_response()
}
