//! The search index.
//!
//! - `GET /v1/search`: its size and age ([`SearchStatus`])
//! - `GET /v1/search/differences`: compares it with the catalogue ([`SearchDifferences`])
//! - `POST /v1/search/rebuild`: builds it again beside the one in use; answers with 202 at once

use serde::{Deserialize, Serialize};

/// Size and age of the index.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SearchStatus {
    pub documents: u64,
    pub segments: u64,
    pub size_bytes: u64,
    /// Words that have synonyms.
    pub synonyms: u64,
    /// Changes that the index has not seen.
    pub waiting: u64,
    /// Age of the oldest of them.
    pub lag_seconds: f64,
}

/// Published items and documents of the index, compared by their ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchDifferences {
    pub published: u64,
    pub indexed: u64,
    /// Published, but not in the index.
    pub missing: u64,
    /// In the index, but not published.
    pub withdrawn: u64,
}
