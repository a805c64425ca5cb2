//! The store as a bucket of S3 that keeps versions.
//!
//! ```text
//! <prefix>uploads/<object>                 versioned objects; the version is the bucket's
//! <prefix>imported/<object>/<version>      versions that came from another store
//! <prefix>quarantine/<object>/<version>    versions that are kept as evidence and never served
//! <prefix><area>/<sha256>[.webp]           content-addressed objects
//! ```
//! Every PUT names the SHA-256 of its bytes, which the server compares. A deleted content-addressed object stays as an older
//! version until the bucket's lifecycle rules delete it ([`lifecycle`]).

mod content;
mod examine;
mod fault;
pub mod lifecycle;
mod list;
mod named;
pub mod parts;
mod read;
mod requests;
mod signed;

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{Builder, RequestChecksumCalculation, ResponseChecksumValidation};
use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ServerSideEncryption;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use tokio::time::timeout;
use uuid::Uuid;

use crate::{Announced, VersionKey};
pub use examine::Fault;
use fault::s3_error;
pub(crate) use list::BucketWalk;
pub(crate) use read::Reading;
pub use requests::Requests;

/// A PUT that is slower than this is tried again.
const SLOWEST_BYTES_A_SECOND: u64 = 256 << 10;
/// Time for a PUT, besides that for its bytes.
const PUT_TIMEOUT: Duration = Duration::from_secs(30);
/// The media type of versioned objects.
const VERSION_MEDIA_TYPE: &str = "application/zip";

/// The bucket, and how objects are stored in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketSettings {
    pub name: String,
    /// In front of every key; empty, or ends with `/`.
    pub prefix: String,
    pub encryption: Encryption,
}

/// Encryption of objects at rest, named in every PUT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Encryption {
    /// With keys of S3.
    Aes256,
    /// With a key of the key management service; `None`: with its own for S3.
    Kms(Option<String>),
}

/// A bucket and its client.
#[derive(Debug, Clone)]
pub struct Bucket {
    client: Client,
    settings: Arc<BucketSettings>,
    requests: Requests,
}

impl Bucket {
    /// Makes the client. Asks nobody.
    pub fn new(client: Builder, settings: BucketSettings) -> Self {
        let requests = Requests::default();
        let client = client
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
            .interceptor(requests.clone());
        Self {
            client: Client::from_conf(client.build()),
            settings: Arc::new(settings),
            requests,
        }
    }

    pub fn settings(&self) -> &BucketSettings {
        &self.settings
    }

    /// The requests that were sent so far.
    pub fn requests(&self) -> &Requests {
        &self.requests
    }

