//! Signed requests of others to the bucket, and what came of them.

use std::io;
use std::time::Duration;

use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::types::ChecksumMode;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use uuid::Uuid;

use super::fault::s3_error;
use super::{Bucket, VERSION_MEDIA_TYPE, version};
use crate::{Announced, ContentKey, SignedPut, Uploaded, VersionKey};

impl Bucket {
    /// A PUT of exactly these bytes: their number, their SHA-256 and their encryption are signed.
    pub(crate) async fn sign_put(
        &self,
        object_id: Uuid,
        announced: Announced,
        valid_for: Duration,
    ) -> io::Result<SignedPut> {
        let put = self
            .put(self.upload_key(object_id), announced)
            .content_type(VERSION_MEDIA_TYPE);
        let put = put.presigned(presigning(valid_for)?).await;
        let put = put.map_err(|error| s3_error("signing a PUT", error))?;
        let headers = put.headers().map(|(name, value)| (name.to_owned(), value.to_owned()));
        Ok(SignedPut {
            url: put.uri().to_owned(),
            headers: headers.collect(),
        })
    }

    /// A GET of a content-addressed object that saves it under this name.
    pub async fn sign_get(&self, key: &ContentKey, saved_as: &str, valid_for: Duration) -> io::Result<String> {
        let get = self
            .client
            .get_object()
            .bucket(&self.settings.name)
            .key(self.content_key(key));
        let get = get.response_content_disposition(format!("attachment; filename=\"{saved_as}\""));
        let get = get.presigned(presigning(valid_for)?).await;
        let get = get.map_err(|error| s3_error("signing a GET", error))?;
        Ok(get.uri().to_owned())
    }

    pub(crate) async fn uploaded(&self, object_id: Uuid) -> io::Result<Option<Uploaded>> {
        let head = self
            .client
            .head_object()
            .bucket(&self.settings.name)
            .key(self.upload_key(object_id));
        let head = head.checksum_mode(ChecksumMode::Enabled).send().await;
        let head = match head.map_err(|error| s3_error("looking for an upload", error)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other?,
        };
        let size_bytes = head.content_length.and_then(|length| u64::try_from(length).ok());
        // An object of several parts has the hash of their hashes, with a number behind it.
        let sha256 = head.checksum_sha256.and_then(|text| BASE64_STANDARD.decode(text).ok());
        Ok(Some(Uploaded {
            key: VersionKey {
                object_id,
                version: version(head.version_id)?,
            },
            size_bytes: size_bytes.unwrap_or_default(),
            sha256: sha256.and_then(|digest| digest.try_into().ok()),
        }))
    }
}

pub(super) fn presigning(valid_for: Duration) -> io::Result<PresigningConfig> {
    PresigningConfig::expires_in(valid_for).map_err(io::Error::other)
}
