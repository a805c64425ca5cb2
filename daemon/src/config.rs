//! Configuration: one TOML file, `TRADEPOST_<PART>__<KEY>` on top, one struct per part, every fault reported at once.
//!
//! Nothing needs to be configured: the defaults run the embedded mode.

mod alerts;
mod cache;
mod campaigns;
mod check;
mod cloudwatch;
mod load;
mod mail;
mod money;
mod objects;
mod payments;
mod payouts;
pub mod presets;
mod queues;
mod review;
mod scanner;
mod search;
mod telemetry;
mod webhooks;

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::Deserialize;
use tradepost_render::presets::{Preset, default_presets};

pub use alerts::AlertsConfig;
pub use cache::CacheConfig;
pub use campaigns::CampaignsConfig;
pub use cloudwatch::{CloudwatchConfig, CloudwatchDimension, CloudwatchFormat};
pub use load::ConfigError;
pub use mail::{MailConfig, MailSecurity};
pub use money::{MoneyConfig, OnPartialRefund};
pub use objects::{CloudfrontConfig, ObjectEncryption, ObjectPlace, ObjectsConfig};
pub use payments::{DeclinesConfig, PaymentsConfig};
pub use payouts::PayoutsConfig;
pub use queues::{AwsConfig, QueuesConfig};
pub use review::{ReviewConfig, TargetHours, TrustConfig};
pub use scanner::ScannerConfig;
pub use search::SearchConfig;
pub use telemetry::TelemetryConfig;
pub use webhooks::WebhooksConfig;

/// Everything that can be configured.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub http: HttpConfig,
    pub cache: CacheConfig,
    pub database: DatabaseConfig,
    pub scanner: ScannerConfig,
    pub search: SearchConfig,
    pub queues: QueuesConfig,
    pub aws: AwsConfig,
    pub objects: ObjectsConfig,
    pub jail: JailConfig,
    pub previews: PreviewsConfig,
    pub campaigns: CampaignsConfig,
    pub review: ReviewConfig,
    pub money: MoneyConfig,
    pub mail: MailConfig,
    pub webhooks: WebhooksConfig,
    pub payments: PaymentsConfig,
    pub payouts: PayoutsConfig,
    pub control: ControlConfig,
    pub limits: LimitsConfig,
    pub log: LogConfig,
    pub metrics: MetricsConfig,
    pub telemetry: TelemetryConfig,
    pub alerts: AlertsConfig,
    pub cloudwatch: CloudwatchConfig,
    pub daemon: DaemonConfig,
}

/// The public API.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HttpConfig {
    /// The address on which the public API listens.
    pub listen: SocketAddr,
    /// The start of presigned URLs, as clients reach the API. Default: `http://` and the listening address.
    pub public_url: Option<String>,
    /// The origin of the files of contributors, on a host of its own: `https://files.market.example`. Default: that of the API.
    pub files_url: Option<String>,
    /// The number of proxies in front that append to `X-Forwarded-For`; 0: the header is ignored.
    pub trusted_proxies: u8,
    /// Open connections; more wait in the queue of the kernel.
    pub max_connections: usize,
    /// Requests that run at once: reads, and as many that change something. More are answered with 503.
    pub max_requests: usize,
    /// PUTs of packs that run at once.
    pub max_transfers: usize,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8780)),
            public_url: None,
            files_url: None,
            trusted_proxies: 0,
            max_connections: 4_096,
            max_requests: 64,
            max_transfers: 256,
        }
    }
}

/// The database: a private cluster unless `url` is set.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DatabaseConfig {
    /// `postgres://...`: use this server instead of a private cluster.
    pub url: Option<Secret>,
    /// `postgres://...`: a replica of that server, which answers reads of the catalogue.
    pub replica_url: Option<Secret>,
    /// Seconds; a replica that is further behind answers nothing.
    pub replica_max_lag_seconds: u32,
    /// Connections of workers and scheduler. The public API takes half as many besides, the control socket 4 and the monitor 1.
    pub max_connections: u32,
    /// The unprivileged user that runs the private cluster when the daemon is root.
    pub user: Option<String>,
    /// The folder of `initdb` and `postgres`. Default: PATH and the folders of the distributions.
    pub bin_dir: Option<PathBuf>,
}

impl Default for DatabaseConfig {
    fn default() -> Self {
        Self {
            url: None,
            replica_url: None,
            replica_max_lag_seconds: 30,
            max_connections: 16,
            user: None,
            bin_dir: None,
        }
    }
}

/// The jail: the child processes that open uploaded bytes.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct JailConfig {
    /// Children at most; the number of cores when not set.
    pub children: Option<usize>,
    pub memory_mib: u64,
    pub cpu_seconds: u64,
    pub wall_seconds: u64,
    /// A file that takes more processor time gets a low priority and one of `slow_children` places.
    pub slow_milliseconds: u64,
    pub slow_children: usize,
    /// Denies the children every path and port. While it is off, an alert is raised.
    pub landlock: bool,
    /// Allows the children only the system calls that rendering needs. While it is off, an alert is raised.
    pub seccomp: bool,
}

