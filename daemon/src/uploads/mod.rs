//! Uploads: from the presigned URL to the final state, with the time spent at every stage.

mod announcement;
pub mod arrivals;
pub mod complete;
pub mod control_routes;
mod notification;
mod part_routes;
mod parts;
mod queries;
pub mod routes;
pub mod service;
pub mod stages;
pub mod turns;
pub mod undo;

use time::OffsetDateTime;
use tradepost_common::ids::{AccountId, UploadId};
use tradepost_common::uploads::UploadState;
use tradepost_store::Announced;

/// An upload as the jobs see it.
#[derive(Debug, Clone)]
pub struct Upload {
    pub id: UploadId,
    pub account_id: AccountId,
    pub file_name: String,
    pub size_bytes: i64,
    pub sha256: [u8; 32],
    pub state: UploadState,
    pub object_version: Option<String>,
    pub url_expires_at: OffsetDateTime,
}

impl Upload {
    /// The only bytes that it takes.
    pub fn announced(&self) -> Announced {
        Announced {
            size_bytes: self.size_bytes.cast_unsigned(),
            sha256: self.sha256,
        }
    }
}
