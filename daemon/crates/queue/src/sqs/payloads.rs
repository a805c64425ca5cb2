//! Payloads that are too large for SQS: objects of the store, found by the SHA-256 in the message.

use std::io;
use std::time::{Duration, SystemTime};

use tradepost_store::{Area, ContentKey, Retention, Store, sha256};

use super::wire::{self, Content};

/// One day longer than SQS keeps a message.
const MAX_AGE_DAYS: u16 = 15;
/// Large payloads.
pub const PAYLOADS: Area = Area {
    prefix: "q",
    retention: Retention::SinceLastPut { days: MAX_AGE_DAYS },
    caching: "private, no-store",
};

/// Key of the payload with this SHA-256.
pub fn payload_key(sha256: [u8; 32]) -> ContentKey {
    ContentKey {
        area: PAYLOADS,
        sha256,
        extension: "",
    }
}

/// Reads the payload that a message points at. A missing or changed one makes the message unusable, which is no error of the store.
pub(super) async fn get(store: &Store, key: &ContentKey) -> io::Result<Content> {
    let name = hex::encode(key.sha256);
    let broken = |why: &str| {
        let pointer = serde_json::json!({ "pointer": name });
        Content::Broken(pointer, format!("its payload {name} is {why} the object store"))
    };
    match store.read_content(key).await {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(broken("missing in")),
        Err(error) => Err(error),
        Ok(bytes) if sha256(&bytes) != key.sha256 => Ok(broken("not what was sent in")),
        Ok(bytes) => Ok(wire::content(&String::from_utf8_lossy(&bytes))),
    }
}

/// Deletes payloads that no message can point at any more, and counts them.
pub async fn sweep(store: &Store) -> io::Result<u64> {
    let max_age = Duration::from_secs(u64::from(MAX_AGE_DAYS) * 24 * 3_600);
    store.delete_content_before(PAYLOADS, SystemTime::now() - max_age).await
}
