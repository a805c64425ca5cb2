//! What the daemon answered to acts.

use tradepost_common::ids::CaseId;
use tradepost_common::overview::Alert;
use tradepost_common::queues::QueueRow;
use tradepost_common::review::{CaseRow, Decision};

use super::App;
use super::case::Claim;
use crate::client::Reply;
use crate::theme::Tone;

impl App {
    pub fn queue_turned(&mut self, name: &str, reply: Reply<QueueRow>) {
        match reply {
            Ok(row) => {
                let now = if row.paused { "paused" } else { "running" };
                self.say(Tone::Good, format!("{name} is {now}"));
                if self.frozen.is_none() {
                    self.queues.update(row, self.clock.utc);
                }
            }
            Err(e) => self.say(Tone::Bad, format!("{name}: {e}")),
        }
    }

    pub fn concurrency_set(&mut self, name: &str, reply: Reply<QueueRow>) {
        match reply {
            Ok(row) => {
                let how = if row.concurrency_by.is_some() {
                    ""
                } else {
                    " as configured"
                };
                self.say(
                    Tone::Good,
                    format!("{name} runs {} handlers at once{how}", row.concurrency),
                );
                if self.frozen.is_none() {
                    self.queues.update(row, self.clock.utc);
                }
            }
            Err(e) => self.say(Tone::Bad, format!("{name}: {e}")),
        }
    }

    pub fn acknowledged(&mut self, code: &str, reply: Reply<Alert>) {
        match reply {
            Ok(alert) => {
                self.say(Tone::Good, format!("{code} is acknowledged; it stays until it clears"));
                if let Some(overview) = &mut self.overview
                    && let Some(place) = overview.alerts.iter_mut().find(|a| a.code == code)
                {
                    *place = alert.clone();
                }
                self.alerts.update(alert, self.clock.utc);
            }
            Err(e) => self.say(Tone::Bad, format!("{code}: {e}")),
        }
    }

    pub fn claimed(&mut self, id: CaseId, reply: Reply<CaseRow>) {
        let is_current = self
            .case
            .as_ref()
            .is_some_and(|c| c.id == id && matches!(c.claim, Claim::Asked | Claim::Held));
        let claim = match reply {
            Ok(row) => {
                self.cases.list.update(row, self.clock.utc);
                Claim::Held
            }
            Err(e) if e.status() == Some(409) => Claim::Refused(e.to_string()),
            Err(e) => {
                self.say(Tone::Bad, format!("not claimed: {e}"));
                Claim::None
            }
        };
        if let (true, Some(case)) = (is_current, &mut self.case) {
            case.claim = claim;
        }
    }

    pub fn decision_arrived(&mut self, id: CaseId, title: &str, reply: Reply<Decision>) {
        self.deciding.retain(|have| *have != id);
        match reply {
            Ok(decision) => {
                let tone = if decision.outcome == "approved" {
                    Tone::Good
                } else {
                    Tone::Plain
                };
                self.say(tone, decision_in_words(title, &decision));
            }
            Err(e) => {
                self.say(Tone::Bad, format!("{title} is NOT decided: {e}"));
                // It was taken off the list too soon.
                self.cases.distrust();
            }
        }
        self.ahead.retain(|(have, _)| *have != id);
    }
}

/// `birds / line approved: 98 published, 2 left out`.
pub fn decision_in_words(title: &str, decision: &Decision) -> String {
    let mut words = format!("{title} {}", decision.outcome);
    if decision.outcome == "approved" {
        let published = crate::format::count(decision.items_published);
        words.push_str(&format!(": {published} published"));
        if decision.items_rejected > 0 {
            let out = crate::format::count(decision.items_rejected);
            words.push_str(&format!(", {out} left out"));
        }
    } else if let Some(reason) = &decision.reason {
        words.push_str(&format!(": {reason}"));
    }
    words
}
