//! The router of the public API and the loop that serves it.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tradepost_common::latency::Scope;
use utoipa::OpenApi;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;

use super::{docs, health};
use crate::app::SharedApp;
use crate::error::ApiError;
use crate::telemetry::latency::Outcome;
use crate::{catalog, downloads, presets, review, uploads};

/// A request body other than a pack is small.
const MAX_JSON_BYTES: usize = 64 * 1024;
/// An answer's head must be on its way by then; packs come in slower.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

#[derive(OpenApi)]
#[openapi(
    info(title = "Tradepost", description = "The public API of a Tradepost marketplace: upload packs, browse the catalogue.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")),
    tags((name = "uploads", description = "Contributors upload packs and read their state."),
        (name = "catalogue", description = "The published catalogue, for everybody."),
        (name = "health", description = "For load balancers."))
)]
struct ApiDoc;

/// The OpenAPI document, as `/openapi.json` serves it.
pub fn openapi() -> utoipa::openapi::OpenApi {
    documented().split_for_parts().1
}

fn documented() -> OpenApiRouter<SharedApp> {
    let mut document = ApiDoc::openapi();
    let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    document
        .components
        .get_or_insert_default()
        .add_security_scheme("bearer", bearer);
    OpenApiRouter::with_openapi(document)
        .merge(uploads::routes::public_router())
        .merge(review::contributor_routes::public_router())
        .merge(catalog::routes::public_router())
        .merge(downloads::routes::public_router())
        .merge(presets::public_router())
        .merge(health::public_router())
}

/// The whole public API.
pub fn router(app: SharedApp) -> Router {
    let (router, document) = documented().split_for_parts();
    router
        .merge(docs::router(document))
        .fallback(async || ApiError::NotFound("page"))
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        .layer(axum::extract::DefaultBodyLimit::max(MAX_JSON_BYTES))
        .layer(middleware::from_fn_with_state(app.clone(), observe))
        .layer(tower_http::catch_panic::CatchPanicLayer::custom(|_| {
            ApiError::Internal(anyhow::anyhow!("a handler panicked")).into_response()
        }))
        .with_state(app)
}

/// Times every request, bounds those that are not uploads, and sets the headers every answer has.
async fn observe(State(app): State<SharedApp>, matched: Option<MatchedPath>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let route = matched
        .as_ref()
        .map(|path| format!("{} {}", request.method(), path.as_str()));
    let is_upload = request.method() == axum::http::Method::PUT;
    let mut response = if is_upload {
        next.run(request).await
    } else {
        match tokio::time::timeout(REQUEST_TIMEOUT, next.run(request)).await {
            Ok(response) => response,
            Err(_) => ApiError::Unavailable("The request took too long.").into_response(),
        }
    };
    if let Some(route) = route {
        let outcome = Outcome::from(response.status());
        app.latency.record(Scope::Route, &route, started.elapsed(), outcome);
    }
    let nosniff = (
        HeaderName::from_static("x-content-type-options"),
        HeaderValue::from_static("nosniff"),
    );
    response.headers_mut().insert(nosniff.0, nosniff.1);
    response
}

/// Serves the public API until `stop` is cancelled; requests that run may finish.
pub async fn serve(app: SharedApp, listener: TcpListener, stop: CancellationToken) -> anyhow::Result<()> {
    let service = router(app).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service)
        .with_graceful_shutdown(stop.cancelled_owned())
        .await
        .context("serving the public API")
}
