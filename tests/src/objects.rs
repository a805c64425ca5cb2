//! A bucket that keeps versions, on the server that `sqs.rs` starts, for the store.

use std::path::Path;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Builder, Credentials, Region};
use aws_sdk_s3::types::{
    BucketLocationConstraint, BucketVersioningStatus, CreateBucketConfiguration, VersioningConfiguration,
};
use tradepost_store::Store;
use tradepost_store::s3::{Bucket, BucketSettings, Encryption};

use crate::Options;
use crate::sqs::{REGION, Sqs, credentials};

const PREFIX: &str = "shop/";

/// A bucket of one test's own.
pub struct ObjectServer {
    /// `http://127.0.0.1:<port>`.
    pub endpoint: String,
    pub bucket: String,
    /// For what the store never does.
    pub client: Client,
    /// The queues of the same server.
    pub sqs: Sqs,
}

impl ObjectServer {
    /// Makes a bucket. `None`, with a word about it, where the server is not installed.
    pub async fn create() -> Option<Self> {
        let sqs = Sqs::start()?;
        let server = Self {
            endpoint: sqs.endpoint.clone(),
            bucket: format!("{}objects", sqs.prefix),
            client: Client::from_conf(client(&sqs.endpoint).build()),
            sqs,
        };
        let place = CreateBucketConfiguration::builder().location_constraint(BucketLocationConstraint::from(REGION));
        let make = server.client.create_bucket().bucket(&server.bucket);
        let make = make.create_bucket_configuration(place.build()).send();
        make.await.expect("a bucket is made");
        server.keep_versions(BucketVersioningStatus::Enabled).await;
        Some(server)
    }

    /// Stops keeping versions.
    pub async fn suspend_versions(&self) {
        self.keep_versions(BucketVersioningStatus::Suspended).await;
    }

    async fn keep_versions(&self, status: BucketVersioningStatus) {
        let versions = VersioningConfiguration::builder().status(status).build();
        let put = self.client.put_bucket_versioning().bucket(&self.bucket);
        let put = put.versioning_configuration(versions).send();
        put.await.expect("versions are kept or not");
    }

    /// The bucket as the store has it, by an address of its server.
    pub fn at(&self, endpoint: &str) -> Bucket {
        let settings = BucketSettings {
            name: self.bucket.clone(),
            prefix: PREFIX.to_owned(),
            encryption: Encryption::Aes256,
        };
        Bucket::new(client(endpoint), settings)
    }

    /// The store in the bucket, with its temporary files in a folder.
    pub fn store(&self, folder: &Path) -> Store {
        self.store_at(&self.endpoint, folder)
    }

    /// As `store`, by another address of the server.
    pub fn store_at(&self, endpoint: &str, folder: &Path) -> Store {
        Store::open_bucket(folder.to_owned(), self.at(endpoint)).expect("the folder is ours")
    }

    /// The configuration of a daemon whose objects are in the bucket.
    pub fn options(&self) -> Options {
        let mut options = Options::default()
            .set("OBJECTS__STORE", "s3")
            .set("OBJECTS__BUCKET", &self.bucket)
            .set("OBJECTS__PREFIX", PREFIX)
            .set("AWS__REGION", REGION)
            .set("AWS__ENDPOINT", &self.endpoint);
        let keys = credentials().map(|(name, value)| (name.to_owned(), value.to_owned()));
        options.variables.extend(keys);
        options
    }

    /// A client that knows nothing of S3.
    pub fn http(&self) -> reqwest::Client {
        crate::app::client_builder()
            .build()
            .expect("a client without TLS roots can be made")
    }
}

fn client(endpoint: &str) -> Builder {
    let [(_, id), (_, key)] = credentials();
    aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .endpoint_url(endpoint)
        .force_path_style(true)
        .credentials_provider(Credentials::new(id, key, None, None, "test"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
}
