//! Configuration: one TOML file, `TRADEPOST_<PART>__<KEY>` on top, one struct per part, every fault reported at once.
//!
//! Nothing needs to be configured: the defaults run the embedded mode.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use figment::providers::{Env, Format, Toml};
use figment::value::{Dict, Value};
use figment::{Figment, Profile, Provider as _};
use serde::Deserialize;
use tradepost_common::problem::Fault;

/// Plain `TRADEPOST_*` variables that are not configuration keys.
const OTHER_VARIABLES: [&str; 8] = [
    "SOCKET", "STATE", "TOKEN", "CONFIG", "CORPORA", "GRAPHICS", "API", "THEME",
];
/// A configuration with more faults than this is not a configuration.
const MAX_FAULTS: usize = 50;

/// Everything that can be configured.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub http: HttpConfig,
    pub database: DatabaseConfig,
    pub scanner: ScannerConfig,
    pub queues: QueuesConfig,
    pub jail: JailConfig,
    pub previews: PreviewsConfig,
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

/// Which clamd judges the uploads.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScannerConfig {
    /// The socket of a clamd that runs already. Without it: one at the usual places, else a private one.
    pub socket: Option<PathBuf>,
    /// Never look at the usual places; start a private clamd at once.
    pub private: bool,
}

/// The worker loops.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QueuesConfig {
    /// How long a received message stays invisible without a heartbeat.
    pub visibility_seconds: u32,
    /// Attempts before a message becomes a dead letter.
    pub attempts: u32,
    /// First back-off; doubles with every attempt, with jitter.
    pub backoff_seconds: u32,
    /// Handlers that run at once, by queue.
    pub concurrency: BTreeMap<String, u32>,
    /// How long after a pack was opened the safety message looks whether its preview was forgotten.
    pub safety_seconds: u32,
}

impl Default for QueuesConfig {
    fn default() -> Self {
        Self {
            visibility_seconds: 30,
            attempts: 5,
            backoff_seconds: 2,
            concurrency: BTreeMap::new(),
            safety_seconds: 120,
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
}

impl Default for JailConfig {
    fn default() -> Self {
        Self {
            children: None,
            memory_mib: 512,
            cpu_seconds: 5,
            wall_seconds: 10,
        }
    }
}

/// What is made of an item.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PreviewsConfig {
    /// Items on a family's contact sheet.
    pub sheet_items: u32,
}

impl Default for PreviewsConfig {
    fn default() -> Self {
        Self { sheet_items: 12 }
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

/// Everything that is wrong with a configuration.
#[derive(Debug, thiserror::Error)]
#[error("the configuration has {} fault(s):{}", .0.len(), list(.0))]
pub struct ConfigError(pub Vec<Fault>);

fn list(faults: &[Fault]) -> String {
    faults
        .iter()
        .map(|fault| format!("\n  {}: {}", fault.at, fault.message))
        .collect()
}

impl Config {
    /// Reads the file (if any) and the environment.
    ///
    /// # Errors
    /// Every fault of the configuration, each with the key it is about.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        if let Some(file) = file
            && let Err(error) = std::fs::metadata(file)
        {
            return Err(ConfigError(vec![fault(
                &file.display().to_string(),
                &format!("can not be read: {error}"),
            )]));
        }
        let mut faults = unknown_variables(std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()));
        let figment = match file {
            Some(file) => Figment::from(Toml::file_exact(file)),
            None => Figment::new(),
        };
        let environment = Env::prefixed("TRADEPOST_")
            .filter(|key| key.as_str().contains("__"))
            .split("__");
        let config = extract(figment.merge(environment), &mut faults);
        config.check(&mut faults);
        if faults.is_empty() {
            Ok(config)
        } else {
            Err(ConfigError(faults))
        }
    }

    pub fn has_role(&self, role: DaemonRole) -> bool {
        self.daemon.roles.contains(&role)
    }

