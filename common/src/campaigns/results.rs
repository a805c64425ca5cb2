//! Results of a campaign: samples and failures.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::ids::{ItemId, UploadId};

/// One picture of the canary beside the one that is shown now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    pub item: ItemId,
    pub title: String,
    pub path: String,
    pub kind: String,
    pub preset: String,
    /// `png` or `webp`.
    pub format: String,
    pub width: i32,
    pub height: i32,
    /// Their similarity, PSNR in dB over premultiplied red, green, blue and alpha: 100 when they are the same to the pixel. Nothing when
    /// there is no old picture, or it has another size.
    pub psnr_db: Option<f64>,
    /// The largest difference of any channel of any pixel, 0 to 255.
    pub max_difference: Option<i32>,
    /// The share of pixels that differ at all, 0 to 1.
    pub differing: Option<f64>,
    /// Size of the picture that is shown now; nothing when there is none.
    pub old_bytes: Option<i64>,
    pub new_bytes: i64,
}

crate::text_enum! {
    /// One of the pictures of a sample.
    pub enum Side {
        /// The public rendition.
        Old = "old",
        /// The rendition of the campaign.
        New = "new",
        /// Grey where they are the same, red where they differ.
        Difference = "difference",
    }
}

crate::text_enum! {
    /// The reason why an item could not be drawn.
    pub enum FailureKind {
        /// It took too long.
        Timeout = "timeout",
        /// It needed too much memory.
        Memory = "memory",
        /// The program that opens it crashed.
        Crash = "crash",
        /// The engine refuses it: it is not what its name says, or not allowed.
        Refused = "refused",
        /// Its bytes are not there, or not those that were published.
        Damaged = "damaged",
        /// The work on it failed again and again, and an operator gave it up.
        GivenUp = "given_up",
    }
}

/// An item that could not be drawn: what is shown of it stays as it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    pub item: ItemId,
    pub path: String,
    pub title: String,
    pub kind: String,
    pub upload_id: UploadId,
    pub failure: FailureKind,
    /// In a sentence.
    pub reason: String,
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
}
