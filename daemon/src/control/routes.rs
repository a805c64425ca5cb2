//! The verbs of the control API. Every one is authorised here, and every act is audited in the transaction that does it.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;
use tokio_util::sync::CancellationToken;
use tradepost_common::Page;
use tradepost_common::audit::{AuditAct, AuditRow};
use tradepost_common::overview::{Alert, Overview, WhoAmI};
use tradepost_common::queues::{QueueRow, SetConcurrency};
use tradepost_queue::{Queue, settings};

use super::events;
use super::ids;
use super::sampler::Sampler;
use crate::app::SharedApp;
use crate::config::DaemonRole;
use crate::error::{ApiError, ApiResult};
use crate::extractors::{JsonBody, Path, Peer, Query};
use crate::jobs::QUEUES;
use crate::pager::{SearchQuery, limit};
use crate::telemetry::prometheus;
use crate::{
    accounts, audit, campaigns, catalog, dead_letters, delivery, figures, machines, mail, operations, orders, payouts,
    redrive, review, sales, search, uploads,
};

pub fn router(sampler: Sampler, stop: CancellationToken) -> Router<SharedApp> {
    Router::new()
        .route("/v1/whoami", get(whoami))
        .route("/v1/overview", get(overview))
        .route("/v1/alerts", get(alerts))
        .route("/v1/alerts/{code}/acknowledge", post(acknowledge))
        .route("/v1/queues", get(queues))
        .route("/v1/queues/{name}/pause", post(pause))
        .route("/v1/queues/{name}/resume", post(resume))
        .route("/v1/queues/{name}/concurrency", post(concurrency))
        .route("/v1/latency", get(latency))
        .route("/v1/audit", get(list_audit))
        .route("/v1/ids/{prefix}", get(ids::find))
        .route("/metrics", get(metrics))
        .route("/v1/events", get(events::stream))
        .merge(uploads::control_routes::control_router())
        .merge(dead_letters::routes::control_router())
        .merge(operations::routes::control_router(redrive::KINDS))
        .merge(redrive::routes::control_router())
        .merge(campaigns::routes::control_router())
        .merge(review::routes::control_router())
        .merge(accounts::routes::control_router())
        .merge(mail::routes::control_router())
        .merge(orders::control_routes::control_router())
        .merge(delivery::control_routes::control_router())
        .merge(sales::control_routes::control_router())
        .merge(payouts::control_routes::control_router())
        .merge(catalog::control_routes::control_router())
        .merge(search::control_routes::control_router())
        .merge(review::account_routes::control_router())
        .merge(machines::routes::control_router())
        .layer(Extension(sampler))
        .layer(Extension(stop))
}

async fn whoami(peer: Peer) -> Json<WhoAmI> {
    Json(peer.whoami())
}

async fn overview(_: Peer, State(app): State<SharedApp>) -> ApiResult<Json<Overview>> {
    Ok(Json(figures::overview(&app).await?))
}

async fn alerts(_: Peer, State(app): State<SharedApp>) -> Response {
    Json(serde_json::json!({ "alerts": app.alerts.list() })).into_response()
}

async fn acknowledge(peer: Peer, State(app): State<SharedApp>, Path(code): Path<String>) -> ApiResult<Json<Alert>> {
    let alert = app
        .alerts
        .acknowledge(&code, &peer.actor.user)
        .ok_or(ApiError::NotFound("alert"))?;
    let mut tx = app.db.begin().await?;
    let detail = serde_json::json!({ "message": alert.message });
    audit::record(
        &mut tx,
        &peer.actor,
        AuditAct::AlertAcknowledge,
        &format!("alert:{code}"),
        detail,
    )
    .await?;
    tx.commit().await?;
    Ok(Json(alert))
}

async fn queues(_: Peer, State(app): State<SharedApp>) -> ApiResult<Response> {
    Ok(Json(serde_json::json!({ "queues": figures::queues(&app).await? })).into_response())
}

async fn pause(peer: Peer, State(app): State<SharedApp>, Path(name): Path<String>) -> ApiResult<Json<QueueRow>> {
    let by = peer.actor.user.clone();
    set_paused(&app, &peer, &name, Some(&by)).await
}

async fn resume(peer: Peer, State(app): State<SharedApp>, Path(name): Path<String>) -> ApiResult<Json<QueueRow>> {
    set_paused(&app, &peer, &name, None).await
}

