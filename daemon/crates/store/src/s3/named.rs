//! Objects in a bucket by their names, for copies. Versions that come from another store keep their names: they are keys of their own.

use std::io;
use std::path::Path;

use aws_sdk_s3::primitives::ByteStream;
use uuid::Uuid;

use super::fault::s3_error;
use super::read::Reading;
use super::{Bucket, VERSION_MEDIA_TYPE, patience};
use crate::copy::{ObjectName, Section};
use crate::{Announced, VersionKey};

impl Bucket {
    /// The objects of a section, and their sizes.
    pub(crate) async fn list(&self, section: Section) -> io::Result<Vec<(ObjectName, u64)>> {
        match section {
            Section::Versions => {
                let mut found = self.list_versions().await?;
                let imported = self.keys("imported/").await?.into_iter();
                found.extend(imported.filter_map(|(key, size)| Some((ObjectName::Version(version_of(&key)?), size))));
                Ok(found)
            }
            Section::Quarantine => {
                let keys = self.keys("quarantine/").await?.into_iter();
                Ok(keys
                    .filter_map(|(key, size)| Some((ObjectName::Quarantined(version_of(&key)?), size)))
                    .collect())
            }
            Section::Content(area, first) => {
                let first = hex::encode([first]);
                let keys = self.keys(&format!("{}/{first}", area.prefix)).await?.into_iter();
                Ok(keys
                    .map(|(rest, size)| (ObjectName::Content(area.prefix, format!("{first}{rest}")), size))
                    .collect())
            }
        }
    }

    pub(crate) async fn open_named(&self, name: &ObjectName) -> io::Result<Reading> {
        match name {
            ObjectName::Version(key) => self.open_version(key).await,
            ObjectName::Quarantined(key) => self.get(self.quarantine_key(key), None).await,
            ObjectName::Content(area, name) => self.get(format!("{}{area}/{name}", self.settings.prefix), None).await,
        }
    }

    /// Stores a file where an object of this name is.
    pub(crate) async fn put_named(&self, name: &ObjectName, file: &Path, announced: Announced) -> io::Result<()> {
        let (key, media_type) = match name {
            ObjectName::Version(key) => (self.imported_key(key), VERSION_MEDIA_TYPE),
            ObjectName::Quarantined(key) => (self.quarantine_key(key), VERSION_MEDIA_TYPE),
            ObjectName::Content(area, name) => {
                let extension = name.split_once('.').map_or("", |(_, extension)| extension);
                (
                    format!("{}{area}/{name}", self.settings.prefix),
                    super::content::media_type(extension),
                )
            }
        };
        let body = ByteStream::read_from().path(file).build().await;
        let put = self
            .put(key, announced)
            .content_type(media_type)
            .body(body.map_err(io::Error::other)?);
        let put = put
            .customize()
            .config_override(patience(announced.size_bytes))
            .send()
            .await;
        put.map(drop).map_err(|error| s3_error("storing an object", error))
    }

    /// Keys below a prefix, without it.
    async fn keys(&self, prefix: &str) -> io::Result<Vec<(String, u64)>> {
        let prefix = format!("{}{prefix}", self.settings.prefix);
        let list = self
            .client
            .list_objects_v2()
            .bucket(&self.settings.name)
            .prefix(&prefix);
        let (mut pages, mut found) = (list.into_paginator().send(), Vec::new());
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| s3_error("listing objects", error))?;
            let named = page.contents.unwrap_or_default().into_iter().filter_map(|object| {
                let size = u64::try_from(object.size?).ok()?;
                Some((object.key?.strip_prefix(&prefix)?.to_owned(), size))
            });
            found.extend(named);
        }
        Ok(found)
    }
}

/// `<object>/<version>`.
fn version_of(name: &str) -> Option<VersionKey> {
    let (object, version) = name.split_once('/')?;
    Some(VersionKey {
        object_id: Uuid::parse_str(object).ok()?,
        version: version.to_owned(),
    })
}