    /// Asks whether the bucket is there.
    pub(crate) async fn check(&self, patience: Duration) -> io::Result<()> {
        let asked = timeout(patience, self.client.head_bucket().bucket(&self.settings.name).send()).await;
        match asked {
            Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, "the bucket does not answer")),
            Ok(answer) => answer
                .map(drop)
                .map_err(|error| s3_error("asking for the bucket", error)),
        }
    }

    /// Stores a file as a new version.
    pub(crate) async fn put_version(
        &self,
        object_id: Uuid,
        file: &Path,
        announced: Announced,
    ) -> io::Result<VersionKey> {
        let body = ByteStream::read_from().path(file).build().await;
        let put = self
            .put(self.upload_key(object_id), announced)
            .content_type(VERSION_MEDIA_TYPE)
            .body(body.map_err(io::Error::other)?);
        let answer = put
            .customize()
            .config_override(patience(announced.size_bytes))
            .send()
            .await;
        let answer = answer.map_err(|error| s3_error("storing an upload", error))?;
        Ok(VersionKey {
            object_id,
            version: version(answer.version_id)?,
        })
    }

    /// A version's bytes, from quarantine when it is there meanwhile.
    pub(crate) async fn open_version(&self, key: &VersionKey) -> io::Result<Reading> {
        let version = Some(key.version.clone());
        let mut opened = self.get(self.upload_key(key.object_id), version).await;
        for elsewhere in [self.quarantine_key(key), self.imported_key(key)] {
            match opened {
                Err(error) if error.kind() == io::ErrorKind::NotFound => opened = self.get(elsewhere, None).await,
                other => return other,
            }
        }
        opened
    }

    /// Copies a version into quarantine and deletes it where it was.
    pub(crate) async fn quarantine_version(&self, key: &VersionKey) -> io::Result<()> {
        let bucket = &self.settings.name;
        let uploaded = format!("{bucket}/{}?versionId={}", self.upload_key(key.object_id), key.version);
        let imported = format!("{bucket}/{}", self.imported_key(key));
        for from in [uploaded, imported] {
            match self.copy_into_quarantine(from, key).await {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
                Ok(()) => return self.delete_version(key).await,
            }
        }
        let head = self.client.head_object().bucket(bucket).key(self.quarantine_key(key));
        let there = head.send().await.map(drop);
        there.map_err(|error| s3_error("looking into quarantine", error))
    }

    async fn copy_into_quarantine(&self, from: String, key: &VersionKey) -> io::Result<()> {
        let copy = self.client.copy_object().bucket(&self.settings.name).copy_source(from);
        let mut copy = copy.key(self.quarantine_key(key));
        copy = match &self.settings.encryption {
            Encryption::Aes256 => copy.server_side_encryption(ServerSideEncryption::Aes256),
            Encryption::Kms(id) => copy
                .server_side_encryption(ServerSideEncryption::AwsKms)
                .set_ssekms_key_id(id.clone()),
        };
        let copied = copy.send().await.map(drop);
        copied.map_err(|error| s3_error("copying into quarantine", error))
    }

    pub(crate) async fn delete_version(&self, key: &VersionKey) -> io::Result<()> {
        let delete = || self.client.delete_object().bucket(&self.settings.name);
        let uploaded = delete().key(self.upload_key(key.object_id)).version_id(&key.version);
        // A deletion without a version leaves a marker, so that only those are asked for which may be there.
        let may_be_imported = Uuid::try_parse(&key.version).is_ok();
        let imported = may_be_imported.then(|| delete().key(self.imported_key(key)));
        for delete in [Some(uploaded), imported].into_iter().flatten() {
            match delete
                .send()
                .await
                .map_err(|error| s3_error("deleting a version", error))
            {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// A PUT of exactly these bytes, without them.
    fn put(&self, key: String, announced: Announced) -> PutObjectFluentBuilder {
        let put = self.client.put_object().bucket(&self.settings.name).key(key);
        let put = put
            .content_length(announced.size_bytes.cast_signed())
            .checksum_sha256(BASE64_STANDARD.encode(announced.sha256));
        match &self.settings.encryption {
            Encryption::Aes256 => put.server_side_encryption(ServerSideEncryption::Aes256),
            Encryption::Kms(id) => put
                .server_side_encryption(ServerSideEncryption::AwsKms)
                .set_ssekms_key_id(id.clone()),
        }
    }

    /// The versioned object that a key names.
    pub fn upload_of(&self, key: &str) -> Option<Uuid> {
        let name = key.strip_prefix(&self.settings.prefix)?.strip_prefix("uploads/")?;
        Uuid::parse_str(name).ok()
    }

    fn upload_key(&self, object_id: Uuid) -> String {
        format!("{}uploads/{object_id}", self.settings.prefix)
    }

    fn imported_key(&self, key: &VersionKey) -> String {
        format!("{}imported/{}/{}", self.settings.prefix, key.object_id, key.version)
    }

    fn quarantine_key(&self, key: &VersionKey) -> String {
        format!("{}quarantine/{}/{}", self.settings.prefix, key.object_id, key.version)
    }
}

/// More time for more bytes.
fn patience(size_bytes: u64) -> Builder {
    let answer = PUT_TIMEOUT + Duration::from_secs(size_bytes / SLOWEST_BYTES_A_SECOND);
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(answer).build();
    Builder::new().timeout_config(timeouts)
}

/// A bucket without versions names none, or all the same.
fn version(given: Option<String>) -> io::Result<String> {
    let advice = "the bucket keeps no versions: turn versioning on (tradepostd check says how)";
    given
        .filter(|version| version != "null")
        .ok_or_else(|| io::Error::new(io::ErrorKind::Unsupported, advice))
}
