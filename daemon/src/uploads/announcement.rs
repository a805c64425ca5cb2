//! The announcement of an upload: its bytes are checked against it.

use tradepost_common::problem::Fault;
use tradepost_common::text::{Text, schema};
use utoipa::openapi::{RefOr, Schema};

use crate::error::{ApiError, ApiResult};
use crate::extractors::described;

/// Lists of uploads have a column for it.
const NAME_COLUMNS: usize = 120;

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
        let file_name = parse_name(file_name).map_err(|message| fault("file_name", message));
        if size_bytes == 0 || size_bytes > max_bytes {
            fault("size_bytes", format!("must be between 1 and {max_bytes}"));
        }
        let digest = hex::decode(sha256_hex)
            .ok()
            .and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        if digest.is_none() {
            fault("sha256", "must be 64 hexadecimal digits".to_owned());
        }
        match (file_name, digest) {
            (Ok(file_name), Some(sha256)) if faults.is_empty() => Ok(Self {
                file_name,
                size_bytes,
                sha256,
            }),
            _ => Err(ApiError::Invalid(faults)),
        }
    }
}

/// A name for people, that is none of a folder.
fn parse_name(text: &str) -> Result<String, String> {
    let name: String = Text::<NAME_COLUMNS>::parse(text)?.into();
    if name.contains(['/', '\\'])
        || name
            .chars()
            .all(|character| character == '.' || character.is_whitespace())
    {
        return Err("must be a name without slashes, and of more than dots".to_owned());
    }
    Ok(name)
}

/// The file name in the OpenAPI document.
pub fn file_name_schema() -> RefOr<Schema> {
    let about = "For people: at most 120 columns wide in a terminal, without slashes and hidden characters.";
    let schema = schema::string(NAME_COLUMNS, &schema::line_pattern(r"/\\", "."));
    described(schema, about, "my-icons.zip")
}