async fn set_paused(app: &SharedApp, peer: &Peer, name: &str, by: Option<&str>) -> ApiResult<Json<QueueRow>> {
    let queue = Queue::parse(name, &QUEUES).ok_or(ApiError::NotFound("queue"))?;
    let act = if by.is_some() {
        AuditAct::QueuePause
    } else {
        AuditAct::QueueResume
    };
    let mut tx = app.db.begin().await?;
    settings::set_paused(&mut tx, queue, by).await?;
    audit::note(&mut tx, &peer.actor, act, &format!("queue:{name}")).await?;
    tx.commit().await?;
    row(app, name).await
}

async fn row(app: &SharedApp, name: &str) -> ApiResult<Json<QueueRow>> {
    let row = figures::queues(app).await?.into_iter().find(|row| row.name == name);
    row.map(Json).ok_or(ApiError::NotFound("queue"))
}

async fn concurrency(
    peer: Peer,
    State(app): State<SharedApp>,
    Path(name): Path<String>,
    JsonBody(body): JsonBody<SetConcurrency>,
) -> ApiResult<Json<QueueRow>> {
    let queue = Queue::parse(&name, &QUEUES).ok_or(ApiError::NotFound("queue"))?;
    if body.concurrency.is_some_and(|wanted| !(1..=1_000).contains(&wanted)) {
        return Err(ApiError::invalid(
            "concurrency",
            "must be between 1 and 1,000, or null for what is configured",
        ));
    }
    let mut tx = app.db.begin().await?;
    settings::set_concurrency(&mut tx, queue, body.concurrency, &peer.actor.user).await?;
    let detail = serde_json::json!({ "concurrency": body.concurrency });
    audit::record(
        &mut tx,
        &peer.actor,
        AuditAct::QueueConcurrency,
        &format!("queue:{name}"),
        detail,
    )
    .await?;
    tx.commit().await?;
    row(&app, &name).await
}

async fn latency(_: Peer, State(app): State<SharedApp>) -> Response {
    Json(serde_json::json!({ "latency": app.latency.rows() })).into_response()
}

async fn list_audit(
    _: Peer,
    State(app): State<SharedApp>,
    Query(query): Query<SearchQuery>,
) -> ApiResult<Json<Page<AuditRow>>> {
    let texts = query.texts();
    let place = query.place()?;
    let mut page = audit::list(&app.db, &texts, &place, limit(query.limit)?).await?;
    if place.after.is_none() {
        page.total = Some(audit::count(&app.db, &texts).await?);
    }
    Ok(Json(page))
}

async fn metrics(_: Peer, State(app): State<SharedApp>) -> ApiResult<Response> {
    metrics_text(&app).await
}

/// One Prometheus scrape.
pub async fn metrics_text(app: &SharedApp) -> ApiResult<Response> {
    let mut registry = Registry::default();
    prometheus::register_overview(&mut registry, &figures::overview(app).await?);
    prometheus::register_queues(&mut registry, &figures::queues(app).await?);
    prometheus::register_process(&mut registry, &app.pools);
    let help = "Bytes of packs that arrived whole";
    registry.register("tradepost_received_bytes", help, app.received_bytes.clone());
    if let Some(free) = app.store.free_bytes().await {
        let free = ConstGauge::new(free.cast_signed());
        registry.register(
            "tradepost_disk_free_bytes",
            "Free bytes on the disk of the objects",
            free,
        );
    }
    if app.config.has_role(DaemonRole::Api) {
        let lag = ConstGauge::new(search::service::lag_seconds(app).await?);
        let help = "Age of the oldest change that the search index does not have";
        registry.register("tradepost_search_lag_seconds", help, lag);
    }
    if let Some(replica) = &app.replica {
        let lag = replica.lag().map(|lag| lag.as_secs_f64());
        let usable = ConstGauge::new(i64::from(lag.is_some()));
        let help = "1 while the read replica may answer reads";
        registry.register("tradepost_replica_usable", help, usable);
        let help = "Age of the state of the read replica; left out when that is above the limit";
        registry.register(
            "tradepost_replica_lag_seconds",
            help,
            ConstGauge::new(lag.unwrap_or_default()),
        );
    }
    app.requests.register(&mut registry);
    app.cache.register(&mut registry);
    app.scans.meter.register(&mut registry);
    app.cloudwatch.register(&mut registry);
    if let Some(bucket) = app.store.bucket() {
        bucket.requests().register(&mut registry);
    }
    campaigns::meter::register(&mut registry, app).await?;
    let text = prometheus::encode(registry, &app.latency);
    Ok(([(header::CONTENT_TYPE, prometheus::CONTENT_TYPE)], text).into_response())
}
