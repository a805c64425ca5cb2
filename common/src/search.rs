//! The search index.
//!
//! - `GET /v1/search`: its size and age ([`SearchStatus`])
//! - `GET /v1/search/differences`: compares it with the catalogue ([`SearchDifferences`])
//! - `POST /v1/search/rebuild`: builds it again beside the one in use; answers with 202 at once
//! - `GET /v1/search/items?q=&limit=`: finds as the public search does (`Vec<FoundItem>`)
//! - `GET /v1/search/items/{id}/explanation?q=`: the arithmetic of its rank ([`Explanation`])
//! - `GET /v1/search/queries`: texts of the last day that found nothing, or slowly ([`SearchQueries`])
//! - `GET /v1/search/feed?since=`: documents and their changes as lines of JSON; the last one is a [`FeedCursor`]

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

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
    /// The rebuild that runs.
    #[serde(default)]
    pub rebuild: Option<RebuildProgress>,
    /// The indexes of all machines, this one's first.
    #[serde(default)]
    pub machines: Vec<SearchMachine>,
}

/// A rebuild that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RebuildProgress {
    /// Items read.
    pub done: u64,
    /// Items that were published when it began.
    pub of: u64,
}

/// The index of a machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SearchMachine {
    pub machine: String,
    /// Changes that it has not seen.
    pub waiting: i64,
    #[serde(with = "time::serde::rfc3339")]
    pub seen_at: OffsetDateTime,
    /// `None`: it is being built for the first time.
    #[serde(with = "time::serde::rfc3339::option")]
    pub built_at: Option<OffsetDateTime>,
}

/// An item that was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FoundItem {
    pub id: Uuid,
    pub score: f32,
    pub title: String,
    pub family: String,
    pub set: String,
    pub contributor: String,
    pub kind: String,
    pub category: Option<String>,
    pub tags: Vec<String>,
    pub styles: Vec<String>,
}

/// The arithmetic of a rank.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    /// Each factor and summand, indented below what it is a part of.
    pub lines: Vec<String>,
}

/// Texts that were searched for in the last day: counted, not who typed them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchQueries {
    /// Those that found nothing, the most frequent first.
    pub found_nothing: Vec<SearchedText>,
    /// Those that took long, the slowest first.
    pub slow: Vec<SearchedText>,
}

/// A text that was searched for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchedText {
    pub text: String,
    pub times: i64,
    pub slowest_ms: i32,
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

/// The last line of a page of the feed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedCursor {
    /// Begins the next page.
    pub cursor: String,
    /// There is more now.
    pub more: bool,
}
