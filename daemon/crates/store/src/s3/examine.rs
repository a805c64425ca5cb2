//! Looks for what is wrong with a bucket, by trying all that the store does.

use std::io;

use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::BucketVersioningStatus;
use uuid::Uuid;

use super::Bucket;
use super::fault::s3_error;
use crate::{Announced, Area, sha256};

const BYTES: &[u8] = b"tradepostd check";

/// Something wrong, and its remedy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub what: String,
    pub mend: String,
}

impl Bucket {
    /// All that is wrong with the bucket. An object is put, read and deleted.
    pub async fn faults(&self, areas: &[Area]) -> Vec<Fault> {
        if let Some(fault) = self.reach().await {
            // Nothing else can be tried.
            return vec![fault];
        }
        let mut faults: Vec<_> = self.versioning().await.into_iter().collect();
        faults.extend(self.objects().await.err());
        match self.missing_rules(areas).await {
            Ok(missing) if missing.is_empty() => {}
            Ok(missing) => faults.push(Fault {
                what: format!("{} lifecycle rules are missing or others", missing.len()),
                mend: "run `tradepostd store lifecycle --apply`".to_owned(),
            }),
            Err(error) => faults.push(Fault {
                what: error.to_string(),
                mend: "allow s3:GetLifecycleConfiguration, or set the rules by hand".to_owned(),
            }),
        }
        faults
    }

    async fn reach(&self) -> Option<Fault> {
        let name = &self.settings.name;
        let error = self.client.head_bucket().bucket(name).send().await.err()?;
        let answer = error.raw_response();
        let status = answer.map(|answer| answer.status().as_u16());
        let region = answer
            .and_then(|answer| answer.headers().get("x-amz-bucket-region"))
            .map(str::to_owned);
        let (what, mend) = match (status, region) {
            (Some(301), Some(region)) => (
                format!("the bucket {name} is in another region"),
                format!("set objects.region to {region:?}"),
            ),
            (Some(404), _) => (
                format!("there is no bucket {name}"),
                format!("make it: aws s3 mb s3://{name}, or correct objects.bucket"),
            ),
            (Some(403), _) => (
                format!("the credentials do not open the bucket {name}"),
                "give the machine's role the policy in docs/OPERATIONS.md, \"Objects in S3\"".to_owned(),
            ),
            _ => (
                s3_error("asking for the bucket", error).to_string(),
                "look at aws.endpoint, aws.region, the credentials and the network".to_owned(),
            ),
        };
        Some(Fault { what, mend })
    }

    async fn versioning(&self) -> Option<Fault> {
        let name = &self.settings.name;
        let asked = self.client.get_bucket_versioning().bucket(name).send().await;
        let what = match asked.map_err(|error| s3_error("asking for versioning", error)) {
            Ok(answer) if answer.status == Some(BucketVersioningStatus::Enabled) => return None,
            Ok(_) => format!("the bucket {name} keeps no versions, so that what was scanned could be overwritten"),
            Err(error) => error.to_string(),
        };
        let mend = format!("aws s3api put-bucket-versioning --bucket {name} --versioning-configuration Status=Enabled");
        Some(Fault { what, mend })
    }

    /// Puts an object, tries to put other bytes in its name, reads and deletes it.
    async fn objects(&self) -> Result<(), Fault> {
        let fault = |needs: &'static str| {
            move |error: io::Error| Fault {
                what: error.to_string(),
                mend: format!("allow {needs} in the policy of the role"),
            }
        };
        let key = format!("{}tmp/{}", self.settings.prefix, Uuid::new_v4());
        let announced = Announced {
            size_bytes: BYTES.len() as u64,
            sha256: sha256(BYTES),
        };
        let wrong = Announced {
            sha256: sha256(b"other"),
            ..announced
        };
        let put = |announced| self.put(key.clone(), announced).body(ByteStream::from_static(BYTES));
        let refused = put(wrong).send().await;
        if refused.is_ok() {
            let _ = self
                .client
                .delete_object()
                .bucket(&self.settings.name)
                .key(&key)
                .send()
                .await;
            return Err(Fault {
                what: "the server stores bytes that do not have the announced SHA-256".to_owned(),
                mend: "use a server that checks x-amz-checksum-sha256".to_owned(),
            });
        }
        let made = put(announced).send().await;
        let made = made
            .map_err(|error| s3_error("putting an object", error))
            .map_err(fault("s3:PutObject"))?;
        let again = put(announced).if_none_match("*").send().await;
        let is_conditional = again.is_err_and(|error| error.code() == Some("PreconditionFailed"));
        let read = self.get(key.clone(), made.version_id.clone()).await;
        read.map_err(fault("s3:GetObject and s3:GetObjectVersion"))?;
        let delete = self.client.delete_object().bucket(&self.settings.name).key(key);
        let deleted = delete.set_version_id(made.version_id).send().await;
        let deleted = deleted.map_err(|error| s3_error("deleting an object", error));
        deleted.map_err(fault("s3:DeleteObject and s3:DeleteObjectVersion"))?;
        let missing = Fault {
            what: "the server ignores If-None-Match, so that every object is stored again and again".to_owned(),
            mend: "use a server that knows conditional writes".to_owned(),
        };
        is_conditional.then_some(()).ok_or(missing)
    }
}
