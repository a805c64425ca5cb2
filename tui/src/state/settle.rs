//! Which cases a bulk decision means: the marked ones, a cluster, all of a contributor.

use tradepost_common::overview::Role;
use tradepost_common::review::{BulkAct, BulkWhich};

use super::App;
use super::prompt::Prompt;
use super::reasons::{Refusal, Wording};
use crate::format;
use crate::input::Typed;
use crate::theme::Tone;

/// As many as the daemon decides at once.
const MOST: usize = 1_000;

/// Which cases are meant, before it is known what is done with them.
#[derive(Debug, Clone, PartialEq)]
pub struct Settling {
    pub which: BulkWhich,
    /// `3 marked cases`, `the cluster of birds / line`.
    pub words: String,
}

impl App {
    pub fn approve_marked(&mut self) {
        if let Some(settling) = self.marked_cases() {
            self.settling = Some(settling);
            self.plan_bulk(BulkAct::Approve, None);
        }
    }

    pub fn reject_marked(&mut self) {
        if let Some(settling) = self.marked_cases() {
            self.settling = Some(settling);
            self.ask_why(Refusal::Bulk);
        }
    }

    fn marked_cases(&mut self) -> Option<Settling> {
        let cases: Vec<_> = self.cases.list.marks().iter().copied().collect();
        if cases.is_empty() {
            self.say(Tone::Warn, "mark cases first (Space V *), or open one with Enter");
            return None;
        }
        if cases.len() > MOST {
            let most = format::count(MOST as i64);
            self.say(
                Tone::Warn,
                format!("at most {most} cases at once; fewer must be marked"),
            );
            return None;
        }
        if !self.may_write(Role::Moderator) {
            return None;
        }
        let words = format::plural(cases.len() as i64, "marked case", "marked cases");
        Some(Settling {
            which: BulkWhich::Cases(cases),
            words,
        })
    }

    /// `C`: all open cases that look like the one in hand.
    pub fn settle_cluster(&mut self) {
        let row = self.row_in_hand().map(|row| (row.cluster, row.title.clone()));
        match row {
            Some((Some(cluster), title)) => self.settle(BulkWhich::Cluster(cluster), format!("the cluster of {title}")),
            Some((None, _)) => self.say(Tone::Dim, "this case looks like no other"),
            None => self.say(Tone::Dim, "no case to take the cluster from"),
        }
    }

    /// `O`: all open cases of the contributor of the one in hand.
    pub fn settle_contributor(&mut self) {
        match self.row_in_hand().map(|row| row.contributor.clone()) {
            Some(name) => {
                let words = format!("all cases of {name}");
                self.settle(BulkWhich::Contributor(name), words);
            }
            None => self.say(Tone::Dim, "no case to take the contributor from"),
        }
    }

    fn settle(&mut self, which: BulkWhich, words: String) {
        if self.may_write(Role::Moderator) {
            self.settling = Some(Settling { which, words });
            self.prompt = Some(Prompt::Settle);
        }
    }

    pub fn answer_settle(&mut self, typed: &Typed) {
        match typed {
            Typed::Cancel => self.say(Tone::Plain, "nothing was planned"),
            Typed::Approve => self.plan_bulk(BulkAct::Approve, None),
            Typed::Refuse => self.ask_why(Refusal::Bulk),
            _ => self.prompt = Some(Prompt::Settle),
        }
    }

    pub fn plan_rejection(&mut self, wording: Wording) {
        let told = wording.told();
        let act = BulkAct::Reject {
            template: wording.template,
            reason: wording.note,
        };
        self.plan_bulk(act, Some(told));
    }
}
