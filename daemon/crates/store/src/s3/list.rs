//! Lists and deletes versions. No request of a client waits for it.

use std::io;
use std::time::SystemTime;

use aws_sdk_s3::operation::list_object_versions::ListObjectVersionsOutput;
use aws_sdk_s3::primitives::DateTime;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use uuid::Uuid;

use super::Bucket;
use super::fault::s3_error;
use crate::VersionKey;
use crate::copy::ObjectName;

/// As many as S3 deletes at once.
const BATCH: usize = 1_000;

/// A walk that stands between two pages of a listing.
#[derive(Debug)]
pub(crate) struct BucketWalk {
    bucket: Bucket,
    before: DateTime,
    /// Key and version after which the next page begins. `None`: there is none.
    after: Option<(Option<String>, Option<String>)>,
}

impl BucketWalk {
    pub(crate) async fn next(self) -> io::Result<Option<(Vec<VersionKey>, Self)>> {
        let Some((key, version)) = self.after else {
            return Ok(None);
        };
        let prefix = format!("{}uploads/", self.bucket.settings.prefix);
        let mut page = self.bucket.versions_page(&prefix, key, version).await?;
        let more = page.is_truncated.unwrap_or_default();
        let after = more.then(|| (page.next_key_marker.take(), page.next_version_id_marker.take()));
        let old = page.versions.unwrap_or_default().into_iter();
        let old = old.filter(|version| version.last_modified.is_some_and(|at| at < self.before));
        let keys = old.filter_map(|version| {
            let object_id = Uuid::parse_str(version.key?.strip_prefix(&prefix)?).ok()?;
            let version = version.version_id?;
            Some(VersionKey { object_id, version })
        });
        Ok(Some((keys.collect(), Self { after, ..self })))
    }
}

impl Bucket {
    pub(crate) fn versions_before(&self, before: SystemTime) -> BucketWalk {
        BucketWalk {
            bucket: self.clone(),
            before: before.into(),
            after: Some((None, None)),
        }
    }

    pub(crate) async fn delete_versions(&self, object_id: Uuid) -> io::Result<()> {
        let key = self.upload_key(object_id);
        loop {
            let page = self.versions_page(&key, None, None).await?;
            let versions = page.versions.unwrap_or_default().into_iter();
            let versions = versions.map(|version| (version.key, version.version_id));
            let markers = page.delete_markers.unwrap_or_default().into_iter();
            let markers = markers.map(|marker| (marker.key, marker.version_id));
            let found: Vec<_> = versions
                .chain(markers)
                .filter_map(|(found, version)| Some((found.filter(|found| *found == key)?, version)))
                .collect();
            self.delete(&found).await?;
            if found.is_empty() || !page.is_truncated.unwrap_or_default() {
                return Ok(());
            }
        }
    }

    /// All versions, and their sizes.
    pub(super) async fn list_versions(&self) -> io::Result<Vec<(ObjectName, u64)>> {
        let prefix = format!("{}uploads/", self.settings.prefix);
        let (mut found, mut after) = (Vec::new(), Some((None, None)));
        while let Some((key, version)) = after {
            let mut page = self.versions_page(&prefix, key, version).await?;
            let more = page.is_truncated.unwrap_or_default();
            after = more.then(|| (page.next_key_marker.take(), page.next_version_id_marker.take()));
            let versions = page.versions.unwrap_or_default().into_iter().filter_map(|version| {
                let key = VersionKey {
                    object_id: Uuid::parse_str(version.key?.strip_prefix(&prefix)?).ok()?,
                    version: version.version_id?,
                };
                Some((ObjectName::Version(key), u64::try_from(version.size?).ok()?))
            });
            found.extend(versions);
        }
        Ok(found)
    }

    /// Deletes keys, or versions of them.
    pub(super) async fn delete(&self, keys: &[(String, Option<String>)]) -> io::Result<()> {
        for keys in keys.chunks(BATCH) {
            let objects = keys.iter().map(|(key, version)| {
                let object = ObjectIdentifier::builder().key(key).set_version_id(version.clone());
                object.build().map_err(io::Error::other)
            });
            let objects = objects.collect::<io::Result<Vec<_>>>()?;
            let delete = Delete::builder().set_objects(Some(objects)).quiet(true).build();
            let delete = delete.map_err(io::Error::other)?;
            let sent = self.client.delete_objects().bucket(&self.settings.name).delete(delete);
            let answer = sent.send().await;
            let answer = answer.map_err(|error| s3_error("deleting objects", error))?;
            if let Some(error) = answer.errors().first() {
                let code = error.code().unwrap_or("no reason given");
                let words = format!("deleting {}: {code}", error.key().unwrap_or("an object"));
                return Err(io::Error::other(words));
            }
        }
        Ok(())
    }

    async fn versions_page(
        &self,
        prefix: &str,
        key: Option<String>,
        version: Option<String>,
    ) -> io::Result<ListObjectVersionsOutput> {
        let list = self.client.list_object_versions().bucket(&self.settings.name);
        let list = list.prefix(prefix).set_key_marker(key).set_version_id_marker(version);
        list.send().await.map_err(|error| s3_error("listing versions", error))
    }
}
