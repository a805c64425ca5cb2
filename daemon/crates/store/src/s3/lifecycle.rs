//! The lifecycle rules of the bucket: it deletes by itself what nobody needs any more.

use std::io;

use aws_sdk_s3::types::{
    AbortIncompleteMultipartUpload, BucketLifecycleConfiguration, ExpirationStatus, LifecycleExpiration, LifecycleRule,
    LifecycleRuleFilter, NoncurrentVersionExpiration,
};

use super::Bucket;
use super::fault::s3_error;
use crate::{Area, Retention};

/// Days for which a deleted content-addressed object can be brought back.
const KEEP_DELETED_DAYS: i32 = 7;
/// An upload in parts that nobody ends.
const ABORT_AFTER_DAYS: i32 = 1;

impl Bucket {
    /// The rules that the bucket should have.
    ///
    /// # Errors
    /// None that a caller can mend.
    pub fn lifecycle_rules(&self, areas: &[Area]) -> io::Result<Vec<LifecycleRule>> {
        let parts = AbortIncompleteMultipartUpload::builder().days_after_initiation(ABORT_AFTER_DAYS);
        let uploads = self.rule("uploads").abort_incomplete_multipart_upload(parts.build());
        let mut rules = vec![uploads.build().map_err(io::Error::other)?];
        for area in areas {
            let expiration = match area.retention {
                Retention::UntilDeleted => LifecycleExpiration::builder().expired_object_delete_marker(true),
                Retention::SinceLastPut { days } => LifecycleExpiration::builder().days(i32::from(days) + 1),
            };
            let older = NoncurrentVersionExpiration::builder().noncurrent_days(KEEP_DELETED_DAYS);
            let rule = self.rule(area.prefix).expiration(expiration.build());
            let rule = rule.noncurrent_version_expiration(older.build()).build();
            rules.push(rule.map_err(io::Error::other)?);
        }
        Ok(rules)
    }

    /// The rules that the bucket lacks, or has otherwise.
    pub async fn missing_rules(&self, areas: &[Area]) -> io::Result<Vec<LifecycleRule>> {
        let present = self.present_rules().await?;
        let mut missing = self.lifecycle_rules(areas)?;
        missing.retain(|rule| !present.contains(rule));
        Ok(missing)
    }

    /// Gives the bucket its rules. Rules of others stay.
    pub async fn apply_rules(&self, areas: &[Area]) -> io::Result<()> {
        let ours = self.lifecycle_rules(areas)?;
        let mut rules = self.present_rules().await?;
        rules.retain(|rule| !ours.iter().any(|our| our.id == rule.id));
        rules.extend(ours);
        let rules = BucketLifecycleConfiguration::builder().set_rules(Some(rules)).build();
        let rules = rules.map_err(io::Error::other)?;
        let put = self
            .client
            .put_bucket_lifecycle_configuration()
            .bucket(&self.settings.name);
        let put = put.lifecycle_configuration(rules).send().await;
        put.map(drop)
            .map_err(|error| s3_error("setting the lifecycle rules", error))
    }

    async fn present_rules(&self) -> io::Result<Vec<LifecycleRule>> {
        let get = self
            .client
            .get_bucket_lifecycle_configuration()
            .bucket(&self.settings.name);
        match get
            .send()
            .await
            .map_err(|error| s3_error("reading the lifecycle rules", error))
        {
            Ok(answer) => Ok(answer.rules.unwrap_or_default()),
            Err(error) if error.to_string().contains("NoSuchLifecycleConfiguration") => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    fn rule(&self, area: &str) -> aws_sdk_s3::types::builders::LifecycleRuleBuilder {
        let prefix = format!("{}{area}/", self.settings.prefix);
        LifecycleRule::builder()
            .id(format!("tradepost {prefix}"))
            .status(ExpirationStatus::Enabled)
            .filter(LifecycleRuleFilter::builder().prefix(prefix).build())
    }
}

/// A rule in words.
pub fn describe(rule: &LifecycleRule) -> String {
    let prefix = rule.filter().and_then(LifecycleRuleFilter::prefix).unwrap_or_default();
    let mut does = Vec::new();
    if let Some(days) = rule.expiration().and_then(LifecycleExpiration::days) {
        does.push(format!("deletes objects after {days} days"));
    }
    if let Some(older) = rule.noncurrent_version_expiration() {
        let days = older.noncurrent_days().unwrap_or_default();
        does.push(format!("forgets deleted objects after {days} days"));
    }
    if let Some(parts) = rule.abort_incomplete_multipart_upload() {
        let days = parts.days_after_initiation().unwrap_or_default();
        does.push(format!("ends unfinished uploads in parts after {days} day"));
    }
    format!("{prefix}  {}", does.join("; "))
}
