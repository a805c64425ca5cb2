//! The announcement of an upload: its bytes are checked against it.

use tradepost_common::problem::Fault;

use crate::error::{ApiError, ApiResult};

/// File name, size and hash that a contributor announces.
#[derive(Debug, Clone)]
pub struct Announcement {
    pub file_name: String,
    pub size_bytes: u64,
    pub sha256: [u8; 32],
}

impl Announcement {
    /// Checks an announcement; every fault at once.
    ///
    /// # Errors
    /// Invalid.
    pub fn parse(file_name: &str, size_bytes: u64, sha256_hex: &str, max_bytes: u64) -> ApiResult<Self> {
        let mut faults = Vec::new();
        let mut fault = |at: &str, message: String| {
            faults.push(Fault {
                at: at.to_owned(),
                message,
            })
        };
        if file_name.is_empty()
            || file_name.chars().count() > 255
            || file_name.contains(['/', '\\'])
            || file_name.contains(char::is_control)
        {
            fault(
                "file_name",
                "must be 1 to 255 characters without slashes and control characters".to_owned(),
            );
        }
        if size_bytes == 0 || size_bytes > max_bytes {
            fault("size_bytes", format!("must be between 1 and {max_bytes}"));
        }
        let digest = hex::decode(sha256_hex)
            .ok()
            .and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        if digest.is_none() {
            fault("sha256", "must be 64 hexadecimal digits".to_owned());
        }
        match digest {
            Some(sha256) if faults.is_empty() => Ok(Self {
                file_name: file_name.to_owned(),
                size_bytes,
                sha256,
            }),
            _ => Err(ApiError::Invalid(faults)),
        }
    }
}
