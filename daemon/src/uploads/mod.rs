//! Uploads: from the presigned URL to the final state, with the time spent at every stage.

mod announcement;
pub mod control_routes;
mod queries;
pub mod routes;
pub mod service;
pub mod stages;
pub mod undo;

use time::OffsetDateTime;
use tradepost_common::ids::{AccountId, UploadId};
use tradepost_common::uploads::UploadState;

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
