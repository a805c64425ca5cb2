//! Takes the bytes of one PUT into a temporary file: exactly the announced ones, or none.

use std::io::{self, Write as _};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use sha2::{Digest, Sha256};

use crate::Announced;
use crate::disk::Disk;
use crate::temporary::Temporary;

/// Buffer between a PUT and its file.
const CHUNK_BYTES: usize = 64 * 1024;
/// A PUT that brings nothing for this long has ended: it holds a connection and a file.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);
/// A PUT that is slower than this after the first minute has ended as well.
const SLOWEST_BYTES_A_SECOND: u64 = 8 << 10;

/// Reason why a PUT was not stored.
#[derive(Debug, thiserror::Error)]
pub enum PutError {
    #[error("more than {announced} bytes came")]
    TooLong { announced: u64 },
    #[error("{received} of {announced} bytes came")]
    TooShort { announced: u64, received: u64 },
    #[error("the connection broke after {received} of {announced} bytes: {reason}")]
    Broken {
        announced: u64,
        received: u64,
        reason: String,
    },
    #[error("other bytes came than the announced ones")]
    Changed { announced: [u8; 32], received: [u8; 32] },
    #[error("only {received} of {announced} bytes came in time")]
    Stalled { announced: u64, received: u64 },
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Writes exactly the announced bytes and syncs them.
pub(crate) async fn write_stream<E: std::fmt::Display>(
    disk: &Disk,
    temporary: &Temporary,
    expected: Announced,
    mut body: impl Stream<Item = Result<Bytes, E>> + Unpin,
) -> Result<(), PutError> {
    let announced = expected.size_bytes;
    let path = temporary.path().to_owned();
    let mut file = disk.call(move || std::fs::File::create_new(path)).await?;
    let mut pending = Vec::with_capacity(CHUNK_BYTES);
    let (mut hasher, mut received) = (Sha256::new(), 0);
    let started = Instant::now();
    let broken = |received: u64, reason: String| PutError::Broken {
        announced,
        received,
        reason,
    };
    loop {
        let next = tokio::time::timeout(IDLE_TIMEOUT, body.next()).await;
        let next = next.map_err(|_| PutError::Stalled { announced, received })?;
        let Some(chunk) = next else { break };
        let chunk = chunk.map_err(|error| broken(received, error.to_string()))?;
        received += chunk.len() as u64;
        if received > announced {
            return Err(PutError::TooLong { announced });
        }
        hasher.update(&chunk);
        pending.extend_from_slice(&chunk);
        if pending.len() >= CHUNK_BYTES {
            (file, pending) = disk.call(move || append(file, pending)).await?;
        }
        if started.elapsed() > IDLE_TIMEOUT + Duration::from_secs(received / SLOWEST_BYTES_A_SECOND) {
            return Err(PutError::Stalled { announced, received });
        }
    }
    if received < announced {
        return Err(PutError::TooShort { announced, received });
    }
    let received = hasher.finalize().into();
    if received != expected.sha256 {
        return Err(PutError::Changed {
            announced: expected.sha256,
            received,
        });
    }
    disk.call(move || append(file, pending)?.0.sync_all()).await?;
    Ok(())
}

/// Returns the emptied buffer.
fn append(mut file: std::fs::File, mut bytes: Vec<u8>) -> io::Result<(std::fs::File, Vec<u8>)> {
    file.write_all(&bytes)?;
    bytes.clear();
    Ok((file, bytes))
}
