//! The router of the public API and the loop that serves it.

use std::net::TcpListener as StdListener;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{Extensions, HeaderMap, HeaderValue, Method, StatusCode, Version, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::serve::ListenerExt as _;
use libc::{BPF_ABS, BPF_B, BPF_JMP, BPF_JSET, BPF_K, BPF_LD, BPF_RET};
use socket2::{SockFilter, SockRef};
use tokio::net::TcpListener;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tower_http::compression::CompressionLayer;
use tradepost_common::latency::Scope;
use utoipa::OpenApi;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;

use super::{bounds, contract, docs, files_origin, health, reads, traffic};
use crate::activation::ApiSocket;
use crate::app::SharedApp;
use crate::config::HttpConfig;
use crate::edge::{self, Gate, Limits, Observed, REQUEST_ID};
use crate::error::{ApiError, ApiResult};
use crate::telemetry::alerts::AlertCode;
use crate::{
    accounts, catalog, collections, delivery, downloads, duplicates, orders, payments, payouts, presets, review, sales,
    search, uploads, webhooks,
};

/// A request body other than a pack is small.
const MAX_JSON_BYTES: usize = 64 * 1024;
/// Proxies close idle connections in this time (`keepalive_timeout` in deploy/nginx). A proxy that sent a request at the moment when the
/// daemon closes the connection would answer 502.
const FAREWELL: Duration = Duration::from_secs(5);
/// A handshake that began is complete after this time, within one region.
const HANDSHAKE: Duration = Duration::from_millis(50);
/// The byte of a TCP header that has the flags,
const TCP_FLAGS: u32 = 13;
/// and the flag of the first packet (RFC 9293, section 3.1).
const TCP_SYN: u32 = 0x02;
/// The head of a request must be complete, and the next request begin, within this time.
const HEAD_TIMEOUT: Duration = Duration::from_secs(15);
/// A client must read what was sent within this time.
const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// An answer's head must be on its way by then; packs come in slower.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

#[derive(OpenApi)]
#[openapi(
    info(title = "Tradepost", description = "The public API of a Tradepost marketplace: upload packs, browse the catalogue, buy.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")),
    servers((url = "/", description = "This marketplace")),
    tags((name = "uploads", description = "Contributors upload packs and read their state."),
        (name = "catalogue", description = "The published catalogue, for everybody."),
        (name = "collections", description = "Accounts keep favourites and put collections together."),
        (name = "sales", description = "Contributors decide prices, shares and coupons; everybody reads prices and licences."),
        (name = "orders", description = "Buyers fill carts and place orders; contributors see their royalties."),
        (name = "library", description = "Buyers download what they bought; licence certificates."),
        (name = "accounts", description = "Sign-up, sign-in, passwords, tokens. The cookie of a session is as good as a token."),
        (name = "webhooks", description = "Events that are posted to a server of yours."),
        (name = "health", description = "For load balancers."))
)]
struct ApiDoc;

/// The OpenAPI document, as `/openapi.json` serves it.
pub fn openapi() -> utoipa::openapi::OpenApi {
    parts().1
}

fn parts() -> (Router<SharedApp>, utoipa::openapi::OpenApi) {
    let (router, mut document) = documented().split_for_parts();
    contract::complete(&mut document);
    bounds::complete(&mut document);
    (router, document)
}

fn documented() -> OpenApiRouter<SharedApp> {
    let mut document = ApiDoc::openapi();
    let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("bearer", bearer);
    OpenApiRouter::with_openapi(document)
        .merge(uploads::routes::public_router())
        .merge(review::contributor_routes::public_router())
        .merge(catalog::routes::public_router())
        .merge(catalog::label_routes::public_router())
        .merge(catalog::picture_routes::public_router())
        .merge(duplicates::routes::public_router())
        .merge(collections::routes::public_router())
        .merge(collections::favourite_routes::public_router())
        .merge(search::routes::public_router())
        .merge(downloads::routes::public_router())
        .merge(delivery::routes::public_router())
        .merge(delivery::certificate_routes::public_router())
        .merge(sales::routes::public_router())
        .merge(sales::coupon_routes::public_router())
        .merge(sales::cart_routes::public_router())
        .merge(orders::routes::public_router())
        .merge(payouts::routes::public_router())
        .merge(accounts::public_routes::public_router())
        .merge(accounts::token_routes::public_router())
        .merge(webhooks::routes::public_router())
        .merge(presets::public_router())
        .merge(health::public_router())
}

/// The whole public API.
pub fn router(app: SharedApp) -> Router {
    let (router, document) = parts();
    let gates = Gates::new(&app.config.http);
    router
        .route_layer(middleware::from_fn_with_state(app.clone(), accounts::access::authorise))
        .route_layer(middleware::from_fn_with_state(app.clone(), reads::choose))
        .merge(docs::router(document))
        .merge(accounts::pages::router())
        .merge(payments::routes::webhook_router())
        .fallback(async || ApiError::NotFound("page"))
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        .layer(CompressionLayer::new().compress_when(is_text))
        .layer(axum::extract::DefaultBodyLimit::max(MAX_JSON_BYTES))
        .layer(middleware::from_fn_with_state(app.clone(), files_origin::keep_apart))
        .layer(middleware::from_fn_with_state(app.clone(), traffic::limit))
        .layer(middleware::from_fn_with_state((app.clone(), gates), observe))
        .layer(tower_http::catch_panic::CatchPanicLayer::custom(|_| {
            ApiError::Internal(anyhow::anyhow!("a handler panicked")).into_response()
        }))
        .with_state(app)
}

