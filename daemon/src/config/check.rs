//! Ranges, and keys that must agree with each other: faults that the types cannot express.

mod money;

use std::fmt::Display;
use std::ops::RangeInclusive;

use axum::http::Uri;
use tradepost_common::problem::Fault;
use tradepost_queue::Queue;

use super::load::fault;
use super::{
    AwsConfig, CampaignsConfig, CloudwatchConfig, Config, DatabaseConfig, HttpConfig, JailConfig, LimitsConfig,
    ObjectEncryption, ObjectPlace, ObjectsConfig, QueuesConfig, ReviewConfig, ScannerConfig,
};
use crate::jobs::QUEUES;

/// Adds a fault for every value that is not what it should be.
pub(super) fn check(config: &Config, faults: &mut Vec<Fault>) {
    let mut check = Check(faults);
    check.http(&config.http);
    check.database(&config.database);
    check.scanner(&config.scanner);
    check.queues(&config.queues);
    check.aws(&config.aws);
    check.objects(&config.objects);
    check.cloudfront(&config.objects);
    check.jail(&config.jail);
    check.limits(&config.limits);
    check.review(&config.review);
    check.campaigns(&config.campaigns);
    check.money(&config.money);
    check.payouts(&config.payouts);
    check.mail(&config.mail);
    check.webhooks(&config.webhooks);
    check.payments(&config.payments);
    check.cloudwatch(&config.cloudwatch);
    config.alerts.check(&mut check);
    config.cache.check(&mut check);
    config.search.check(&mut check);
    config.telemetry.check(&mut check);
    check.between("previews.sheet_items", config.previews.sheet_items, 1..=48);
    if let Err(error) = config.previews.load_presets() {
        check.0.extend(error.0);
    }
    check.between("daemon.drain_seconds", config.daemon.drain_seconds, 0..=600);
    check.between("daemon.stop_seconds", config.daemon.stop_seconds, 1..=600);
    let name = config.daemon.name.as_deref().unwrap_or("name");
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let ok = (1..=63).contains(&name.len()) && name.chars().all(is_plain);
    check.require(ok, "daemon.name", "must be 1 to 63 letters, digits, ., _ and -");
    check.region("daemon.region", config.daemon.region.as_deref());
    let roles = "must contain at least one of api, workers, scheduler";
    check.require(!config.daemon.roles.is_empty(), "daemon.roles", roles);
}

pub(super) struct Check<'a>(&'a mut Vec<Fault>);