impl Default for JailConfig {
    fn default() -> Self {
        Self {
            children: None,
            memory_mib: 512,
            cpu_seconds: 5,
            wall_seconds: 9,
            slow_milliseconds: 150,
            slow_children: 2,
            landlock: true,
            seccomp: true,
        }
    }
}

/// The renditions and the contact sheet.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PreviewsConfig {
    /// Items on a family's contact sheet.
    pub sheet_items: u32,
    /// The file with the presets ([`presets`]). Default: the built-in presets.
    pub presets: Option<PathBuf>,
}

impl PreviewsConfig {
    /// The presets of the file, or the built-in ones.
    pub fn load_presets(&self) -> Result<Vec<Preset>, ConfigError> {
        match &self.presets {
            Some(file) => presets::load(file),
            None => Ok(default_presets()),
        }
    }
}

impl Default for PreviewsConfig {
    fn default() -> Self {
        Self {
            sheet_items: 12,
            presets: None,
        }
    }
}

/// The control socket.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ControlConfig {
    /// `<state>/control.sock` when not set and no socket is handed over by systemd.
    pub socket: Option<PathBuf>,
    /// Unix groups by role. Root and the daemon's own user hold every role.
    pub operator_groups: Vec<String>,
    pub moderator_groups: Vec<String>,
    pub viewer_groups: Vec<String>,
}

impl Default for ControlConfig {
    fn default() -> Self {
        Self {
            socket: None,
            operator_groups: vec!["tradepost-operator".to_owned()],
            moderator_groups: vec!["tradepost-moderator".to_owned()],
            viewer_groups: vec!["tradepost-viewer".to_owned()],
        }
    }
}

/// Limits of uploads, presigned URLs and claims.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsConfig {
    pub pack_mib: u64,
    pub pack_entries: u32,
    pub pack_inflated_mib: u64,
    pub member_mib: u64,
    pub member_ratio: u32,
    pub svg_mib: u64,
    /// Per client address and per account.
    pub upload_starts_per_minute: u32,
    /// Requests for each client address: lists and pages, and all reads without a limit of their own.
    pub pages_per_minute: u32,
    /// Searches, suggestions and similar items.
    pub searches_per_minute: u32,
    /// Pictures, downloads and the PUTs of packs.
    pub files_per_minute: u32,
    /// Requests that change something.
    pub changes_per_minute: u32,
    /// Size of all packs of an account that are not published.
    pub account_unpublished_mib: u64,
    pub upload_url_seconds: u32,
    pub download_url_seconds: u32,
    /// Seconds after which a moderator's claim ends unless it is renewed.
    pub claim_seconds: u32,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            pack_mib: 512,
            pack_entries: 2_000,
            pack_inflated_mib: 1_024,
            member_mib: 64,
            member_ratio: 50,
            svg_mib: 10,
            upload_starts_per_minute: 10,
            pages_per_minute: 6_000,
            searches_per_minute: 1_800,
            files_per_minute: 12_000,
            changes_per_minute: 600,
            account_unpublished_mib: 4_096,
            upload_url_seconds: 15 * 60,
            download_url_seconds: 10 * 60,
            claim_seconds: 10 * 60,
        }
    }
}

/// Format and filter of the log.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogConfig {
    pub format: LogFormat,
    /// As `RUST_LOG`: `info,tradepost_queue=debug`.
    pub filter: String,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self {
            format: LogFormat::Text,
            filter: "info,sqlx=warn,usvg=error".to_owned(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Text,
    Json,
}

/// The Prometheus endpoint.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MetricsConfig {
    /// Serves `GET /metrics` over TCP as well; on the control socket it always is.
    pub listen: Option<SocketAddr>,
}

/// The daemon as a whole.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DaemonConfig {
    pub roles: Vec<DaemonRole>,
    /// The name of this machine among all on its database. Default: the name of the host.
    pub name: Option<String>,
    /// The region it is in, for operators. Default: `aws.region`.
    pub region: Option<String>,
    /// Seconds for which everything goes on after SIGTERM while `/readyz` answers 503, so that load balancers send nothing new.
    pub drain_seconds: u32,
    /// Seconds for which running work may go on after that.
    pub stop_seconds: u32,
}

impl Default for DaemonConfig {
    fn default() -> Self {
        Self {
            roles: vec![DaemonRole::Api, DaemonRole::Workers, DaemonRole::Scheduler],
            name: None,
            region: None,
            drain_seconds: 0,
            stop_seconds: 25,
        }
    }
}

/// A duty of this process; several machines can share one database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DaemonRole {
    Api,
    Workers,
    Scheduler,
}

impl DaemonRole {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Workers => "workers",
            Self::Scheduler => "scheduler",
        }
    }
}

/// Text that no log and no error shows.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[secret]")
    }
}

impl Config {
    pub fn has_role(&self, role: DaemonRole) -> bool {
        self.daemon.roles.contains(&role)
    }
}
