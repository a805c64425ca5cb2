//! `[alerts]`: who is told about alerts outside.

use serde::Deserialize;
use tradepost_common::overview::Severity;

use super::Secret;
use super::check::Check;

/// Channels for alerts. Without any, alerts are on the screens, in the log and in the metrics.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AlertsConfig {
    /// Alerts of this severity and worse are told.
    pub least: Severity,
    /// Seconds for which an alert must stay raised, or away. What happens within them is told together.
    pub group_seconds: u32,
    /// Seconds after which an alert that nobody acknowledged is told to the second channels as well; 0: never.
    pub escalate_seconds: u32,
    /// ARN of the topic.
    pub sns_topic: Option<String>,
    pub mail: Vec<String>,
    /// Gets the alerts as JSON, signed like the webhooks of accounts.
    pub webhook_url: Option<String>,
    pub webhook_secret: Option<Secret>,
    pub escalate_sns_topic: Option<String>,
    pub escalate_mail: Vec<String>,
}

impl Default for AlertsConfig {
    fn default() -> Self {
        Self {
            least: Severity::Warning,
            group_seconds: 20,
            escalate_seconds: 30 * 60,
            sns_topic: None,
            mail: Vec::new(),
            webhook_url: None,
            webhook_secret: None,
            escalate_sns_topic: None,
            escalate_mail: Vec::new(),
        }
    }
}

impl AlertsConfig {
    pub fn has_channel(&self) -> bool {
        self.sns_topic.is_some() || self.webhook_url.is_some() || !self.mail.is_empty()
    }

    pub(super) fn check(&self, check: &mut Check<'_>) {
        check.between("alerts.group_seconds", self.group_seconds, 1..=3_600);
        check.between("alerts.escalate_seconds", self.escalate_seconds, 0..=86_400);
        let topics = [
            ("sns_topic", &self.sns_topic),
            ("escalate_sns_topic", &self.escalate_sns_topic),
        ];
        for (key, topic) in topics {
            let ok = topic
                .as_deref()
                .is_none_or(|topic| topic.starts_with("arn:") && topic.contains(":sns:"));
            check.require(
                ok,
                &format!("alerts.{key}"),
                "must be the ARN of a topic: arn:aws:sns:...",
            );
        }
        for (key, addresses) in [("mail", &self.mail), ("escalate_mail", &self.escalate_mail)] {
            let ok = addresses
                .iter()
                .all(|address| address.parse::<lettre::Address>().is_ok());
            check.require(ok, &format!("alerts.{key}"), "must be mail addresses");
        }
        let url = self.webhook_url.as_deref();
        let ok = url.is_none_or(|url| url.starts_with("http://") || url.starts_with("https://"));
        check.require(ok, "alerts.webhook_url", "must start with https:// or http://");
        let ok = url.is_none() || self.webhook_secret.is_some();
        check.require(
            ok,
            "alerts.webhook_secret",
            "must be set with alerts.webhook_url: it signs what is posted",
        );
    }
}
