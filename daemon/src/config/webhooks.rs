//! `[webhooks]`: events that are posted to accounts' servers.

use serde::Deserialize;

/// Limits of webhooks.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WebhooksConfig {
    /// Webhooks of one account.
    pub per_account: u32,
    /// A webhook that only failed for so long gets nothing any more.
    pub disable_after_hours: u32,
    /// Seconds for an answer.
    pub timeout_seconds: u32,
    /// Allows plain HTTP to this machine, for tests.
    pub allow_loopback: bool,
}

impl Default for WebhooksConfig {
    fn default() -> Self {
        Self {
            per_account: 10,
            disable_after_hours: 72,
            timeout_seconds: 10,
            allow_loopback: false,
        }
    }
}
