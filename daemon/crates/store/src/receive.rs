//! Takes the bytes of one PUT into a temporary file: exactly the announced ones, or none.

use std::io::{self, Write as _};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::{Stream, StreamExt as _};
use sha2::{Digest, Sha256};

use crate::Announced;
use crate::disk::{Disk, PATIENCE};
use crate::temporary::Temporary;

/// Bytes that are hashed and written at once, while the next ones come.
const CHUNK_BYTES: usize = 256 << 10;
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

/// A file that is being written, and the hash of what is in it.
struct Sink {
    file: std::fs::File,
    hasher: Sha256,
}

/// Writes exactly the announced bytes and syncs them. One chunk is hashed and written while the next one comes, so that memory is flat.
pub(crate) async fn write_stream<E: std::fmt::Display>(
    disk: &Disk,
    temporary: &Temporary,
    expected: Announced,
    mut body: impl Stream<Item = Result<Bytes, E>> + Unpin,
) -> Result<(), PutError> {
    let announced = expected.size_bytes;
    let path = temporary.path().to_owned();
    let create = move || {
        Ok(Sink {
            file: std::fs::File::create_new(path)?,
            hasher: Sha256::new(),
        })
    };
    let mut writing: BoxFuture<'static, io::Result<Sink>> = Box::pin(disk.begin(PATIENCE, create).await?);
    let (mut pending, mut pending_bytes, mut received) = (Vec::new(), 0, 0);
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
        pending_bytes += chunk.len();
        pending.push(chunk);
        if pending_bytes >= CHUNK_BYTES {
            let (sink, chunks) = (writing.await?, std::mem::take(&mut pending));
            writing = Box::pin(disk.begin(PATIENCE, move || append(sink, chunks)).await?);
            pending_bytes = 0;
        }
        if started.elapsed() > IDLE_TIMEOUT + Duration::from_secs(received / SLOWEST_BYTES_A_SECOND) {
            return Err(PutError::Stalled { announced, received });
        }
    }
    if received < announced {
        return Err(PutError::TooShort { announced, received });
    }
    let sink = writing.await?;
    let finish = move || {
        let sink = append(sink, pending)?;
        Ok((sink.file, <[u8; 32]>::from(sink.hasher.finalize())))
    };
    let (file, received) = disk.call(finish).await?;
    if received != expected.sha256 {
        return Err(PutError::Changed {
            announced: expected.sha256,
            received,
        });
    }
    disk.call(move || file.sync_all()).await?;
    Ok(())
}

fn append(mut sink: Sink, chunks: Vec<Bytes>) -> io::Result<Sink> {
    for chunk in chunks {
        sink.hasher.update(&chunk);
        sink.file.write_all(&chunk)?;
    }
    Ok(sink)
}