impl Check<'_> {
    pub(super) fn require(&mut self, ok: bool, at: &str, message: &str) {
        if !ok {
            self.0.push(fault(at, message));
        }
    }

    pub(super) fn between<T: PartialOrd + Display>(&mut self, at: &str, value: T, range: RangeInclusive<T>) {
        let message = format!("must be between {} and {}", range.start(), range.end());
        self.require(range.contains(&value), at, &message);
    }

    fn http(&mut self, http: &HttpConfig) {
        for (at, url) in [
            ("http.public_url", &http.public_url),
            ("http.files_url", &http.files_url),
        ] {
            let is_base =
                |url: &String| (url.starts_with("http://") || url.starts_with("https://")) && !url.ends_with('/');
            let message = "must start with http:// or https:// and not end with /";
            self.require(url.as_ref().is_none_or(is_base), at, message);
        }
        let host = |url: &Option<String>| {
            url.as_ref()
                .and_then(|url| Some(url.parse::<Uri>().ok()?.host()?.to_owned()))
        };
        let (files, own) = (host(&http.files_url), host(&http.public_url));
        let message = "must have a host of its own, beside http.public_url: cookies know no ports";
        let is_apart = files.is_some() && own.is_some() && files != own;
        self.require(http.files_url.is_none() || is_apart, "http.files_url", message);
        self.between("http.max_connections", http.max_connections, 16..=65_536);
        self.between("http.max_requests", http.max_requests, 1..=4_096);
        self.between("http.max_transfers", http.max_transfers, 1..=4_096);
    }

    fn database(&mut self, database: &DatabaseConfig) {
        if let Some(url) = &database.url {
            let ok = url.expose().starts_with("postgres://") || url.expose().starts_with("postgresql://");
            self.require(ok, "database.url", "must start with postgres://");
        }
        if let Some(url) = &database.replica_url {
            let ok = url.expose().starts_with("postgres://") || url.expose().starts_with("postgresql://");
            self.require(ok, "database.replica_url", "must start with postgres://");
            let ok = database.url.is_some();
            self.require(ok, "database.replica_url", "must only be set with database.url");
        }
        let lag = database.replica_max_lag_seconds;
        self.between("database.replica_max_lag_seconds", lag, 1..=3_600);
        // The private cluster takes 60 connections, those of the edges, operators and commands included.
        let most = if database.url.is_some() { 500 } else { 32 };
        self.between("database.max_connections", database.max_connections, 2..=most);
    }

    fn scanner(&mut self, scanner: &ScannerConfig) {
        self.between("scanner.timeout_seconds", scanner.timeout_seconds, 1..=3_600);
        self.between("scanner.stale_hours", scanner.stale_hours, 1..=8_760);
        self.between("scanner.rescan_days", scanner.rescan_days, 0..=3_650);
    }

    fn queues(&mut self, queues: &QueuesConfig) {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        self.require(
            queues.prefix.len() <= 60 && queues.prefix.chars().all(is_plain),
            "queues.prefix",
            "must be at most 60 of a-z, A-Z, 0-9, - and _",
        );
        self.between("queues.sqs_max_bytes", queues.sqs_max_bytes, 1_024..=1_048_576);
        self.between("queues.long_poll_seconds", queues.long_poll_seconds, 1..=20);
        self.between("queues.visibility_seconds", queues.visibility_seconds, 2..=43_200);
        self.between("queues.attempts", queues.attempts, 1..=100);
        self.between("queues.backoff_seconds", queues.backoff_seconds, 0..=600);
        self.between("queues.prefetch", queues.prefetch, 0..=1_000);
        self.between("queues.safety_seconds", queues.safety_seconds, 1..=900);
        let queue_names = QUEUES.map(Queue::as_str).join(", ");
        for (queue, concurrency) in &queues.concurrency {
            let at = format!("queues.concurrency.{queue}");
            let fault = match queue.as_str() {
                "batch" => "was renamed: set queues.concurrency.unpack".to_owned(),
                "image" => "was renamed: set queues.concurrency.render".to_owned(),
                _ => format!("is not a queue; the queues are {queue_names}"),
            };
            self.require(Queue::parse(queue, &QUEUES).is_some(), &at, &fault);
            self.between(&at, *concurrency, 1..=1_000);
        }
    }

    fn cloudwatch(&mut self, cloudwatch: &CloudwatchConfig) {
        if let Some(namespace) = &cloudwatch.namespace {
            let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-/#".contains(c);
            let ok = (1..=255).contains(&namespace.len())
                && namespace.chars().all(is_plain)
                && !namespace.starts_with("AWS/");
            let message = "must be 1 to 255 letters, digits and ._-/#, and not start with AWS/";
            self.require(ok, "cloudwatch.namespace", message);
        }
        self.between("cloudwatch.period_seconds", cloudwatch.period_seconds, 1..=3_600);
    }

    fn aws(&mut self, aws: &AwsConfig) {
        self.region("aws.region", aws.region.as_deref());
        self.endpoint("aws.endpoint", aws.endpoint.as_deref());
    }

    fn objects(&mut self, objects: &ObjectsConfig) {
        self.region("objects.region", objects.region.as_deref());
        self.endpoint("objects.endpoint", objects.endpoint.as_deref());
        let is_s3 = objects.store == ObjectPlace::S3;
        let is_whole = objects.bucket.is_some() == is_s3;
        let message = "must be set with objects.store = \"s3\", and only with it";
        self.require(is_whole, "objects.bucket", message);
        let name = objects.bucket.as_deref().unwrap_or("bucket");
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
        let ok = (3..=63).contains(&name.len()) && name.chars().all(is_plain);
        let message = "must be the name of a bucket: 3 to 63 of a-z, 0-9, - and .";
        self.require(ok, "objects.bucket", message);
        let prefix = objects.prefix.as_str();
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_/".contains(c);
        let is_path = prefix.is_empty() || (prefix.ends_with('/') && !prefix.starts_with('/'));
        let ok = is_path && prefix.len() <= 100 && prefix.chars().all(is_plain);
        let message = "must be empty, or at most 100 of a-z, A-Z, 0-9, -, _ and / that end with /";
        self.require(ok, "objects.prefix", message);
        self.endpoint("objects.events_queue", objects.events_queue.as_deref());
        let ok = objects.events_queue.is_none() || is_s3;
        self.require(
            ok,
            "objects.events_queue",
            "must only be set with objects.store = \"s3\"",
        );
        let ok = objects.kms_key.is_none() || objects.encryption == ObjectEncryption::Kms;
        self.require(
            ok,
            "objects.kms_key",
            "must only be set with objects.encryption = \"kms\"",
        );
    }

    fn cloudfront(&mut self, objects: &ObjectsConfig) {
        let cloudfront = &objects.cloudfront;
        self.endpoint("objects.cloudfront.url", cloudfront.url.as_deref());
        let message = "must be set with objects.store = \"s3\", objects.cloudfront.key_pair_id and private_key_file, or none of the three";
        let is_signing = cloudfront.url.is_some();
        let is_whole = cloudfront.key_pair_id.is_some() == is_signing
            && cloudfront.private_key_file.is_some() == is_signing
            && (!is_signing || objects.store == ObjectPlace::S3);
        self.require(is_whole, "objects.cloudfront.url", message);
        let is_plain = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric());
        for (at, id) in [
            ("objects.cloudfront.key_pair_id", &cloudfront.key_pair_id),
            ("objects.cloudfront.distribution_id", &cloudfront.distribution_id),
        ] {
            self.require(id.as_deref().is_none_or(is_plain), at, "must be letters and digits");
        }
    }

    fn region(&mut self, at: &str, region: Option<&str>) {
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let ok = region.is_none_or(|region| !region.is_empty() && region.chars().all(is_plain));
        self.require(ok, at, "must be the name of a region, as eu-central-1");
    }

    pub(super) fn endpoint(&mut self, at: &str, endpoint: Option<&str>) {
        let is_url = |endpoint: &str| {
            let url = endpoint.parse::<axum::http::Uri>();
            url.is_ok_and(|uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some())
        };
        let message = "must be a URL that starts with http:// or https://";
        self.require(endpoint.is_none_or(is_url), at, message);
    }

    fn jail(&mut self, jail: &JailConfig) {
        self.between("jail.children", jail.children.unwrap_or(1), 1..=256);
        self.between("jail.memory_mib", jail.memory_mib, 64..=65_536);
        self.between("jail.cpu_seconds", jail.cpu_seconds, 1..=600);
        self.between("jail.slow_milliseconds", jail.slow_milliseconds, 10..=60_000);
        self.between("jail.slow_children", jail.slow_children, 1..=256);
        self.between("jail.wall_seconds", jail.wall_seconds, jail.cpu_seconds..=3_600);
    }

    fn campaigns(&mut self, campaigns: &CampaignsConfig) {
        self.between("campaigns.concurrency", campaigns.concurrency.unwrap_or(1), 1..=256);
        self.between("campaigns.chunk_items", campaigns.chunk_items, 1..=1_000);
        self.between("campaigns.keep_days", campaigns.keep_days, 0..=3_650);
        self.between("campaigns.grace_minutes", campaigns.grace_minutes, 0..=10_080);
        self.between("campaigns.reserve_mib", campaigns.reserve_mib, 0..=1_073_741_824);
        let price = campaigns.cpu_hour_price.unwrap_or(0.0);
        self.between("campaigns.cpu_hour_price", price, 0.0..=1_000_000.0);
        let currency = &campaigns.currency;
        let ok = currency.len() == 3 && currency.chars().all(|letter| letter.is_ascii_uppercase());
        self.require(ok, "campaigns.currency", "must be three capital letters, as EUR");
    }

    fn limits(&mut self, limits: &LimitsConfig) {
        self.between("limits.pack_mib", limits.pack_mib, 1..=4_096);
        self.between("limits.pack_entries", limits.pack_entries, 1..=2_000);
        self.between("limits.pack_inflated_mib", limits.pack_inflated_mib, 1..=65_536);
        self.between("limits.member_mib", limits.member_mib, 1..=4_096);
        self.between("limits.member_ratio", limits.member_ratio, 1..=10_000);
        self.between("limits.svg_mib", limits.svg_mib, 1..=256);
        self.between(
            "limits.upload_starts_per_minute",
            limits.upload_starts_per_minute,
            1..=1_000_000,
        );
        for (at, value) in [
            ("limits.pages_per_minute", limits.pages_per_minute),
            ("limits.searches_per_minute", limits.searches_per_minute),
            ("limits.files_per_minute", limits.files_per_minute),
            ("limits.changes_per_minute", limits.changes_per_minute),
        ] {
            self.between(at, value, 1..=10_000_000);
        }
        let largest = limits.account_unpublished_mib >= limits.pack_mib;
        let message = "must be at least limits.pack_mib, or the largest pack can not be uploaded";
        self.require(largest, "limits.account_unpublished_mib", message);
        self.between(
            "limits.account_unpublished_mib",
            limits.account_unpublished_mib,
            1..=1 << 30,
        );
        self.between("limits.upload_url_seconds", limits.upload_url_seconds, 1..=604_800);
        self.between("limits.download_url_seconds", limits.download_url_seconds, 1..=604_800);
        self.between("limits.claim_seconds", limits.claim_seconds, 10..=86_400);
    }

    fn review(&mut self, review: &ReviewConfig) {
        let target = &review.target_hours;
        self.between("review.target_hours.blocking", target.blocking, 1..=8_760);
        self.between("review.target_hours.warning", target.warning, 1..=8_760);
        self.between("review.target_hours.info", target.info, 1..=8_760);
        self.between("review.undo_minutes", review.undo_minutes, 0..=1_440);
        self.between("review.skip_minutes", review.skip_minutes, 1..=1_440);
        self.between("review.answer_days", review.answer_days, 1..=90);
        self.between("review.appeal_days", review.appeal_days, 1..=365);
        let trust = &review.trust;
        self.between("review.trust.trusted_after", trust.trusted_after, 1..=1_000);
        self.between("review.trust.trusted_after_days", trust.trusted_after_days, 0..=3_650);
        self.between("review.trust.trusted_files", trust.trusted_files, 0..=100_000);
        self.between(
            "review.trust.trusted_account_days",
            trust.trusted_account_days,
            0..=3_650,
        );
        self.between("review.trust.elite_after", trust.elite_after, 1..=100_000);
        self.between("review.trust.elite_files", trust.elite_files, 0..=1_000_000);
        self.between("review.trust.elite_account_days", trust.elite_account_days, 0..=3_650);
        self.between(
            "review.trust.elite_below_percent",
            trust.elite_below_percent,
            0.0..=100.0,
        );
        self.between("review.trust.rejection_costs", trust.rejection_costs, 0..=2);
    }
}
