//! The store of the marketplace as configured, and the keys of its content-addressed objects.

use std::path::Path;
use std::time::Duration;

use tradepost_queue::sqs::payloads::PAYLOADS;
use tradepost_store::s3::Bucket;
use tradepost_store::{Area, ContentKey, Retention, Store};

use crate::aws;
use crate::config::{AwsConfig, Config};

/// Time for one try of a request; the bodies of PUTs and GETs have their own.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// Files taken out of packs, private: reachable only by presigned URL.
const MEMBERS: Area = Area {
    prefix: "m",
    retention: Retention::UntilDeleted,
    caching: "private, no-store",
};
/// Renditions, public once their item is.
const RENDITIONS: Area = Area {
    prefix: "r",
    retention: Retention::UntilDeleted,
    caching: "public, max-age=31536000, immutable",
};

/// All areas.
pub const AREAS: [Area; 3] = [MEMBERS, RENDITIONS, PAYLOADS];

/// Key of a file that was taken out of a pack, or of its sanitized copy.
pub fn member_key(sha256: [u8; 32]) -> ContentKey {
    ContentKey {
        area: MEMBERS,
        sha256,
        extension: "",
    }
}

/// Key of a rendition or contact sheet.
pub fn rendition_key(sha256: [u8; 32], extension: &'static str) -> ContentKey {
    ContentKey {
        area: RENDITIONS,
        sha256,
        extension,
    }
}

/// Opens the store. Files, also temporary ones, are in the state directory.
///
/// # Errors
/// The directory can not be used, or nothing says which region.
pub async fn open(config: &Config, state: &Path) -> anyhow::Result<Store> {
    let root = state.join("objects");
    match bucket(config).await? {
        Some(bucket) => Store::open_bucket(root, bucket),
        None => Store::open(root),
    }
}

/// The bucket as configured. `None`: objects are files.
///
/// # Errors
/// Nothing says which region.
pub async fn bucket(config: &Config) -> anyhow::Result<Option<Bucket>> {
    let Some(settings) = config.objects.bucket() else {
        return Ok(None);
    };
    let aws = AwsConfig {
        region: config.objects.region.clone().or_else(|| config.aws.region.clone()),
        endpoint: config.objects.endpoint.clone().or_else(|| config.aws.endpoint.clone()),
    };
    // Only Amazon's buckets are host names.
    let client = aws_sdk_s3::config::Builder::from(&aws::load(&aws, ANSWER_TIMEOUT).await?)
        .force_path_style(aws.endpoint.is_some());
    Ok(Some(Bucket::new(client, settings)))
}
