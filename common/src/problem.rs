//! The error body of both APIs: RFC 9457 `application/problem+json`.

use serde::{Deserialize, Serialize};

/// An error, for a program (`code`) and for a person (`title`, `detail`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// A URI that names the kind of problem: `urn:tradepost:problem:<code>`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The HTTP status, repeated.
    pub status: u16,
    /// Stable, machine-readable: `upload-not-found`.
    pub code: String,
    /// The kind of problem in a few words.
    pub title: String,
    /// This occurrence, and how to mend it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Each fault by itself, where there is more than one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<Fault>,
}

/// One fault of a request or a manifest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Fault {
    /// A field (`size_bytes`), a JSON pointer (`/files/3/path`) or a file of the pack.
    pub at: String,
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
