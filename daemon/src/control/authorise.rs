//! Authorises every request by the table of verbs: a route that is not in it answers nobody.

use axum::extract::{FromRequestParts as _, MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use tradepost_common::verbs::Verb;

use crate::app::SharedApp;
use crate::error::{ApiError, ApiResult};
use crate::extractors::Peer;

/// Looks the peer up, once for the request.
pub async fn authorise(
    State(app): State<SharedApp>,
    matched: MatchedPath,
    request: Request,
    next: Next,
) -> ApiResult<Response> {
    let (mut parts, body) = request.into_parts();
    let peer = Peer::from_request_parts(&mut parts, &app).await?;
    let method = match parts.method {
        Method::HEAD => "GET",
        ref method => method.as_str(),
    };
    let verb = Verb::find(method, matched.as_str()).ok_or(ApiError::MethodNotAllowed)?;
    peer.authorise(verb)?;
    parts.extensions.insert(peer);
    Ok(next.run(Request::from_parts(parts, body)).await)
}
