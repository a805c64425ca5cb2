//! Objects that are larger than one PUT should be: uploads in parts, of the daemon itself and of others.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::time::Duration;

use aws_sdk_s3::operation::create_multipart_upload::builders::CreateMultipartUploadFluentBuilder;
use aws_sdk_s3::primitives::{ByteStream, Length};
use aws_sdk_s3::types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart, ServerSideEncryption};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use tokio::io::AsyncWriteExt as _;
use uuid::Uuid;

use super::fault::s3_error;
use super::signed::presigning;
use super::{Bucket, Encryption, VERSION_MEDIA_TYPE, patience};
use crate::SignedPut;

/// Bytes of each part but the last of an upload by others.
pub const PART_BYTES: u64 = 16 << 20;
/// Bytes of each part of a file of the daemon's own: S3 takes 10,000 parts.
const OWN_PART_BYTES: u64 = 64 << 20;

/// A part that has arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// From 1.
    pub number: i32,
    pub size_bytes: u64,
    etag: Option<String>,
    sha256: Option<String>,
}

impl Bucket {
    /// Begins an upload in parts of a versioned object. Returns its id.
    pub async fn start_parts(&self, object_id: Uuid) -> io::Result<String> {
        let create = self.create_parts(self.upload_key(object_id));
        begin(
            create
                .content_type(VERSION_MEDIA_TYPE)
                .checksum_algorithm(ChecksumAlgorithm::Sha256),
        )
        .await
    }

    /// A PUT of exactly this part: its length and its SHA-256 are signed.
    pub async fn sign_part(
        &self,
        (object_id, upload_id): (Uuid, &str),
        number: i32,
        announced: crate::Announced,
        valid_for: Duration,
    ) -> io::Result<SignedPut> {
        let part = self.client.upload_part().bucket(&self.settings.name);
        let part = part
            .key(self.upload_key(object_id))
            .upload_id(upload_id)
            .part_number(number)
            .content_length(announced.size_bytes.cast_signed())
            .checksum_sha256(BASE64_STANDARD.encode(announced.sha256));
        let part = part.presigned(presigning(valid_for)?).await;
        let part = part.map_err(|error| s3_error("signing a part", error))?;
        let headers = part.headers().map(|(name, value)| (name.to_owned(), value.to_owned()));
        Ok(SignedPut {
            url: part.uri().to_owned(),
            headers: headers.collect::<BTreeMap<_, _>>(),
        })
    }

