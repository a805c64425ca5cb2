//! Reads that may be a little old go to the replica, where there is one. A client never misses a write of its own.

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::accounts::sessions::COOKIE_NAME;
use crate::app::SharedApp;
use crate::extractors::ReadsFrom;
use crate::replica::{self, Lsn};

/// The floor of a client. Browsers keep it in the cookie; other clients send the header of the last answer that had one, or none.
const FLOOR: HeaderName = HeaderName::from_static("x-tradepost-floor");
const FLOOR_COOKIE: &str = "__Host-tradepost-floor";

/// The reads of everybody's catalogue; all others are answered by the primary.
const MAY_BE_OLD: [&str; 7] = [
    "/v1/families",
    "/v1/families/{id}",
    "/v1/sets",
    "/v1/sets/{id}",
    "/v1/items",
    "/v1/items/{id}",
    "/v1/search",
];

/// Chooses the database of a request, and tells the client its floor.
pub async fn choose(State(app): State<SharedApp>, matched: MatchedPath, mut request: Request, next: Next) -> Response {
    let Some(replica) = &app.replica else {
        return next.run(request).await;
    };
    let (is_safe, has_account) = (request.method().is_safe(), has_account(request.headers()));
    let floor = floor(request.headers());
    // An account without a floor may have written just now.
    let needed = floor.unwrap_or(if has_account { Lsn::MAX } else { Lsn::default() });
    if is_safe
        && MAY_BE_OLD.contains(&matched.as_str())
        && let Some(pool) = replica.reader(needed)
    {
        let again = without_body(&request);
        request.extensions_mut().insert(ReadsFrom(pool.clone()));
        let response = next.clone().run(request).await;
        if !response.status().is_server_error() {
            return response;
        }
        replica.leave_out();
        request = again;
    }
    let mut response = next.run(request).await;
    if !is_safe || (has_account && !is_shared(&response)) {
        // Without a position the primary answers until the cookie ends.
        let position = replica::current_position(&app.db).await.unwrap_or(Lsn::MAX);
        tell(&mut response, position, app.config.database.replica_max_lag_seconds);
    }
    response
}

/// The same request, which has no body.
fn without_body(request: &Request) -> Request {
    let mut copy = Request::new(Body::empty());
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.headers_mut() = request.headers().clone();
    *copy.extensions_mut() = request.extensions().clone();
    copy
}

fn cookies(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    let lines = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok());
    lines
        .flat_map(|line| line.split("; "))
        .filter_map(|pair| pair.split_once('='))
}

fn has_account(headers: &HeaderMap) -> bool {
    headers.contains_key(header::AUTHORIZATION) || cookies(headers).any(|(name, _)| name == COOKIE_NAME)
}

/// The highest floor that a request names; what can not be read is above all positions.
fn floor(headers: &HeaderMap) -> Option<Lsn> {
    let sent = headers
        .get_all(FLOOR)
        .iter()
        .map(|value| value.to_str().unwrap_or_default());
    let kept = cookies(headers)
        .filter(|(name, _)| *name == FLOOR_COOKIE)
        .map(|(_, value)| value);
    sent.chain(kept).map(|text| text.parse().unwrap_or(Lsn::MAX)).max()
}

/// Caches keep the answer for everybody.
fn is_shared(response: &Response) -> bool {
    let control = response.headers().get(header::CACHE_CONTROL);
    control.is_some_and(|control| control.to_str().unwrap_or_default().contains("public"))
}

/// A replica that is so old as the cookie is left out.
fn tell(response: &mut Response, floor: Lsn, max_age: u32) {
    let cookie = format!("{FLOOR_COOKIE}={floor}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={max_age}");
    for (name, value) in [(FLOOR, floor.to_string()), (header::SET_COOKIE, cookie)] {
        if let Ok(value) = HeaderValue::try_from(value) {
            response.headers_mut().append(name, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(HeaderName, &'static str)]) -> HeaderMap {
        let pairs = pairs.iter().cloned();
        pairs
            .map(|(name, value)| (name, HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn floor_is_the_highest_of_header_and_cookie() {
        assert_eq!(floor(&HeaderMap::new()), None);
        let both = headers(&[(FLOOR, "0/5"), (header::COOKIE, "a=b; __Host-tradepost-floor=1/2; c=d")]);
        assert_eq!(floor(&both), "1/2".parse().ok());
        assert_eq!(floor(&headers(&[(FLOOR, "nonsense")])), Some(Lsn::MAX));
        assert!(!has_account(&both));
        assert!(has_account(&headers(&[(header::COOKIE, "__Host-tradepost=secret")])));
    }
}
