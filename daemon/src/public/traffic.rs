//! The rate limits of the public API: each client address has a budget for each kind of request, and is told its state.

use axum::extract::{FromRequestParts as _, MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::health;
use crate::app::SharedApp;
use crate::extractors::ClientAddress;
use crate::payments::routes::WEBHOOK;
use crate::rate_limit::requests::Traffic;

/// Refuses a request whose client address has used up its budget.
pub async fn limit(
    State(app): State<SharedApp>,
    matched: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Response {
    let path = matched.as_ref().map_or("", MatchedPath::as_str);
    let Some(traffic) = kind_of(request.method(), path) else {
        return next.run(request).await;
    };
    let (mut parts, body) = request.into_parts();
    let address = match ClientAddress::from_request_parts(&mut parts, &app).await {
        Ok(ClientAddress(address)) => address,
        Err(error) => return error.into_response(),
    };
    match app.requests.take(&app.cache, traffic, address).await {
        Ok(quota) => {
            let mut response = next.run(Request::from_parts(parts, body)).await;
            quota.tell(response.headers_mut());
            response
        }
        Err(refused) => refused.into_response(),
    }
}

/// The budget of a route. Load balancers and the payment server have none: they are no clients of the API.
fn kind_of(method: &Method, path: &str) -> Option<Traffic> {
    let is_read = method.is_safe();
    match path {
        health::LIVEZ | health::READYZ | WEBHOOK => None,
        _ if path.starts_with("/r/") || path.starts_with("/objects/") => Some(Traffic::Files),
        "/v1/items/{id}/file" => Some(Traffic::Files),
        "/v1/search" | "/v1/suggest" | "/v1/items/{id}/similar" => Some(Traffic::Searches),
        _ if is_read => Some(Traffic::Pages),
        _ => Some(Traffic::Changes),
    }
}
