//! Serves the control API on its socket.

use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use tokio::net::UnixListener;
use tokio_util::sync::CancellationToken;
use tradepost_common::latency::Scope;

use super::authorise::authorise;
use super::routes;
use super::sampler::Sampler;
use crate::app::SharedApp;
use crate::edge::{self, Gate, Limits, Observed};
use crate::error::ApiError;
use crate::extractors::PeerCredentials;

/// Terminals, scripts and event streams that are connected at once.
const LIMITS: Limits = Limits {
    connections: 256,
    head: Duration::from_secs(600),
    farewell: Duration::ZERO,
};
const MAX_REQUESTS: usize = 64;

/// Serves the control API until `stop` is cancelled.
pub async fn serve(
    app: SharedApp,
    sampler: Sampler,
    listener: UnixListener,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let router = routes::router(sampler, stop.clone())
        .route_layer(middleware::from_fn_with_state(app.clone(), authorise))
        .fallback(async || ApiError::NotFound("page"))
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        .layer(middleware::from_fn_with_state(
            (app.clone(), Gate::new(MAX_REQUESTS)),
            observe,
        ))
        .layer(tower_http::catch_panic::CatchPanicLayer::custom(|_| {
            ApiError::Internal(anyhow::anyhow!("a handler panicked")).into_response()
        }))
        .with_state(app);
    edge::serve(listener, router, LIMITS, |stream, _| PeerCredentials::new(stream), stop).await;
    Ok(())
}

async fn observe(
    State((app, gate)): State<(SharedApp, Gate)>,
    matched: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Response {
    let observed = Observed::start(&request, matched.as_ref());
    let response = match gate.enter() {
        Ok(_running) => observed.run(next.run(request)).await,
        Err(overloaded) => overloaded.into_response(),
    };
    observed.end(&app.latency, Scope::Control, response.status());
    response
}

/// Serves `GET /metrics` over TCP, for a Prometheus that can not read a Unix socket.
pub async fn serve_metrics(
    app: SharedApp,
    listener: tokio::net::TcpListener,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let metrics = async |State(app): State<SharedApp>| routes::metrics_text(&app).await;
    let router = axum::Router::new()
        .route("/metrics", axum::routing::get(metrics))
        .with_state(app);
    edge::serve(listener, router, LIMITS, |_, address| address, stop).await;
    Ok(())
}
