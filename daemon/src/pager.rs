//! Lists are read in pages.

use serde::Deserialize;
use tradepost_common::MAX_PAGE;

use crate::error::{ApiError, ApiResult};

/// Rows of a page of the control API when the request does not say.
const DEFAULT_ROWS: u32 = 100;

/// The query of a list that is not narrowed to anything.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PageQuery<T> {
    pub cursor: Option<T>,
    pub limit: Option<u32>,
}

/// Rows of a page that a request asks for: 1 to 200; 100 by default.
///
/// # Errors
/// Invalid.
pub fn limit(asked: Option<u32>) -> ApiResult<u32> {
    limit_or(asked, DEFAULT_ROWS)
}

/// As [`limit`], with another default.
///
/// # Errors
/// Invalid.
pub fn limit_or(asked: Option<u32>, default: u32) -> ApiResult<u32> {
    let rows = asked.unwrap_or(default);
    if (1..=MAX_PAGE).contains(&rows) {
        return Ok(rows);
    }
    Err(ApiError::invalid("limit", format!("must be between 1 and {MAX_PAGE}")))
}
