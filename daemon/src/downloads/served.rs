//! Answers a request for a file: all of it, a part of it, or only its headers.

use axum::body::Body;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use time::{Duration, OffsetDateTime};

use super::part;
use crate::app::App;
use crate::error::ApiResult;
use crate::objects::member_key;
use crate::pinned;
use anyhow::Context as _;
use tradepost_store::ContentKey;

/// Time to begin a download from CloudFront.
const URL_WORKS: Duration = Duration::minutes(1);

/// A stored file that somebody may have.
pub struct Served {
    pub key: ContentKey,
    /// For errors: `a rendition`.
    pub what: &'static str,
}

impl Served {
    pub fn member(sha256: [u8; 32], what: &'static str) -> Self {
        Self {
            key: member_key(sha256),
            what,
        }
    }

    /// As [`answer`](Self::answer), of a file that is saved under a name of plain characters. With CloudFront the client is sent there:
    /// what the caller has checked is checked again for each URL, which works for a minute.
    pub async fn attachment(
        self,
        app: &App,
        method: &Method,
        asked: &HeaderMap,
        saved_as: &str,
    ) -> ApiResult<Response> {
        let (Some(cloudfront), Some(bucket)) = (&app.cloudfront, app.store.bucket()) else {
            return self.answer(app, method, asked).await;
        };
        let etag = format!("\"{}\"", hex::encode(self.key.sha256));
        if let Some(response) = part::unchanged(asked, &etag)? {
            return Ok(response);
        }
        let url = cloudfront.sign(
            &bucket.content_key(&self.key),
            saved_as,
            OffsetDateTime::now_utc() + URL_WORKS,
        )?;
        Ok((StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, url)]).into_response())
    }

    /// Answers without headers that tell what the bytes are. Bytes leave only after all of them were compared with their hash.
    pub async fn answer(self, app: &App, method: &Method, asked: &HeaderMap) -> ApiResult<Response> {
        let etag = format!("\"{}\"", hex::encode(self.key.sha256));
        // The store is not asked for bytes that the client has.
        if let Some(response) = part::unchanged(asked, &etag)? {
            return Ok(response);
        }
        let (file, size_bytes) = app.store.open_content(&self.key).await.context(self.what)?;
        let (mut response, range) = part::begin(asked, method, &etag, size_bytes)?;
        if let Some(range) = range {
            pinned::seal(&app.store, &file, self.key.sha256, self.what).await?;
            *response.body_mut() = Body::from_stream(app.store.stream(file, range));
        }
        Ok(response)
    }
}
