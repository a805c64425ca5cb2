//! `GET /v1/events`: a snapshot, then what changes, one JSON object a line.

use std::sync::Arc;

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use tokio_util::sync::CancellationToken;
use tradepost_common::events::Event;

use super::sampler::{Reader, Sampler, line, snapshot};
use crate::app::SharedApp;
use crate::error::ApiResult;
use crate::extractors::Peer;

/// Streams until the reader goes away, falls behind, or the daemon stops.
pub async fn stream(
    peer: Peer,
    State(app): State<SharedApp>,
    Extension(sampler): Extension<Sampler>,
    Extension(stop): Extension<CancellationToken>,
) -> ApiResult<Response> {
    // Subscribed first: what changes while the snapshot is taken is sent again, not lost.
    let reader = sampler.subscribe();
    let first = line(&Event::Snapshot(Box::new(snapshot(&app, peer.whoami()).await?)));
    let lines = stream::unfold((Some(Arc::from(first)), reader, stop), next_line);
    let headers = [
        (header::CONTENT_TYPE, "application/x-ndjson"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, Body::from_stream(lines)).into_response())
}

type Position = (Option<Arc<str>>, Reader, CancellationToken);

async fn next_line((first, mut reader, stop): Position) -> Option<(Result<Bytes, std::convert::Infallible>, Position)> {
    let line: Arc<str> = match first {
        Some(first) => first,
        None => tokio::select! {
            () = stop.cancelled() => return None,
            // Lagging behind ends the stream: the reader connects again and gets a snapshot.
            line = reader.deltas.recv() => line.ok()?,
        },
    };
    Some((Ok(Bytes::copy_from_slice(line.as_bytes())), (None, reader, stop)))
}
