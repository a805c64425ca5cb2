//! The error body of both APIs: RFC 9457 `application/problem+json`.

use serde::{Deserialize, Serialize};

/// An error, for a program (`code`) and for a person (`title`, `detail`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// A URI that names the kind of problem: `urn:tradepost:problem:<code>`.
    #[serde(rename = "type")]
    #[cfg_attr(
        feature = "openapi",
        schema(pattern = "^urn:tradepost:problem:[a-z0-9-]+$", max_length = 100)
    )]
    pub kind: String,
    /// The HTTP status, repeated.
    #[cfg_attr(feature = "openapi", schema(minimum = 400, maximum = 599))]
    pub status: u16,
    /// Stable, machine-readable: `upload-not-found`.
    #[cfg_attr(feature = "openapi", schema(pattern = "^[a-z0-9-]+$", max_length = 60))]
    pub code: String,
    /// The kind of problem in a few words.
    #[cfg_attr(feature = "openapi", schema(max_length = 100))]
    pub title: String,
    /// This occurrence, and how to mend it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 4_000))]
    pub detail: Option<String>,
    /// Each fault by itself, where there is more than one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(max_items = 100))]
    pub faults: Vec<Fault>,
}

/// One fault of a request or a manifest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Fault {
    /// A field (`size_bytes`), a JSON pointer (`/files/3/path`) or a file of the pack.
    #[cfg_attr(feature = "openapi", schema(max_length = 200))]
    pub at: String,
    #[cfg_attr(feature = "openapi", schema(max_length = 1_000))]
    pub message: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.detail.as_deref().unwrap_or(&self.title))?;
        for fault in &self.faults {
            write!(f, "\n  {}: {}", fault.at, fault.message)?;
        }
        Ok(())
    }
}
