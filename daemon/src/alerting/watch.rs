//! Decides when which alerts are told. An alert that comes and goes within the time of a group is told to nobody.

use std::collections::BTreeMap;

use time::{Duration, OffsetDateTime};
use tradepost_common::overview::{Alert, Severity};

use crate::config::AlertsConfig;

tradepost_common::text_enum! {
    /// The reason of a notice.
    pub enum Happening {
        Raised = "alert.raised",
        Escalated = "alert.escalated",
        Resolved = "alert.resolved",
    }
}

/// Alerts that are told together.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    pub happening: Happening,
    pub alerts: Vec<Alert>,
    /// The second channels are told as well.
    pub was_escalated: bool,
}

/// The alerts that are raised, or were until a moment ago.
#[derive(Debug)]
pub struct Watch {
    least: Severity,
    group: Duration,
    /// Zero: never.
    escalate: Duration,
    known: BTreeMap<String, Known>,
}

#[derive(Debug)]
struct Known {
    alert: Alert,
    seen_at: OffsetDateTime,
    /// `None`: it is raised.
    gone_at: Option<OffsetDateTime>,
    told_at: Option<OffsetDateTime>,
    was_escalated: bool,
}

impl Watch {
    pub fn new(config: &AlertsConfig) -> Self {
        Self {
            least: config.least,
            group: Duration::seconds(config.group_seconds.into()),
            escalate: Duration::seconds(config.escalate_seconds.into()),
            known: BTreeMap::new(),
        }
    }

    /// Takes note of the alerts that are raised now, and answers with the notices that are due.
    pub fn step(&mut self, now: OffsetDateTime, raised: &[Alert]) -> Vec<Notice> {
        self.note(now, raised);
        let mut notices = vec![self.due_raised(now), self.due_escalated(now)];
        notices.extend(self.due_resolved(now));
        notices.into_iter().filter(|notice| !notice.alerts.is_empty()).collect()
    }

    /// Notes which of the due alerts were told; the others are told by another machine, unless it stops doing so.
    pub fn told(&mut self, alerts: &[Alert]) {
        for alert in alerts {
            if let Some(known) = self.known.get_mut(&alert.code) {
                known.told_at.get_or_insert(known.seen_at);
            }
        }
    }

    /// The alerts that were told and are raised.
    pub fn open(&self) -> Vec<Alert> {
        let open = self
            .known
            .values()
            .filter(|known| known.told_at.is_some() && known.gone_at.is_none());
        open.map(|known| known.alert.clone()).collect()
    }

    fn note(&mut self, now: OffsetDateTime, raised: &[Alert]) {
        for alert in raised.iter().filter(|alert| alert.severity >= self.least) {
            let known = self.known.entry(alert.code.clone()).or_insert_with(|| Known {
                alert: alert.clone(),
                seen_at: now,
                gone_at: None,
                told_at: None,
                was_escalated: false,
            });
            (known.alert, known.gone_at) = (alert.clone(), None);
        }
        self.known.retain(|code, known| {
            if !raised.iter().any(|alert| alert.code == *code) {
                known.gone_at.get_or_insert(now);
            }
            // Nobody was told, so nobody is told that it is over.
            known.gone_at.is_none() || known.told_at.is_some()
        });
    }

    fn due_raised(&self, now: OffsetDateTime) -> Notice {
        let untold = |known: &&Known| known.told_at.is_none() && known.gone_at.is_none();
        let is_due = self
            .known
            .values()
            .filter(untold)
            .any(|known| now - known.seen_at >= self.group);
        let alerts = self.known.values().filter(untold).filter(|_| is_due);
        Notice {
            happening: Happening::Raised,
            alerts: alerts.map(|known| known.alert.clone()).collect(),
            was_escalated: false,
        }
    }

    fn due_escalated(&mut self, now: OffsetDateTime) -> Notice {
        let mut alerts = Vec::new();
        for known in self.known.values_mut() {
            let waits = known.alert.acknowledged_by.is_none() && known.gone_at.is_none() && !known.was_escalated;
            let is_late = known.told_at.is_some_and(|told| now - told >= self.escalate);
            if waits && is_late && self.escalate.is_positive() {
                known.was_escalated = true;
                alerts.push(known.alert.clone());
            }
        }
        Notice {
            happening: Happening::Escalated,
            alerts,
            was_escalated: true,
        }
    }

