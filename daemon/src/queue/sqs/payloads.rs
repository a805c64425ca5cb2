//! Payloads that are too large for SQS: objects of the store, found by the SHA-256 in the message.

use std::io;
use std::time::{Duration, SystemTime};

use bytes::Bytes;

use super::wire::{self, Content};
use tradepost_store::{Area, ContentKey, Retention, Store, sha256};

const PAYLOADS: Area = Area {
    prefix: "q",
    retention: Retention::SinceLastPut,
};
/// SQS keeps a message for 14 days at most.
const KEPT_FOR: Duration = Duration::from_secs(15 * 24 * 3600);

/// Key of the payload with this SHA-256.
pub fn payload_key(sha256: [u8; 32]) -> ContentKey {
    ContentKey {
        area: PAYLOADS,
        sha256,
        extension: "",
    }
}

/// Stores what messages point at; putting it again keeps it for longer.
pub(super) async fn put(store: &Store, objects: Vec<(ContentKey, Bytes)>) -> io::Result<()> {
    if objects.is_empty() {
        return Ok(());
    }
    store.put_content(objects).await
}

/// What a message points at. A missing or changed object is the end of that message, not of the store.
///
/// # Errors
/// When the store does not answer.
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

/// Deletes payloads that no message can point at any more. Answers with how many.
///
/// # Errors
/// When the store does not answer.
pub async fn sweep(store: &Store) -> io::Result<u64> {
    let before = SystemTime::now() - KEPT_FOR;
    store.delete_content_before(PAYLOADS, before).await
}
