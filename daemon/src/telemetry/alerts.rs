//! Alerts: raised and cleared by the part that sees the fault, shown on the Overview, logged once each way.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use time::OffsetDateTime;
use tradepost_common::overview::{Alert, Severity};

macro_rules! alert_codes {
    ($($variant:ident = $code:literal, $severity:ident;)*) => {
        /// The alerts of the daemon.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum AlertCode {
            $(#[doc = concat!("`", $code, "`")] $variant,)*
        }

        impl AlertCode {
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The code in API, metrics, log and documentation.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)*
                }
            }

            /// The severity of [`Alerts::raise`].
            pub const fn severity(self) -> Severity {
                match self {
                    $(Self::$variant => Severity::$severity,)*
                }
            }
        }
    };
}

// docs/OPERATIONS.md says what each means and what to do.
alert_codes! {
    BytesSwapped = "bytes-swapped", Critical;
    CampaignStopped = "campaign-stopped", Warning;
    CloudwatchDown = "cloudwatch-down", Warning;
    DatabaseDown = "database-down", Critical;
    DeadLetters = "dead-letters", Critical;
    DiskFull = "disk-full", Critical;
    JailDown = "jail-down", Critical;
    JailWeak = "jail-weak", Critical;
    LedgerDrift = "ledger-drift", Critical;
    MailsHeldBack = "mails-held-back", Warning;
    MalwareWithdrawn = "malware-withdrawn", Critical;
    ObjectEventsDown = "object-events-down", Warning;
    PaymentsDiffer = "payments-differ", Critical;
    PaymentsDown = "payments-down", Critical;
    QueuePaused = "queue-paused", Info;
    QueueStuck = "queue-stuck", Warning;
    QueuesDown = "queues-down", Critical;
    RoutesSlow = "routes-slow", Warning;
    ScannerDown = "scanner-down", Critical;
    ScannerTestSignatures = "scanner-test-signatures", Critical;
    SignaturesStale = "signatures-stale", Warning;
}

/// The alerts that are raised now.
#[derive(Debug, Default)]
pub struct Alerts {
    raised: Mutex<BTreeMap<AlertCode, Alert>>,
}

impl Alerts {
    /// Raises an alert, or updates its text while it is raised.
    pub fn raise(&self, code: AlertCode, message: impl Into<String>) {
        self.raise_as(code, code.severity(), message);
    }

    /// As [`Alerts::raise`], with another severity than usual.
    pub fn raise_as(&self, code: AlertCode, severity: Severity, message: impl Into<String>) {
        let message = message.into();
        let mut raised = self.lock();
        if let Some(alert) = raised.get_mut(&code) {
            (alert.severity, alert.message) = (severity, message);
            return;
        }
        tracing::warn!(alert = code.as_str(), "alert raised: {message}");
        let alert = Alert {
            code: code.as_str().to_owned(),
            severity,
            message,
            since: OffsetDateTime::now_utc(),
            acknowledged_by: None,
        };
        raised.insert(code, alert);
    }

    /// Notes the operator who acknowledges an alert. `None`: it is not raised.
    pub fn acknowledge(&self, code: &str, by: &str) -> Option<Alert> {
        let mut raised = self.lock();
        let alert = raised.values_mut().find(|alert| alert.code == code)?;
        alert.acknowledged_by = Some(by.to_owned());
        Some(alert.clone())
    }

    /// Clears an alert that may be raised.
    pub fn clear(&self, code: AlertCode) {
        if self.lock().remove(&code).is_some() {
            tracing::info!(alert = code.as_str(), "alert cleared");
        }
    }

    pub fn is_raised(&self, code: AlertCode) -> bool {
        self.lock().contains_key(&code)
    }

    /// All raised alerts, the most severe first, then the oldest.
    pub fn list(&self) -> Vec<Alert> {
        let mut alerts: Vec<_> = self.lock().values().cloned().collect();
        alerts.sort_by_key(|alert| (std::cmp::Reverse(alert.severity), alert.since));
        alerts
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<AlertCode, Alert>> {
        self.raised.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_alert_is_documented() {
        let text = include_str!("../../../docs/OPERATIONS.md");
        for code in AlertCode::ALL {
            let row = format!(
                "| `{}` | {}",
                code.as_str(),
                format!("{:?}", code.severity()).to_lowercase()
            );
            let is_documented = text.contains(&row) || *code == AlertCode::SignaturesStale;
            assert!(is_documented, "docs/OPERATIONS.md has no row {row:?}");
        }
    }
}
