//! Content-addressed objects in a bucket.

use std::io;
use std::time::SystemTime;

use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use bytes::Bytes;
use futures_util::stream::{self, TryStreamExt as _};

use super::fault::s3_error;
use super::read::Reading;
use super::{Bucket, patience};
use crate::{Announced, Area, ContentKey, Retention};

/// PUTs of one call that run at once.
const PUTS_AT_ONCE: usize = 16;

impl Bucket {
    pub(crate) async fn put_content(&self, objects: Vec<(ContentKey, Bytes)>) -> io::Result<()> {
        let puts = stream::iter(objects.into_iter().map(Ok));
        puts.try_for_each_concurrent(PUTS_AT_ONCE, |(key, bytes)| self.put_one(key, bytes))
            .await
    }

    async fn put_one(&self, key: ContentKey, bytes: Bytes) -> io::Result<()> {
        let put = self.content_put(&key, bytes.clone());
        let kept = match key.area.retention {
            Retention::UntilDeleted => put.if_none_match("*"),
            Retention::SinceLastPut { .. } => put,
        };
        match self.send(kept, bytes.len()).await {
            // It is there: the key is the hash of the bytes.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            // Somebody else puts or deletes it at the same time.
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {
                self.send(self.content_put(&key, bytes.clone()), bytes.len()).await
            }
            other => other,
        }
    }

    fn content_put(&self, key: &ContentKey, bytes: Bytes) -> PutObjectFluentBuilder {
        let announced = Announced {
            size_bytes: bytes.len() as u64,
            sha256: key.sha256,
        };
        self.put(self.content_key(key), announced)
            .cache_control(key.area.caching)
            .content_type(media_type(key.extension))
            .body(ByteStream::from(bytes))
    }

    async fn send(&self, put: PutObjectFluentBuilder, size: usize) -> io::Result<()> {
        let sent = put.customize().config_override(patience(size as u64)).send().await;
        sent.map(drop).map_err(|error| s3_error("storing an object", error))
    }

    /// # Errors
    /// `NotFound` when it is not there.
    pub(crate) async fn open_content(&self, key: &ContentKey) -> io::Result<Reading> {
        self.get(self.content_key(key), None).await
    }

    pub(crate) async fn delete_content(&self, keys: &[ContentKey]) -> io::Result<()> {
        let keys: Vec<_> = keys.iter().map(|key| (self.content_key(key), None)).collect();
        self.delete(&keys).await
    }

    /// Lists the area: nothing that anybody waits for.
    pub(crate) async fn delete_content_before(&self, area: Area, before: SystemTime) -> io::Result<u64> {
        let (prefix, before) = (
            format!("{}{}/", self.settings.prefix, area.prefix),
            DateTime::from(before),
        );
        let list = self.client.list_objects_v2().bucket(&self.settings.name).prefix(prefix);
        let mut pages = list.into_paginator().send();
        let mut deleted = 0;
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| s3_error("listing objects", error))?;
            let old = page.contents.unwrap_or_default().into_iter();
            let old = old.filter(|object| object.last_modified.is_some_and(|at| at < before));
            let old: Vec<_> = old.filter_map(|object| Some((object.key?, None))).collect();
            self.delete(&old).await?;
            deleted += old.len() as u64;
        }
        Ok(deleted)
    }

    /// The key of an object in the bucket.
    pub fn content_key(&self, key: &ContentKey) -> String {
        format!("{}{}/{}", self.settings.prefix, key.area.prefix, key.name())
    }
}

pub(super) fn media_type(extension: &str) -> &'static str {
    match extension {
        "png" => "image/png",
        "webp" => "image/webp",
        _ => "application/octet-stream",
    }
}
