//! Reads a configuration and collects every fault on the way.

use std::ffi::OsStr;
use std::path::Path;

use figment::providers::{Env, Format, Serialized, Toml};
use figment::value::{Dict, Value};
use figment::{Figment, Profile, Provider as _};
use tradepost_common::problem::Fault;

use super::{Config, check};

/// Plain `TRADEPOST_*` variables that are not configuration keys.
const OTHER_VARIABLES: [&str; 8] = [
    "SOCKET", "STATE", "TOKEN", "CONFIG", "CORPORA", "GRAPHICS", "API", "THEME",
];
/// Bounds the faults of one report.
const MAX_FAULTS: usize = 50;

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
                &format!("cannot be read: {error}"),
            )]));
        }
        let mut faults = unknown_variables(std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()));
        let figment = match file {
            Some(file) => Figment::from(Toml::file_exact(file)),
            None => Figment::new(),
        };
        let credentials = credentials(std::env::var_os("CREDENTIALS_DIRECTORY").as_deref(), &mut faults);
        let environment = Env::prefixed("TRADEPOST_")
            .filter(|key| key.as_str().contains("__"))
            .split("__");
        let config = extract(figment.merge(credentials).merge(environment), &mut faults);
        check::check(&config, &mut faults);
        if faults.is_empty() {
            Ok(config)
        } else {
            Err(ConfigError(faults))
        }
    }
}

pub(super) fn fault(at: &str, message: &str) -> Fault {
    Fault {
        at: at.to_owned(),
        message: message.to_owned(),
    }
}

/// The keys whose values systemd may hand over as credentials of their names. Of a `_file` the value is the path of the credential.
const CREDENTIALS: [(&str, &str); 5] = [
    ("alerts", "webhook_secret"),
    ("database", "url"),
    ("mail", "password"),
    ("payments", "secret_key_file"),
    ("payments", "webhook_secrets_file"),
];

fn credentials(folder: Option<&OsStr>, faults: &mut Vec<Fault>) -> Figment {
    let mut figment = Figment::new();
    for (part, key) in CREDENTIALS {
        let name = format!("{part}.{key}");
        let Some(path) = folder
            .map(|folder| Path::new(folder).join(&name))
            .filter(|path| path.exists())
        else {
            continue;
        };
        let value = if key.ends_with("_file") {
            path.display().to_string()
        } else {
            match std::fs::read_to_string(&path) {
                Ok(text) => text.trim_end().to_owned(),
                Err(error) => {
                    faults.push(fault(&name, &format!("the credential cannot be read: {error}")));
                    continue;
                }
            }
        };
        figment = figment.merge(Serialized::default(&name, value));
    }
    figment
}

/// A misspelt variable is a fault; otherwise it would be ignored.
fn unknown_variables(names: impl Iterator<Item = String>) -> Vec<Fault> {
    names
        .filter(|name| {
            name.strip_prefix("TRADEPOST_")
                .is_some_and(|key| !key.contains("__") && !OTHER_VARIABLES.contains(&key))
        })
        .map(|name| {
            fault(
                &name,
                "is not a configuration key; a key looks like TRADEPOST_HTTP__LISTEN",
            )
        })
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
        check::check(&config, &mut faults);
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
            backend = "rabbit"
            prefix = "Trade post"
            [aws]
            endpoint = "sqs.example"
            region = "Frankfurt"
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
            "queues.backend",
            "queues.prefix",
            "aws.endpoint",
            "aws.region",
            "queues.concurrency.images",
            "database.url",
            "daemon.roles.1",
        ] {
            assert!(at.contains(&key), "{key} is missing in {at:?}");
        }
        assert!(!format!("{faults:?}").contains("hunter2"));
    }

    #[test]
    fn credentials_are_values_of_their_keys() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("database.url"), "postgres://shop:hunter2@db/shop\n").unwrap();
        std::fs::write(folder.path().join("payments.secret_key_file"), "sk_test").unwrap();
        let mut faults = Vec::new();
        let figment = Figment::from(Toml::string("[database]\nurl = \"postgres://other\""));
        let credentials = credentials(Some(folder.path().as_os_str()), &mut faults);
        let config = extract(figment.merge(credentials), &mut faults);
        assert_eq!(faults, Vec::new());
        let url = config.database.url.unwrap();
        assert_eq!(url.expose(), "postgres://shop:hunter2@db/shop");
        let key = config.payments.secret_key_file.unwrap();
        assert_eq!(key, folder.path().join("payments.secret_key_file"));
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