/// Text is compressed where it is worth it; files and their parts are sent as they are.
fn is_text(status: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions) -> bool {
    /// Shorter texts fit into a packet.
    const WORTH_BYTES: u64 = 1_024;
    let text = |name: header::HeaderName| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    };
    let length = text(header::CONTENT_LENGTH).parse().unwrap_or(u64::MAX);
    let media_type = text(header::CONTENT_TYPE);
    let is_saved = headers.contains_key(header::CONTENT_DISPOSITION) || headers.contains_key(header::CONTENT_RANGE);
    status.is_success()
        && !is_saved
        && length >= WORTH_BYTES
        && ["application/json", "text/"]
            .iter()
            .any(|start| media_type.starts_with(start))
}

/// Bounds every request in number and time, times it, and sets the headers every answer has.
async fn observe(
    State((app, gates)): State<(SharedApp, Gates)>,
    matched: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Response {
    let observed = Observed::start(&request, matched.as_ref());
    let is_put = request.method() == Method::PUT;
    let patience = if is_put { Duration::MAX } else { REQUEST_TIMEOUT };
    let may_enter = require_host(&request).and_then(|()| gates.enter(&request));
    let mut response = match may_enter {
        Err(refused) => refused.into_response(),
        Ok(_running) => match tokio::time::timeout(patience, observed.run(next.run(request))).await {
            Ok(response) => response,
            Err(_) => ApiError::Unavailable("The request took too long.").into_response(),
        },
    };
    if response.status() == StatusCode::INSUFFICIENT_STORAGE {
        let message = "the disk is full: packs are refused. Free some space.";
        app.alerts.raise(AlertCode::DiskFull, message);
    }
    observed.end(&app.latency, Scope::Route, response.status());
    let is_stored = response.status().is_success();
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REQUEST_ID, observed.id());
    // The next request would only come after the rest of the body.
    if is_put && !is_stored {
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// HTTP/1.1 requires the name of the host (RFC 9112, section 3.2).
fn require_host(request: &Request) -> ApiResult<()> {
    match request.version() == Version::HTTP_11 && !request.headers().contains_key(header::HOST) {
        true => Err(ApiError::invalid("Host", "is a header that HTTP/1.1 requires")),
        false => Ok(()),
    }
}

/// Bounds of the requests that run at once. Readers do not keep contributors out.
#[derive(Debug, Clone)]
struct Gates {
    reads: Gate,
    changes: Gate,
    transfers: Gate,
}

impl Gates {
    fn new(http: &HttpConfig) -> Self {
        Self {
            reads: Gate::new(http.max_requests),
            changes: Gate::new(http.max_requests),
            transfers: Gate::new(http.max_transfers),
        }
    }

    /// `/livez` always answers.
    fn enter(&self, request: &Request) -> ApiResult<Option<OwnedSemaphorePermit>> {
        let gate = match *request.method() {
            _ if request.uri().path() == health::LIVEZ => return Ok(None),
            Method::GET | Method::HEAD => &self.reads,
            Method::PUT => &self.transfers,
            _ => &self.changes,
        };
        gate.enter().map(Some)
    }
}

/// Serves the public API until `stop` is cancelled; requests that run may finish.
pub async fn serve(app: SharedApp, socket: ApiSocket, stop: CancellationToken) -> anyhow::Result<()> {
    let limits = Limits {
        connections: edge::affordable_connections(app.config.http.max_connections),
        head: HEAD_TIMEOUT,
        farewell: match app.config.daemon.drain_seconds {
            0 => Duration::ZERO,
            _ => FAREWELL,
        },
    };
    let (listener, own) = match socket {
        ApiSocket::Own(listener) => (listener.try_clone()?, Some(listener)),
        ApiSocket::HandedOver(listener) => (listener, None),
    };
    let listener = TcpListener::from_std(listener).context("preparing the socket of the public API")?;
    let listener = listener.tap_io(|stream| {
        // A client that does not read its answer loses its connection.
        if let Err(error) = SockRef::from(&*stream).set_tcp_user_timeout(Some(READ_TIMEOUT)) {
            tracing::debug!(%error, "can not bound the time of unread answers");
        }
    });
    let closing = CancellationToken::new();
    let close = async {
        stop.cancelled().await;
        if let Some(own) = own {
            ignore_newcomers(own).await;
        }
        closing.cancel();
    };
    let serving = edge::serve(
        listener,
        router(app.clone()),
        limits,
        |_, address| address,
        closing.clone(),
    );
    tokio::join!(close, serving);
    app.db.close().await;
    Ok(())
}

/// Makes the kernel drop the first packet of every new connection, and waits for the handshakes that run. The socket is closed afterwards,
/// which resets connections that nobody accepted yet: now there are none. Clients try again after a second and are refused, so that a proxy
/// goes elsewhere.
async fn ignore_newcomers(listener: StdListener) {
    let [load, test, answer] = [BPF_LD | BPF_B | BPF_ABS, BPF_JMP | BPF_JSET | BPF_K, BPF_RET | BPF_K]
        .map(|code| u16::try_from(code).expect("operations are small"));
    let drop_syn = [
        SockFilter::new(load, 0, 0, TCP_FLAGS),
        SockFilter::new(test, 0, 1, TCP_SYN),
        SockFilter::new(answer, 0, 0, 0),
        SockFilter::new(answer, 0, 0, u32::MAX),
    ];
    match SockRef::from(&listener).attach_filter(&drop_syn) {
        Ok(()) => sleep(HANDSHAKE).await,
        Err(error) => tracing::debug!(%error, "new connections may be reset while the socket is closed"),
    }
}
