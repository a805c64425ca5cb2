//! Answers a request for a file: all of it, a part of it, or only its headers.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::part::Part;
use crate::app::App;
use crate::error::ApiResult;
use crate::objects::member_key;
use crate::pinned;
use anyhow::Context as _;
use tradepost_store::ContentKey;

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

    /// Answers without headers that tell what the bytes are. Bytes leave only after all of them were compared with their hash.
    pub async fn answer(self, app: &App, method: &Method, asked: &HeaderMap) -> ApiResult<Response> {
        let (file, size_bytes) = app.store.open_content(&self.key).await.context(self.what)?;
        let etag = format!("\"{}\"", hex::encode(self.key.sha256));
        let part = Part::wanted(asked, &etag, size_bytes)?;
        let headers = [
            (header::ETAG, HeaderValue::try_from(etag).context("an ETag of digits")?),
            (header::ACCEPT_RANGES, HeaderValue::from_static("bytes")),
        ];
        let (status, range) = match part {
            Part::NotModified => return Ok((StatusCode::NOT_MODIFIED, headers).into_response()),
            Part::Whole => (StatusCode::OK, 0..size_bytes),
            Part::Bytes(range) => (StatusCode::PARTIAL_CONTENT, range),
        };
        let mut response = (status, headers).into_response();
        let about = response.headers_mut();
        about.insert(header::CONTENT_LENGTH, HeaderValue::from(range.end - range.start));
        if status == StatusCode::PARTIAL_CONTENT {
            let text = format!("bytes {}-{}/{size_bytes}", range.start, range.end - 1);
            about.insert(
                header::CONTENT_RANGE,
                HeaderValue::try_from(text).context("a range of digits")?,
            );
        }
        if method != Method::HEAD {
            pinned::seal(&app.store, &file, self.key.sha256, self.what).await?;
            *response.body_mut() = Body::from_stream(app.store.stream(file, range));
        }
        Ok(response)
    }
}
