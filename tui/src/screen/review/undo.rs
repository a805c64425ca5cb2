//! Taking decisions back, within the time that the daemon gives.

use crate::shell::{Confirm, Shell};
use time::OffsetDateTime;
use tradepost_common::ids::CaseId;
use tradepost_common::overview::Role;

use super::desk::CaseState;
use super::requests::Write;
use super::{Review, case_page, queue_page};
use crate::client::{Failure, Reply};
use crate::format;
use crate::theme::Tone;

/// The time to undo, unless the daemon gives another one.
const WINDOW: time::Duration = time::Duration::minutes(10);
/// Decisions remembered; older ones are on the list of decided cases.
const REMEMBERED: usize = 200;

/// A decision made at this terminal, or several at once.
#[derive(Debug, Clone, PartialEq)]
pub struct RecentDecision {
    pub cases: Vec<CaseId>,
    /// `birds / line`, `12 cases`.
    pub title: String,
    /// `approved`, `rejected`, `banned`.
    pub what: String,
    pub until: OffsetDateTime,
}

impl RecentDecision {
    /// `birds / line (approved)`.
    pub fn in_words(&self) -> String {
        format!("{} ({})", self.title, self.what)
    }
}

impl Review {
    pub fn remember(&mut self, cx: &mut Shell, cases: Vec<CaseId>, title: String, what: &str) {
        if self.recent_decisions.len() == REMEMBERED {
            self.recent_decisions.remove(0);
        }
        self.recent_decisions.push(RecentDecision {
            cases,
            title,
            what: what.to_owned(),
            until: cx.clock.utc + WINDOW,
        });
    }

    /// It was not decided after all, or it was taken back.
    pub fn forget_made(&mut self, id: CaseId) {
        self.recent_decisions.retain(|made| made.cases != [id]);
    }

    /// The decision that `u` would take back.
    pub fn undoable(&self, cx: &Shell) -> Option<RecentDecision> {
        let now = cx.clock.utc;
        let here = match cx.page {
            page if page == case_page() => self.decided_case_on_screen(),
            page if page == queue_page() && self.case_query.which == CaseState::Decided => self.decided_row(cx),
            _ => None,
        };
        here.or_else(|| {
            self.recent_decisions
                .iter()
                .rev()
                .find(|made| made.until > now)
                .cloned()
        })
    }

    fn decided_case_on_screen(&self) -> Option<RecentDecision> {
        let case = self.case.as_ref()?;
        let decision = case.detail.as_ref()?.decision.as_ref()?;
        Some(RecentDecision {
            cases: vec![case.id],
            title: case.title.clone(),
            what: decision.outcome.to_string(),
            until: decision.undo_until?,
        })
    }

    /// Until when is not in the row: the daemon knows.
    fn decided_row(&self, cx: &Shell) -> Option<RecentDecision> {
        let row = self.cases.list.selected()?;
        Some(RecentDecision {
            cases: vec![row.id],
            title: row.title.clone(),
            what: "decided".to_owned(),
            until: cx.clock.utc + WINDOW,
        })
    }

    /// `u`: one decision at once, many after a question.
    pub fn undo(&mut self, cx: &mut Shell) {
        if !cx.may_write(Role::Moderator) {
            return;
        }
        match self.undoable(cx) {
            None => cx.say(
                Tone::Warn,
                "None of your decisions can be undone now; f in the queue (7) shows decided cases",
            ),
            Some(made) if made.cases.len() > 1 => {
                let question = format!("Undo {} and reopen the cases?", made.in_words());
                cx.ask(Confirm::new(question, move |review: &mut Self, cx| {
                    if cx.may_write(Role::Moderator) {
                        review.undo_now(cx, made);
                    }
                }));
            }
            Some(made) => self.undo_now(cx, made),
        }
    }

    pub fn undo_now(&mut self, cx: &mut Shell, made: RecentDecision) {
        self.recent_decisions.retain(|have| have.cases != made.cases);
        cx.say(Tone::Dim, format!("Undoing {} …", made.in_words()));
        self.undone_from = self.case.as_ref().map(|case| case.id);
        cx.write(Write::Undo(made));
    }

    pub fn undone(&mut self, cx: &mut Shell, made: RecentDecision, results: Vec<(CaseId, Reply<()>)>) {
        self.cases.invalidate();
        if let Some(case) = &mut self.case {
            case.asked_revision = u64::MAX;
        }
        let done: Vec<CaseId> = results.iter().filter(|(_, r)| r.is_ok()).map(|(id, _)| *id).collect();
        self.ahead.retain(|(id, _)| !done.contains(id));
        self.returned.retain(|kept| !done.contains(&kept.id));
        let failure = results.into_iter().find_map(|(_, reply)| reply.err());
        match failure {
            None => {
                let open = if made.cases.len() == 1 {
                    "it is open again"
                } else {
                    "they are open again"
                };
                cx.say(Tone::Good, format!("Undone: {}; {open}", made.in_words()));
                self.show_undone(cx, &made);
            }
            Some(why) => self.not_undone(cx, made, &done, &why),
        }
    }

    fn not_undone(&mut self, cx: &mut Shell, made: RecentDecision, done: &[CaseId], why: &Failure) {
        let words = match (made.cases.len(), done.len()) {
            (1, _) => format!("NOT undone: {}: {why}", made.in_words()),
            (all, done) => {
                let (done, all) = (format::count(done as i64), format::count(all as i64));
                format!("Only {done} of {all} undone: {why}")
            }
        };
        cx.say(Tone::Bad, words);
        // A refused undo would be refused again; one that nobody answered can be tried again.
        if !matches!(why, Failure::Problem(_)) {
            let cases: Vec<CaseId> = made.cases.iter().filter(|id| !done.contains(id)).copied().collect();
            self.recent_decisions.push(RecentDecision { cases, ..made });
        }
    }

    /// The case comes back to the screen where somebody still looks at what was there.
    fn show_undone(&mut self, cx: &mut Shell, made: &RecentDecision) {
        let is_where_it_was = self.case.as_ref().map(|case| case.id) == self.undone_from;
        if let ([id], true) = (&made.cases[..], is_where_it_was)
            && cx.page == case_page()
            && cx.prompt.is_none()
            && self.case.as_ref().is_some_and(|case| case.id != *id)
        {
            self.open_case(cx, *id, made.title.clone());
        }
    }
}
