//! The part of a file that a request asks for: conditional requests and byte ranges (RFC 9110, sections 13 and 14).

use std::ops::Range;

use anyhow::Context as _;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use crate::error::{ApiError, ApiResult};

/// The answer to a request for a file.
#[derive(Debug, PartialEq, Eq)]
pub enum Part {
    /// The client has it.
    NotModified,
    Whole,
    Bytes(Range<u64>),
}

impl Part {
    /// # Errors
    /// The range begins after the end.
    pub fn wanted(headers: &HeaderMap, etag: &str, size_bytes: u64) -> ApiResult<Self> {
        if names(headers, header::IF_NONE_MATCH, etag) {
            return Ok(Self::NotModified);
        }
        let is_current = !headers.contains_key(header::IF_RANGE) || names(headers, header::IF_RANGE, etag);
        let asked = headers.get(header::RANGE).and_then(|value| value.to_str().ok());
        match asked.filter(|_| is_current).and_then(|text| range(text, size_bytes)) {
            None => Ok(Self::Whole),
            Some(range) if range.is_empty() => Err(ApiError::RangeNotSatisfiable { size_bytes }),
            Some(range) => Ok(Self::Bytes(range)),
        }
    }
}

/// The head of the answer to a request for some bytes, and the part of them that follows. `None`: nothing does.
///
/// # Errors
/// The range begins after the end.
pub fn begin(
    asked: &HeaderMap,
    method: &Method,
    etag: &str,
    size_bytes: u64,
) -> ApiResult<(Response, Option<Range<u64>>)> {
    let headers = headers(etag)?;
    let (status, range) = match Part::wanted(asked, etag, size_bytes)? {
        Part::NotModified => return Ok(((StatusCode::NOT_MODIFIED, headers).into_response(), None)),
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
    Ok((response, (method != Method::HEAD).then_some(range)))
}

/// The answer to a request for a file that the client has. `None`: it does not have it.
pub fn unchanged(asked: &HeaderMap, etag: &str) -> ApiResult<Option<Response>> {
    if !names(asked, header::IF_NONE_MATCH, etag) {
        return Ok(None);
    }
    Ok(Some((StatusCode::NOT_MODIFIED, headers(etag)?).into_response()))
}

fn headers(etag: &str) -> anyhow::Result<[(header::HeaderName, HeaderValue); 2]> {
    Ok([
        (header::ETAG, HeaderValue::try_from(etag).context("an ETag of digits")?),
        (header::ACCEPT_RANGES, HeaderValue::from_static("bytes")),
    ])
}

fn names(headers: &HeaderMap, header: header::HeaderName, etag: &str) -> bool {
    let given = headers
        .get_all(header)
        .into_iter()
        .filter_map(|value| value.to_str().ok());
    given
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|tag| tag == "*" || tag.trim_start_matches("W/") == etag)
}

/// One range of bytes; empty when it begins after the end. `None`: another unit, several ranges or no range, which are ignored.
fn range(text: &str, size_bytes: u64) -> Option<Range<u64>> {
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    if first.is_empty() {
        let count: u64 = last.parse().ok()?;
        return Some(size_bytes.saturating_sub(count)..size_bytes);
    }
    let first: u64 = first.parse().ok()?;
    let end = match last {
        "" => size_bytes,
        last => last
            .parse::<u64>()
            .ok()
            .filter(|last| *last >= first)?
            .saturating_add(1),
    };
    let end = end.min(size_bytes);
    Some(first.min(end)..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_is_understood_and_anything_else_is_ignored() {
        let cases = [
            ("bytes=0-0", Some(0..1)),
            ("bytes=2-", Some(2..10)),
            ("bytes=-3", Some(7..10)),
            ("bytes=-30", Some(0..10)),
            ("bytes=4-99", Some(4..10)),
            ("bytes=10-", Some(10..10)),
            ("bytes=-0", Some(10..10)),
            ("bytes=5-4", None),
            ("bytes=0-1,3-4", None),
            ("bytes=-", None),
            ("lines=0-1", None),
            ("bytes=0-99999999999999999999", None),
        ];
        for (text, expected) in cases {
            assert_eq!(range(text, 10), expected, "{text}");
        }
    }

    #[test]
    fn what_the_client_has_is_not_sent_and_a_range_of_an_older_file_is_not_used() {
        let wanted = |lines: &[(header::HeaderName, &'static str)]| {
            let lines = lines.iter().map(|(name, value)| (name.clone(), value.parse().unwrap()));
            Part::wanted(&lines.collect(), "\"a\"", 10)
        };
        assert_eq!(wanted(&[]).unwrap(), Part::Whole);
        assert_eq!(
            wanted(&[(header::IF_NONE_MATCH, "\"b\", W/\"a\"")]).unwrap(),
            Part::NotModified
        );
        assert_eq!(wanted(&[(header::RANGE, "bytes=1-2")]).unwrap(), Part::Bytes(1..3));
        let old = [(header::RANGE, "bytes=1-2"), (header::IF_RANGE, "\"b\"")];
        assert_eq!(wanted(&old).unwrap(), Part::Whole);
        assert!(wanted(&[(header::RANGE, "bytes=10-")]).is_err());
    }
}