    /// The parts that have arrived, by number. None where the upload has ended.
    pub async fn parts(&self, object_id: Uuid, upload_id: &str) -> io::Result<Vec<Part>> {
        let list = self.client.list_parts().bucket(&self.settings.name);
        let list = list.key(self.upload_key(object_id)).upload_id(upload_id);
        let (mut pages, mut parts) = (list.into_paginator().send(), Vec::new());
        while let Some(page) = pages.next().await {
            let page = match page.map_err(|error| s3_error("listing parts", error)) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
                other => other?,
            };
            parts.extend(page.parts.unwrap_or_default().into_iter().filter_map(|part| {
                Some(Part {
                    number: part.part_number?,
                    size_bytes: u64::try_from(part.size?).ok()?,
                    etag: part.e_tag,
                    sha256: part.checksum_sha256,
                })
            }));
        }
        Ok(parts)
    }

    /// Makes the parts one object.
    pub async fn finish_parts(&self, object_id: Uuid, upload_id: &str, parts: Vec<Part>) -> io::Result<()> {
        self.complete_parts(self.upload_key(object_id), upload_id, parts).await
    }

    /// Gives an upload in parts up. Idempotent.
    pub async fn abort_parts(&self, object_id: Uuid, upload_id: &str) -> io::Result<()> {
        self.abort(self.upload_key(object_id), upload_id).await
    }

    /// Stores a file of any size under a name of its own.
    pub async fn put_file(&self, name: &str, path: &Path) -> io::Result<()> {
        let key = format!("{}{name}", self.settings.prefix);
        let upload_id = begin(self.create_parts(key.clone())).await?;
        let stored = async {
            let parts = self.put_parts(&key, &upload_id, path).await?;
            self.complete_parts(key.clone(), &upload_id, parts).await
        };
        let stored = stored.await;
        if stored.is_err() {
            // The lifecycle rules end it where this fails.
            let _ = self.abort(key, &upload_id).await;
        }
        stored
    }

    /// Fetches a file that [`put_file`](Self::put_file) has stored.
    ///
    /// # Errors
    /// `NotFound` when it is not there.
    pub async fn get_file(&self, name: &str, path: &Path) -> io::Result<()> {
        use futures_util::TryStreamExt as _;
        let reading = self.get(format!("{}{name}", self.settings.prefix), None).await?;
        let mut file = tokio::fs::OpenOptions::new();
        let mut file = file
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(path)
            .await?;
        let mut chunks = std::pin::pin!(reading.into_stream());
        while let Some(chunk) = chunks.try_next().await? {
            file.write_all(&chunk).await?;
        }
        file.sync_all().await
    }

    async fn put_parts(&self, key: &str, upload_id: &str, path: &Path) -> io::Result<Vec<Part>> {
        let size_bytes = tokio::fs::metadata(path).await?.len();
        let mut parts = Vec::new();
        let mut at = 0;
        for number in 1.. {
            let length = OWN_PART_BYTES.min(size_bytes - at);
            let body = ByteStream::read_from()
                .path(path)
                .offset(at)
                .length(Length::Exact(length));
            let put = self.client.upload_part().bucket(&self.settings.name).key(key);
            let put = put
                .upload_id(upload_id)
                .part_number(number)
                .content_length(length.cast_signed())
                .body(body.build().await.map_err(io::Error::other)?);
            let put = put.customize().config_override(patience(length)).send().await;
            let put = put.map_err(|error| s3_error("storing a part", error))?;
            at += length;
            parts.push(Part {
                number,
                size_bytes: length,
                etag: put.e_tag,
                sha256: None,
            });
            if at == size_bytes {
                break;
            }
        }
        Ok(parts)
    }

    fn create_parts(&self, key: String) -> CreateMultipartUploadFluentBuilder {
        let create = self
            .client
            .create_multipart_upload()
            .bucket(&self.settings.name)
            .key(key);
        match &self.settings.encryption {
            Encryption::Aes256 => create.server_side_encryption(ServerSideEncryption::Aes256),
            Encryption::Kms(id) => create
                .server_side_encryption(ServerSideEncryption::AwsKms)
                .set_ssekms_key_id(id.clone()),
        }
    }

    async fn complete_parts(&self, key: String, upload_id: &str, parts: Vec<Part>) -> io::Result<()> {
        let parts = parts.into_iter().map(|part| {
            CompletedPart::builder()
                .part_number(part.number)
                .set_e_tag(part.etag)
                .set_checksum_sha256(part.sha256)
                .build()
        });
        let parts = CompletedMultipartUpload::builder()
            .set_parts(Some(parts.collect()))
            .build();
        let complete = self.client.complete_multipart_upload().bucket(&self.settings.name);
        let complete = complete
            .key(key)
            .upload_id(upload_id)
            .multipart_upload(parts)
            .send()
            .await;
        complete.map(drop).map_err(|error| s3_error("joining parts", error))
    }

    async fn abort(&self, key: String, upload_id: &str) -> io::Result<()> {
        let abort = self.client.abort_multipart_upload().bucket(&self.settings.name);
        let aborted = abort.key(key).upload_id(upload_id).send().await;
        match aborted.map_err(|error| s3_error("giving parts up", error)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

async fn begin(create: CreateMultipartUploadFluentBuilder) -> io::Result<String> {
    let created = create.send().await;
    let created = created.map_err(|error| s3_error("beginning an upload in parts", error))?;
    let id = created.upload_id;
    id.ok_or_else(|| io::Error::other("beginning an upload in parts: it has no id"))
}
