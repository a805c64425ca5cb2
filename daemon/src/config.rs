//! Configuration: one TOML file, `TRADEPOST_<PART>__<KEY>` on top, one struct per part, every fault reported at once.
//!
//! Nothing needs to be configured: the defaults run the embedded mode.

mod campaigns;
mod check;
mod load;
pub mod presets;
mod queues;
mod review;
mod scanner;

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::Deserialize;
use tradepost_render::presets::{Preset, default_presets};

pub use campaigns::CampaignsConfig;
pub use load::ConfigError;
pub use queues::{AwsConfig, QueueBackend, QueuesConfig};
pub use review::{ReviewConfig, TargetHours, TrustConfig};
pub use scanner::{ScannerConfig, WhenStale};

/// Everything that can be configured.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub http: HttpConfig,
    pub database: DatabaseConfig,
    pub scanner: ScannerConfig,
    pub queues: QueuesConfig,
    pub aws: AwsConfig,
    pub jail: JailConfig,
    pub previews: PreviewsConfig,
    pub campaigns: CampaignsConfig,
    pub review: ReviewConfig,
    pub control: ControlConfig,
    pub limits: LimitsConfig,
    pub log: LogConfig,
    pub metrics: MetricsConfig,
    pub daemon: DaemonConfig,
}

/// The public edge.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HttpConfig {
    /// Where the public API listens.
    pub listen: SocketAddr,
    /// How clients reach it, for signed URLs; the listening address when not set.
    pub public_url: Option<String>,
    /// How many proxies in front append to `X-Forwarded-For`; 0: the header is ignored.
    pub trusted_proxies: u8,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8780)),
            public_url: None,
            trusted_proxies: 0,
        }
    }
}

/// Where the data is: a private cluster unless `url` says otherwise.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DatabaseConfig {
    /// `postgres://...`: use this server instead of a private cluster.
    pub url: Option<Secret>,
    pub max_connections: u32,
    /// The unprivileged user that runs the private cluster when the daemon is root.
    pub user: Option<String>,
    /// Where `initdb` and `postgres` are, when they are not where they usually are.
    pub bin_dir: Option<PathBuf>,
}

impl Default for DatabaseConfig {
    fn default() -> Self {
        Self {
            url: None,
            max_connections: 16,
            user: None,
            bin_dir: None,
        }
    }
}

/// The children that open hostile bytes.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct JailConfig {
    /// Children at most; the number of cores when not set.
    pub children: Option<usize>,
    pub memory_mib: u64,
    pub cpu_seconds: u64,
    pub wall_seconds: u64,
    /// A file that takes longer leaves the others' way: lowest priority, and one of `slow_children` places.
    pub slow_milliseconds: u64,
    pub slow_children: usize,
    /// Takes every path and port away from the children. Off only on a kernel that breaks it; an alert then says so for as long as it is.
    pub landlock: bool,
    /// Leaves the children the system calls that drawing needs. As above.
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

/// What is made of an item.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PreviewsConfig {
    /// Items on a family's contact sheet.
    pub sheet_items: u32,
    /// The file that says which pictures are made ([`presets`]); the defaults when not set.
    pub presets: Option<PathBuf>,
}

impl PreviewsConfig {
    /// The pictures that are made of every item.
    ///
    /// # Errors
    /// Every fault of the file.
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

/// The operators' edge.
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

/// What an upload may cost.
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
    pub upload_url_seconds: u32,
    pub download_url_seconds: u32,
    /// How long a moderator's claim lasts without a sign of life.
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
            upload_url_seconds: 15 * 60,
            download_url_seconds: 10 * 60,
            claim_seconds: 10 * 60,
        }
    }
}

/// What the log looks like.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogConfig {
    pub format: LogFormat,
    /// As `RUST_LOG`: `info,tradepostd::queue=debug`.
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
    /// How long running work may go on after SIGTERM.
    pub stop_seconds: u32,
}

impl Default for DaemonConfig {
    fn default() -> Self {
        Self {
            roles: vec![DaemonRole::Api, DaemonRole::Workers, DaemonRole::Scheduler],
            stop_seconds: 25,
        }
    }
}

/// What this process does; several machines can share one database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DaemonRole {
    Api,
    Workers,
    Scheduler,
}

/// Text that never shows up in a log or an error.
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
