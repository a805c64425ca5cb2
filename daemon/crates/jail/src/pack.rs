//! Reads a pack from the replies of a child.

use anyhow::anyhow;
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc::Sender;

use crate::exchange::Replies;
use crate::failure::Failure;
use crate::protocol::Reply;
use crate::types::{Member, OpenedPack};

/// Reads the manifest, then exactly its members in its order, and passes them on.
pub fn read(replies: &mut Replies<'_>, members: &Sender<Member>) -> Result<OpenedPack, Failure> {
    let (Reply::Manifest { manifest }, _) = replies.next()? else {
        return Err(Failure::protocol("another reply than a manifest"));
    };
    let mut sent = 0;
    for file in &manifest.files {
        let bytes = match replies.next()? {
            (Reply::Member { path }, mut blobs) if path == file.path.as_str() && blobs.len() == 1 => blobs.remove(0),
            _ => return Err(Failure::protocol("another reply than the next member")),
        };
        let member = Member {
            path: file.path.as_str().to_owned(),
            size_bytes: bytes.len() as u64,
            sha256: Sha256::digest(&bytes).into(),
            bytes: bytes.into(),
        };
        let delivered = replies.pause_deadline(|| members.blocking_send(member));
        delivered.map_err(|_| Failure::Broken(anyhow!("nobody takes the members of the pack any more")))?;
        sent += 1;
    }
    Ok(OpenedPack {
        manifest: *manifest,
        members: sent,
    })
}
