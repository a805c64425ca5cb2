//! The clamd that the machine runs: where it listens, and the limits of its configuration.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{ScannerAddress, ping};

/// Sockets of clamd in the packages of distributions.
pub const SOCKETS: [&str; 5] = [
    "/run/clamav/clamd.ctl",
    "/var/run/clamav/clamd.ctl",
    "/run/clamav/clamd.sock",
    "/run/clamd.scan/clamd.sock",
    "/run/clamd.socket",
];

/// Configuration files of clamd in the packages of distributions.
const CONFIGURATIONS: [&str; 4] = [
    "/etc/clamav/clamd.conf",
    "/etc/clamd.d/scan.conf",
    "/etc/clamd.conf",
    "/usr/local/etc/clamd.conf",
];

/// Debian's limit, and the smallest a distribution sets.
const DEFAULT_LIMIT: u64 = 25 << 20;
/// clamd scans no larger files.
const HARD_LIMIT: u64 = (2 << 30) - 1;

/// The first of the sockets where a clamd answers.
pub async fn find_running(sockets: &[PathBuf]) -> Option<ScannerAddress> {
    for socket in sockets {
        let address = ScannerAddress::Unix(socket.clone());
        if ping(&address).await.is_ok() {
            return Some(address);
        }
    }
    None
}

/// Limits in the configuration of a clamd. It may run with an older one, so they are proven before they are relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConfiguredLimits {
    pub max_bytes: u64,
    /// It gives up on a file after this time, and calls it clean.
    pub silent_after: Option<Duration>,
}

/// Reads the limits of the clamd at this address; `None` over TCP and where its configuration cannot be read.
pub fn configured_limits(address: &ScannerAddress) -> Option<ConfiguredLimits> {
    let ScannerAddress::Unix(socket) = address else {
        return None;
    };
    let texts = CONFIGURATIONS.iter().filter_map(|path| fs::read_to_string(path).ok());
    let own = texts.into_iter().find(|text| listens_at(text, socket))?;
    Some(ConfiguredLimits {
        max_bytes: max_bytes(&own),
        silent_after: silent_after(&own),
    })
}

/// MaxScanTime of a clamd whose configuration does not set it.
pub const DEFAULT_SCAN_TIME: Duration = Duration::from_secs(120);

fn silent_after(configuration: &str) -> Option<Duration> {
    if value(configuration, "AlertExceedsMax").is_some_and(|text| matches!(text, "yes" | "true" | "1")) {
        return None;
    }
    let ms = value(configuration, "MaxScanTime").and_then(|text| text.parse().ok());
    match ms.map(Duration::from_millis) {
        Some(Duration::ZERO) => None,
        Some(time) => Some(time),
        None => Some(DEFAULT_SCAN_TIME),
    }
}

fn listens_at(configuration: &str, socket: &Path) -> bool {
    let Some(named) = value(configuration, "LocalSocket") else {
        return false;
    };
    // `/var/run` is a link to `/run`.
    let real = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    real(Path::new(named)) == real(socket)
}

/// The least of the three limits: an OK below all of them means that the whole file was scanned.
fn max_bytes(configuration: &str) -> u64 {
    let limit = |key| value(configuration, key).and_then(parse_size).unwrap_or(DEFAULT_LIMIT);
    ["StreamMaxLength", "MaxFileSize", "MaxScanSize"]
        .map(limit)
        .into_iter()
        .min()
        .unwrap_or(DEFAULT_LIMIT)
}

fn value<'a>(configuration: &'a str, key: &str) -> Option<&'a str> {
    configuration
        .lines()
        .find_map(|line| line.trim().strip_prefix(key)?.strip_prefix([' ', '\t']))
        .map(str::trim)
}

/// Reads `26214400`, `25M`, `100k`; 0 turns the limit off.
fn parse_size(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit = match text[digits.len()..].to_ascii_lowercase().as_str() {
        "" => 1,
        "k" => 1 << 10,
        "m" => 1 << 20,
        "g" => 1 << 30,
        _ => return None,
    };
    match digits.parse::<u64>().ok()?.checked_mul(unit)? {
        0 => Some(HARD_LIMIT),
        size => Some(size.min(HARD_LIMIT)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_limit_counts() {
        assert_eq!(
            max_bytes("StreamMaxLength 100M\nMaxFileSize 30M\n  MaxScanSize\t400M\n"),
            30 << 20
        );
        assert_eq!(
            max_bytes("StreamMaxLength 0\nMaxFileSize 0\nMaxScanSize 0\n"),
            HARD_LIMIT
        );
        assert_eq!(max_bytes("StreamMaxLength 10k\nMaxFileSize 12\nMaxScanSize 1G\n"), 12);
    }

    #[test]
    fn an_engine_that_gives_up_in_silence_is_known() {
        assert_eq!(silent_after(""), Some(DEFAULT_SCAN_TIME));
        assert_eq!(silent_after("MaxScanTime 3000\n"), Some(Duration::from_secs(3)));
        assert_eq!(silent_after("MaxScanTime 3000\nAlertExceedsMax yes\n"), None);
        assert_eq!(silent_after("MaxScanTime 0\nAlertExceedsMax no\n"), None);
    }

    #[test]
    fn what_is_not_said_is_the_default() {
        assert_eq!(max_bytes(""), DEFAULT_LIMIT);
        assert_eq!(
            max_bytes("#StreamMaxLength 1\nMaxFileSizes 1\nMaxFileSize many\n"),
            DEFAULT_LIMIT
        );
    }

    #[test]
    fn a_configuration_belongs_to_the_socket_it_names() {
        let text = "User clamav\nLocalSocket /nowhere/clamd.ctl\n";
        assert!(listens_at(text, Path::new("/nowhere/clamd.ctl")));
        assert!(!listens_at(text, Path::new("/nowhere/other.ctl")));
        assert!(!listens_at("User clamav\n", Path::new("/nowhere/clamd.ctl")));
    }
}
