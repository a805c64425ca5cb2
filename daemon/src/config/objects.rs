//! `[objects]`: where the objects are.

use std::path::PathBuf;

use serde::Deserialize;
use tradepost_store::s3::{BucketSettings, Encryption};

/// The object store: files in the state directory, or a bucket.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ObjectsConfig {
    pub store: ObjectPlace,
    /// The name of the bucket.
    pub bucket: Option<String>,
    /// In front of every key; empty, or ends with `/`.
    pub prefix: String,
    /// The region of the bucket. Default: `aws.region`.
    pub region: Option<String>,
    /// Another server than Amazon's. Default: `aws.endpoint`.
    pub endpoint: Option<String>,
    pub encryption: ObjectEncryption,
    /// The URL of the queue on SQS that hears of new objects. Default: clients say when their bytes are complete, and a sweep looks for
    /// the rest.
    pub events_queue: Option<String>,
    /// The key for `encryption = "kms"`. Default: the one that S3 has of the account.
    pub kms_key: Option<String>,
    pub cloudfront: CloudfrontConfig,
}

/// A distribution of CloudFront in front of bucket and API (`deploy/cloudfront`).
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CloudfrontConfig {
    /// Its address, without a / at the end. With it, `key_pair_id` and `private_key_file`, files are fetched there, by signed URLs.
    pub url: Option<String>,
    /// The id of the public key in its key group.
    pub key_pair_id: Option<String>,
    /// The private key: ECDSA P-256, PKCS#8, PEM.
    pub private_key_file: Option<PathBuf>,
    /// The distribution that is told to forget pictures that were withdrawn.
    pub distribution_id: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ObjectPlace {
    #[default]
    Files,
    S3,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ObjectEncryption {
    #[default]
    Aes256,
    Kms,
}

impl ObjectsConfig {
    /// The bucket. `None`: objects are files.
    pub fn bucket(&self) -> Option<BucketSettings> {
        let name = self.bucket.clone().filter(|_| self.store == ObjectPlace::S3)?;
        Some(BucketSettings {
            name,
            prefix: self.prefix.clone(),
            encryption: match self.encryption {
                ObjectEncryption::Aes256 => Encryption::Aes256,
                ObjectEncryption::Kms => Encryption::Kms(self.kms_key.clone()),
            },
        })
    }
}
