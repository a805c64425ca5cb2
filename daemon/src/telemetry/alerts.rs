//! Alerts: raised and cleared by whoever sees the fault, shown on the Overview, logged once each way.

use std::collections::BTreeMap;
use std::sync::Mutex;

use time::OffsetDateTime;
use tradepost_common::overview::{Alert, Severity};

/// The alerts that are raised now, by code.
#[derive(Debug, Default)]
pub struct Alerts {
    raised: Mutex<BTreeMap<&'static str, Alert>>,
}

impl Alerts {
    /// Raises an alert, or updates its text while it is raised.
    pub fn raise(&self, code: &'static str, severity: Severity, message: impl Into<String>) {
        let message = message.into();
        let mut raised = self.lock();
        if let Some(alert) = raised.get_mut(code) {
            (alert.severity, alert.message) = (severity, message);
            return;
        }
        tracing::warn!(alert = code, "alert raised: {message}");
        let alert = Alert {
            code: code.to_owned(),
            severity,
            message,
            since: OffsetDateTime::now_utc(),
            acknowledged_by: None,
        };
        raised.insert(code, alert);
    }

    /// Notes who has taken note of an alert. `None`: it is not raised.
    pub fn acknowledge(&self, code: &str, by: &str) -> Option<Alert> {
        let mut raised = self.lock();
        let alert = raised.values_mut().find(|alert| alert.code == code)?;
        alert.acknowledged_by = Some(by.to_owned());
        Some(alert.clone())
    }

    /// Clears an alert that may be raised.
    pub fn clear(&self, code: &'static str) {
        if self.lock().remove(code).is_some() {
            tracing::info!(alert = code, "alert cleared");
        }
    }

    pub fn is_raised(&self, code: &str) -> bool {
        self.lock().contains_key(code)
    }

    /// All raised alerts, the most severe first, then the oldest.
    pub fn list(&self) -> Vec<Alert> {
        let mut alerts: Vec<_> = self.lock().values().cloned().collect();
        alerts.sort_by_key(|alert| (std::cmp::Reverse(alert.severity), alert.since));
        alerts
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<&'static str, Alert>> {
        self.raised.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