    /// Those who were told that an alert is raised are told that it is over: the first channels, and the second ones as well.
    fn due_resolved(&mut self, now: OffsetDateTime) -> [Notice; 2] {
        let (mut first, mut second) = (Vec::new(), Vec::new());
        self.known.retain(|_, known| {
            let is_over = known.gone_at.is_some_and(|gone| now - gone >= self.group);
            if is_over {
                let alerts = if known.was_escalated { &mut second } else { &mut first };
                alerts.push(known.alert.clone());
            }
            !is_over
        });
        [
            Notice {
                happening: Happening::Resolved,
                alerts: first,
                was_escalated: false,
            },
            Notice {
                happening: Happening::Resolved,
                alerts: second,
                was_escalated: true,
            },
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alert(code: &str) -> Alert {
        Alert {
            code: code.to_owned(),
            severity: Severity::Critical,
            message: "broken".to_owned(),
            since: OffsetDateTime::UNIX_EPOCH,
            acknowledged_by: None,
        }
    }

    /// Runs a step at a second; what is raised is told. Answers with the reasons and the codes.
    fn step(watch: &mut Watch, second: i64, raised: &[Alert]) -> Vec<(Happening, Vec<String>)> {
        let notices = watch.step(OffsetDateTime::UNIX_EPOCH + Duration::seconds(second), raised);
        let told = |notice: &Notice| notice.alerts.iter().map(|alert| alert.code.clone()).collect();
        notices.iter().for_each(|notice| watch.told(&notice.alerts));
        notices.iter().map(|notice| (notice.happening, told(notice))).collect()
    }

    fn watch() -> Watch {
        let config = AlertsConfig {
            group_seconds: 10,
            escalate_seconds: 100,
            ..AlertsConfig::default()
        };
        Watch::new(&config)
    }

    #[test]
    fn alerts_are_grouped_told_once_and_resolved() {
        let mut watch = watch();
        assert_eq!(step(&mut watch, 0, &[alert("a")]), []);
        assert_eq!(step(&mut watch, 5, &[alert("a"), alert("b")]), []);
        let both = vec!["a".to_owned(), "b".to_owned()];
        assert_eq!(
            step(&mut watch, 10, &[alert("a"), alert("b")]),
            [(Happening::Raised, both.clone())]
        );
        assert_eq!(step(&mut watch, 50, &[alert("a"), alert("b")]), []);
        assert_eq!(step(&mut watch, 60, &[]), []);
        assert_eq!(step(&mut watch, 70, &[]), [(Happening::Resolved, both)]);
        assert_eq!(step(&mut watch, 80, &[]), []);
    }

    #[test]
    fn an_alert_that_flaps_is_not_told_again() {
        let mut watch = watch();
        step(&mut watch, 0, &[alert("a")]);
        assert_eq!(step(&mut watch, 5, &[]), []);
        assert_eq!(step(&mut watch, 6, &[alert("a")]), []);
        assert_eq!(step(&mut watch, 20, &[alert("a")]).len(), 1);
        for second in 21..60 {
            let raised = if second % 2 == 0 { vec![alert("a")] } else { vec![] };
            assert_eq!(step(&mut watch, second, &raised), [], "{second}");
        }
    }

    #[test]
    fn an_alert_that_nobody_acknowledges_is_escalated_once() {
        let mut watch = watch();
        step(&mut watch, 0, &[alert("a")]);
        step(&mut watch, 10, &[alert("a")]);
        assert_eq!(step(&mut watch, 110, &[alert("a")])[0].0, Happening::Escalated);
        assert_eq!(step(&mut watch, 300, &[alert("a")]), []);

        let mut seen = alert("b");
        seen.acknowledged_by = Some("alice".to_owned());
        step(&mut watch, 300, &[alert("a"), alert("b")]);
        step(&mut watch, 310, &[alert("a"), alert("b")]);
        assert_eq!(step(&mut watch, 900, &[alert("a"), seen]), []);
    }

    #[test]
    fn alerts_below_the_least_severity_are_not_told() {
        let mut watch = watch();
        let mut mild = alert("a");
        mild.severity = Severity::Info;
        step(&mut watch, 0, &[mild.clone()]);
        assert_eq!(step(&mut watch, 10, &[mild]), []);
    }
}