    fn check(&self, faults: &mut Vec<Fault>) {
        let mut require = |ok: bool, at: &str, message: &str| {
            if !ok {
                faults.push(fault(at, message));
            }
        };
        if let Some(url) = &self.database.url {
            let ok = url.expose().starts_with("postgres://") || url.expose().starts_with("postgresql://");
            require(ok, "database.url", "must start with postgres://");
        }
        if let Some(url) = &self.http.public_url {
            let ok = (url.starts_with("http://") || url.starts_with("https://")) && !url.ends_with('/');
            require(
                ok,
                "http.public_url",
                "must start with http:// or https:// and not end with /",
            );
        }
        let most = if self.database.url.is_some() { 500 } else { 50 };
        let ok = (2..=most).contains(&self.database.max_connections);
        require(
            ok,
            "database.max_connections",
            "must be between 2 and 500; 50 with a private cluster",
        );
        require(
            (2..=43_200).contains(&self.queues.visibility_seconds),
            "queues.visibility_seconds",
            "must be between 2 and 43,200",
        );
        require(
            (1..=100).contains(&self.queues.attempts),
            "queues.attempts",
            "must be between 1 and 100",
        );
        require(
            (1..=900).contains(&self.queues.safety_seconds),
            "queues.safety_seconds",
            "must be between 1 and 900",
        );
        require(
            self.queues.backoff_seconds <= 600,
            "queues.backoff_seconds",
            "must be at most 600",
        );
        for (queue, concurrency) in &self.queues.concurrency {
            let at = format!("queues.concurrency.{queue}");
            require(
                crate::queue::QueueName::parse(queue).is_some(),
                &at,
                "no such queue; there are scan, batch, image, preview",
            );
            require((1..=256).contains(concurrency), &at, "must be between 1 and 256");
        }
        require(
            self.jail.children.is_none_or(|n| (1..=256).contains(&n)),
            "jail.children",
            "must be between 1 and 256",
        );
        require(self.jail.memory_mib >= 64, "jail.memory_mib", "must be at least 64");
        require(self.jail.cpu_seconds >= 1, "jail.cpu_seconds", "must be at least 1");
        require(
            self.jail.wall_seconds >= self.jail.cpu_seconds,
            "jail.wall_seconds",
            "must be at least jail.cpu_seconds",
        );
        require(
            (1..=48).contains(&self.previews.sheet_items),
            "previews.sheet_items",
            "must be between 1 and 48",
        );
        require(
            (1..=4_096).contains(&self.limits.pack_mib),
            "limits.pack_mib",
            "must be between 1 and 4,096",
        );
        require(
            (1..=2_000).contains(&self.limits.pack_entries),
            "limits.pack_entries",
            "must be between 1 and 2,000",
        );
        require(
            self.limits.upload_starts_per_minute >= 1,
            "limits.upload_starts_per_minute",
            "must be at least 1",
        );
        require(
            self.limits.upload_url_seconds >= 1,
            "limits.upload_url_seconds",
            "must be at least 1",
        );
        require(
            self.limits.download_url_seconds >= 1,
            "limits.download_url_seconds",
            "must be at least 1",
        );
        require(
            !self.daemon.roles.is_empty(),
            "daemon.roles",
            "must name at least one of api, workers, scheduler",
        );
    }
}

fn fault(at: &str, message: &str) -> Fault {
    Fault {
        at: at.to_owned(),
        message: message.to_owned(),
    }
}

/// A misspelt variable would otherwise be ignored in silence.
fn unknown_variables(names: impl Iterator<Item = String>) -> Vec<Fault> {
    names
        .filter(|name| {
            name.strip_prefix("TRADEPOST_")
                .is_some_and(|key| !key.contains("__") && !OTHER_VARIABLES.contains(&key))
        })
        .map(|name| fault(&name, "is no configuration key; keys look like TRADEPOST_HTTP__LISTEN"))
        .collect()
}

/// Extracts the configuration; a key that does not fit is reported, taken out, and the rest is tried again.
fn extract(figment: Figment, faults: &mut Vec<Fault>) -> Config {
    let mut dict = match figment.data() {
        Ok(data) => data
            .into_iter()
            .find(|(profile, _)| *profile == Profile::Default)
            .map(|(_, dict)| dict)
            .unwrap_or_default(),
        Err(error) => {
            faults.extend(
                error
                    .into_iter()
                    .map(|error| fault("configuration", &error.to_string())),
            );
            return Config::default();
        }
    };
    while faults.len() < MAX_FAULTS {
        let error = match Value::from(dict.clone()).deserialize::<Config>() {
            Ok(config) => return config,
            Err(error) => error,
        };
        let mut path = error.path.clone();
        if let figment::error::Kind::UnknownField(field, _) = &error.kind
            && path.last() != Some(field)
        {
            path.push(field.clone());
        }
        faults.push(Fault {
            at: path.join("."),
            message: error.kind.to_string(),
        });
        if !remove(&mut dict, &path) {
            break;
        }
    }
    Config::default()
}

fn remove(dict: &mut Dict, path: &[String]) -> bool {
    match path {
        [] => false,
        [key] => dict.remove(key).is_some(),
        [key, rest @ ..] => match dict.get_mut(key) {
            Some(Value::Dict(_, inner)) => remove(inner, rest),
            Some(_) => dict.remove(key).is_some(),
            None => false,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(toml: &str) -> (Config, Vec<Fault>) {
        let mut faults = Vec::new();
        let config = extract(Figment::from(Toml::string(toml)), &mut faults);
        config.check(&mut faults);
        (config, faults)
    }

    #[test]
    fn nothing_needs_to_be_configured() {
        let (config, faults) = load("");
        assert_eq!((config, faults), (Config::default(), Vec::new()));
    }

    #[test]
    fn every_fault_is_reported_at_once() {
        let (_, faults) = load(
            r#"
            [http]
            listen = "nowhere"
            port = 80
            [queues]
            attempts = 0
            [queues.concurrency]
            images = 4
            [database]
            url = "mysql://root:hunter2@db"
            [daemon]
            roles = ["api", "cook"]
            "#,
        );
        let at: Vec<_> = faults.iter().map(|fault| fault.at.as_str()).collect();
        for key in [
            "http.listen",
            "http.port",
            "queues.attempts",
            "queues.concurrency.images",
            "database.url",
            "daemon.roles.1",
        ] {
            assert!(at.contains(&key), "{key} is missing in {at:?}");
        }
        assert!(!format!("{faults:?}").contains("hunter2"));
    }

    #[test]
    fn misspelt_variable_is_reported() {
        let names = [
            "TRADEPOST_HTTP_LISTEN",
            "TRADEPOST_HTTP__LISTEN",
            "TRADEPOST_STATE",
            "HOME",
        ];
        let faults = unknown_variables(names.iter().map(ToString::to_string));
        assert_eq!(faults.len(), 1);
        assert_eq!(faults[0].at, "TRADEPOST_HTTP_LISTEN");
    }
}
