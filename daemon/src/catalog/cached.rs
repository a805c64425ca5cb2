//! Answers that are kept: by this process for as long as the catalogue does not change, and by a CDN with an `ETag`, a time, and keys by which they
//! are purged.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use serde::Serialize;
use sqlx::PgPool;
use tradepost_store::sha256;
use uuid::Uuid;

use crate::app::App;
use crate::error::ApiResult;

/// A browser asks every time, and gets 304 where nothing changed. A CDN answers for 10 s by itself, and for a minute more while it asks:
/// so long something may be seen that was withdrawn, unless it is purged by its key.
const CACHE_CONTROL: HeaderValue =
    HeaderValue::from_static("public, max-age=0, s-maxage=10, stale-while-revalidate=60");

/// The JSON that answers a question about the catalogue, made once for each state of it.
pub async fn of_catalogue<T: Serialize>(
    app: &App,
    db: &PgPool,
    question: String,
    load: impl Future<Output = ApiResult<T>>,
) -> ApiResult<Bytes> {
    let key = format!("{question}@{}", state(db).await?);
    app.cache.shared(key, async { json(&load.await?) }).await
}

/// The state of the catalogue: another text after each change of what lists and searches show. An answer is made after its key is read, so it
/// is never older than that.
pub async fn state(db: &PgPool) -> ApiResult<String> {
    let state = sqlx::query_scalar!(r#"select catalogue_state() as "state!""#);
    Ok(state.fetch_one(db).await?)
}

/// A body as JSON.
pub fn json<T: Serialize>(body: &T) -> ApiResult<Bytes> {
    Ok(serde_json::to_vec(body).map_err(anyhow::Error::from)?.into())
}

/// The answer to a request, or 304 where its `If-None-Match` names it.
pub fn answer<T: Serialize>(request: &HeaderMap, body: &T, keys: &[String]) -> ApiResult<Response> {
    answer_bytes(request, json(body)?, keys)
}

/// As [`answer`], to which the body is JSON already.
pub fn answer_bytes(request: &HeaderMap, bytes: Bytes, keys: &[String]) -> ApiResult<Response> {
    // Weak: the bytes on the wire may be compressed.
    let tag = format!("W/\"{}\"", hex::encode(&sha256(&bytes)[..16]));
    let is_known = request
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .any(|known| names(known, &tag));
    let mut response = match is_known {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => (
            [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))],
            bytes,
        )
            .into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(header::ETAG, HeaderValue::try_from(tag).map_err(anyhow::Error::from)?);
    headers.insert(header::CACHE_CONTROL, CACHE_CONTROL);
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    let keys = HeaderValue::try_from(keys.join(" ")).map_err(anyhow::Error::from)?;
    headers.insert("surrogate-key", keys);
    Ok(response)
}

/// The surrogate key of a product: `item:<id>`.
pub fn key(kind: &str, id: Uuid) -> String {
    format!("{kind}:{id}")
}

/// True if a list of tags names this one, by the weak comparison of RFC 9110.
fn names(known: &HeaderValue, tag: &str) -> bool {
    let plain = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let known = known.to_str().unwrap_or_default();
    known.trim() == "*" || known.split(',').any(|known| plain(known) == plain(tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_answer_is_not_sent_again() {
        let first = answer(&HeaderMap::new(), &"body", &[key("item", Uuid::nil())]).unwrap();
        assert_eq!(first.status(), StatusCode::OK);
        let tag = first.headers()[header::ETAG].clone();
        let strong = tag.to_str().unwrap().trim_start_matches("W/").to_owned();
        for (known, status) in [
            (tag.to_str().unwrap().to_owned(), StatusCode::NOT_MODIFIED),
            (format!("\"x\", {strong}"), StatusCode::NOT_MODIFIED),
            ("*".to_owned(), StatusCode::NOT_MODIFIED),
            ("W/\"x\"".to_owned(), StatusCode::OK),
        ] {
            let headers =
                HeaderMap::from_iter([(header::IF_NONE_MATCH, HeaderValue::try_from(known.clone()).unwrap())]);
            let again = answer(&headers, &"body", &[]).unwrap();
            assert_eq!(
                (again.status(), &again.headers()[header::ETAG]),
                (status, &tag),
                "{known}"
            );
        }
    }
}
