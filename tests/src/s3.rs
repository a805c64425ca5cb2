//! Buckets on the server that `sqs.rs` starts: it speaks the protocol of S3 too.

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use futures_util::stream::{self, StreamExt as _};
use tokio::runtime::Runtime;

use crate::sqs::{REGION, Sqs, credentials};

const PUTS_AT_ONCE: usize = 16;

/// A bucket of one test's own.
pub struct Bucket {
    /// `http://127.0.0.1:<port>`.
    pub endpoint: String,
    pub name: String,
    client: Client,
    runtime: Runtime,
}

impl Bucket {
    /// Makes a bucket. `None`, with a word about it, where the server is not installed.
    pub fn create() -> Option<Self> {
        let server = Sqs::start()?;
        let [(_, id), (_, key)] = credentials();
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(REGION))
            .endpoint_url(&server.endpoint)
            .force_path_style(true)
            .credentials_provider(Credentials::new(id, key, None, None, "test"))
            .http_client(aws_smithy_http_client::Builder::new().build_http());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let bucket = Self {
            endpoint: server.endpoint,
            name: format!("{}pictures", server.prefix),
            client: Client::from_conf(config.build()),
            runtime: runtime.expect("a runtime starts"),
        };
        let place = CreateBucketConfiguration::builder().location_constraint(BucketLocationConstraint::from(REGION));
        let made = bucket.client.create_bucket().bucket(&bucket.name);
        let made = made.create_bucket_configuration(place.build()).send();
        bucket.runtime.block_on(made).expect("a bucket is made");
        Some(bucket)
    }

    /// Puts objects.
    pub fn put(&self, objects: impl IntoIterator<Item = (String, Vec<u8>)>) {
        let puts = stream::iter(objects).map(|(key, bytes)| {
            let put = self.client.put_object().bucket(&self.name).key(key);
            put.body(ByteStream::from(bytes)).send()
        });
        let done = puts.buffer_unordered(PUTS_AT_ONCE).for_each(|put| {
            put.expect("an object is put");
            std::future::ready(())
        });
        self.runtime.block_on(done);
    }

    /// Deletes an object.
    pub fn delete(&self, key: &str) {
        let delete = self.client.delete_object().bucket(&self.name).key(key).send();
        self.runtime.block_on(delete).expect("an object is deleted");
    }

    /// Lets everybody do what the policy says.
    pub fn set_policy(&self, policy: &serde_json::Value) {
        let put = self.client.put_bucket_policy().bucket(&self.name);
        let put = put.policy(policy.to_string()).send();
        self.runtime.block_on(put).expect("the policy is taken");
    }

    /// The environment of a program that reads this bucket, without the machine's own credentials.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let mut variables = vec![
            ("AWS_REGION", REGION.to_owned()),
            ("AWS_ENDPOINT_URL", self.endpoint.clone()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
            ("AWS_CONFIG_FILE", "/nonexistent".to_owned()),
            ("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent".to_owned()),
        ];
        variables.extend(credentials().map(|(name, value)| (name, value.to_owned())));
        variables
    }
}
