//! Reads objects: a body that breaks off is continued where it broke off, a few times.

use std::io;
use std::time::Duration;

use aws_sdk_s3::primitives::ByteStream;
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, TryStreamExt as _, stream::try_unfold};
use tokio::time::timeout;

use super::Bucket;
use super::fault::s3_error;

/// A body that brings nothing for this long has broken off.
const IDLE_TIMEOUT: Duration = Duration::from_secs(10);
const RESUMES: u32 = 3;

/// An object that is being read.
#[derive(Debug)]
pub(crate) struct Reading {
    bucket: Bucket,
    key: String,
    version: Option<String>,
    /// The tag of the first answer: the rest is of the same bytes, or none.
    etag: Option<String>,
    size_bytes: u64,
    at: u64,
    body: ByteStream,
    resumes_left: u32,
}

impl Bucket {
    /// Starts to read an object.
    ///
    /// # Errors
    /// `NotFound` when it is not there.
    pub(super) async fn get(&self, key: String, version: Option<String>) -> io::Result<Reading> {
        let get = self.client.get_object().bucket(&self.settings.name).key(&key);
        let answer = get.set_version_id(version.clone()).send().await;
        let answer = answer.map_err(|error| s3_error("reading an object", error))?;
        let size_bytes = answer.content_length.and_then(|length| u64::try_from(length).ok());
        Ok(Reading {
            bucket: self.clone(),
            key,
            version,
            etag: answer.e_tag,
            size_bytes: size_bytes.ok_or_else(|| io::Error::other("reading an object: its size is not told"))?,
            at: 0,
            body: answer.body,
            resumes_left: RESUMES,
        })
    }
}

impl Reading {
    /// Its bytes, all of them.
    pub(crate) fn into_stream(self) -> impl Stream<Item = io::Result<Bytes>> + Send {
        try_unfold(self, |mut reading| async move {
            let chunk = reading.next().await?;
            Ok(chunk.map(|chunk| (chunk, reading)))
        })
    }

    pub(crate) async fn into_bytes(self) -> io::Result<Bytes> {
        let whole = BytesMut::with_capacity(usize::try_from(self.size_bytes).map_err(io::Error::other)?);
        let append = |mut whole: BytesMut, chunk: Bytes| async move {
            whole.extend_from_slice(&chunk);
            Ok(whole)
        };
        let whole = self.into_stream().try_fold(whole, append).await?;
        Ok(whole.freeze())
    }

    async fn next(&mut self) -> io::Result<Option<Bytes>> {
        while self.at < self.size_bytes {
            let broken = match timeout(IDLE_TIMEOUT, self.body.try_next()).await {
                Ok(Ok(Some(chunk))) => {
                    self.at += chunk.len() as u64;
                    return Ok(Some(chunk));
                }
                Ok(Ok(None)) => io::Error::from(io::ErrorKind::UnexpectedEof),
                Ok(Err(error)) => io::Error::other(error),
                Err(_) => io::Error::from(io::ErrorKind::TimedOut),
            };
            self.resume(broken).await?;
        }
        Ok(None)
    }

    /// Asks for the rest.
    async fn resume(&mut self, broken: io::Error) -> io::Result<()> {
        if self.resumes_left == 0 {
            let kind = broken.kind();
            let words = format!(
                "an object broke off after {} of {} bytes: {broken}",
                self.at, self.size_bytes
            );
            return Err(io::Error::new(kind, words));
        }
        self.resumes_left -= 1;
        let get = self.bucket.client.get_object().bucket(&self.bucket.settings.name);
        let rest = get
            .key(&self.key)
            .set_version_id(self.version.clone())
            .set_if_match(self.etag.clone())
            .range(format!("bytes={}-{}", self.at, self.size_bytes - 1));
        let answer = rest.send().await;
        self.body = answer
            .map_err(|error| s3_error("reading the rest of an object", error))?
            .body;
        Ok(())
    }
}
