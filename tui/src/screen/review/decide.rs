//! Deciding a case: one key, and the next case is there.

use crate::shell::{Confirm, Shell};

use tradepost_common::ids::{CaseId, ItemId};
use tradepost_common::overview::Role;
use tradepost_common::review::{Approve, Ban, CaseDetail, CaseOutcome, CaseRow, Decision, Reject};

use super::Review;
use super::case::{Claim, Split};
use super::reasons::{Others, Refusal, Wording};
use super::requests::Write;
use crate::client::{Failure, Reply};
use crate::format;
use crate::theme::Tone;

/// A case whose decision is on its way, or was not taken: everything that brings it back as it was.
#[derive(Debug, Clone, PartialEq)]
pub struct PendingDecision {
    pub id: CaseId,
    pub title: String,
    pub detail: Option<Box<CaseDetail>>,
    pub row: Option<CaseRow>,
    pub note: String,
    pub marks: Vec<ItemId>,
    /// The reason why the decision was refused.
    pub why: String,
}

impl Review {
    /// Refuses with a message unless the key that was just pressed may decide the case on the screen.
    pub fn may_decide(&mut self, cx: &mut Shell) -> bool {
        if !cx.may_write(Role::Moderator) {
            return false;
        }
        let Some(case) = &self.case else {
            return false;
        };
        let refusal = match (&case.detail, &case.claim) {
            (None, _) => Some("Wait for the case".to_owned()),
            (Some(detail), _) if detail.decision.is_some() => {
                Some("Already decided. u undoes it while there is time".to_owned())
            }
            (_, Claim::Refused(why)) => Some(format!("{why}. n skips to the next case")),
            _ if cx.is_new(Some(case.opened_at)) => Some("A new case has just appeared; read it first".to_owned()),
            _ => None,
        };
        match refusal {
            Some(why) => {
                cx.say(Tone::Warn, why);
                false
            }
            None => true,
        }
    }

    pub fn approve(&mut self, cx: &mut Shell) {
        let note = self.note_for(Refusal::Marked).trim().to_owned();
        self.approve_with(
            cx,
            Wording {
                template: None,
                note: Some(note).filter(|note| !note.is_empty()),
            },
        );
    }

    fn approve_with(&mut self, cx: &mut Shell, wording: Wording) {
        if !self.may_decide(cx) {
            return;
        }
        let Some(case) = &self.case else {
            return;
        };
        let split = case.split();
        if split.publish == 0 {
            cx.say(Tone::Warn, "No file is left to approve; x rejects the pack");
            return;
        }
        let body = Approve {
            except: case.exceptions(),
            template: wording.template,
            reason: wording.note,
        };
        let (case, title) = (case.id, case.title.clone());
        self.decided(cx, "approved", Write::Approve { case, title, body }, &approving(split));
    }

    pub fn ask_reason(&mut self, cx: &mut Shell) {
        if self.may_decide(cx) {
            self.ask_why(cx, Refusal::Pack);
        }
    }

    pub fn ask_ban(&mut self, cx: &mut Shell) {
        if self.may_decide(cx) {
            self.ask_why(cx, Refusal::Ban(Others::Kept));
        }
    }

    /// A reason was picked: the pack goes at once, because it can be undone; a ban is asked about, many cases are planned.
    pub fn refuse(&mut self, cx: &mut Shell, what: Refusal, wording: Wording) {
        match what {
            Refusal::Pack => self.reject(cx, wording),
            Refusal::Marked => self.approve_with(cx, wording),
            Refusal::Ban(others) => {
                let body = Ban {
                    template: wording.template,
                    reason: wording.note,
                    reject_open: others == Others::Rejected,
                };
                let question = self.ban_question(&body, cx);
                cx.ask(Confirm::new(question, move |review: &mut Self, cx| {
                    review.ban(cx, body)
                }));
            }
            Refusal::Bulk => self.plan_rejection(cx, wording),
        }
    }

    fn reject(&mut self, cx: &mut Shell, wording: Wording) {
        if !self.may_decide(cx) {
            return;
        }
        let Some((case, title)) = self.case.as_ref().map(|c| (c.id, c.title.clone())) else {
            return;
        };
        let doing = format!("Rejecting {title} …");
        let body = Reject {
            template: wording.template,
            reason: wording.note,
        };
        self.decided(cx, "rejected", Write::Reject { case, title, body }, &doing);
    }

    fn ban_question(&self, ban: &Ban, cx: &Shell) -> String {
        let row = self.target_row(cx);
        let who = row.map_or("the contributor", |row| row.contributor.as_str());
        let what = if ban.reject_open {
            "ALL their open cases"
        } else {
            "this pack"
        };
        format!("BAN {who} and reject {what}? They will not be able to upload.")
    }

    pub fn ban(&mut self, cx: &mut Shell, body: Ban) {
        if !self.may_decide(cx) {
            return;
        }
        let Some((case, title)) = self.case.as_ref().map(|c| (c.id, c.title.clone())) else {
            return;
        };
        let doing = format!("Rejecting {title} and banning its contributor …");
        self.decided(cx, "banned", Write::Ban { case, title, body }, &doing);
    }

    /// Sends the decision and brings up the next case without waiting for the answer.
    pub fn decided(&mut self, cx: &mut Shell, what: &str, write: Write, doing: &str) {
        let next = self.next_case(cx);
        cx.write(write);
        // The decision ends the claim; there is nothing to give back.
        if let Some(case) = self.case.take() {
            let row = self.cases.list.rows().iter().find(|row| row.id == case.id).cloned();
            self.cases.list.remove(&case.id, cx.clock.utc);
            if !what.is_empty() {
                self.remember(cx, vec![case.id], case.title.clone(), what);
            }
            let marks = case.files.marks().iter().copied().collect();
            self.deciding.push(PendingDecision {
                id: case.id,
                row: row.or_else(|| case.detail.as_ref().map(|d| d.case.clone())),
                title: case.title,
                detail: case.detail.map(Box::new),
                note: case.note,
                marks,
                why: String::new(),
            });
        }
        cx.say(Tone::Dim, doing);
        match next {
            Some((id, title)) => self.follow_case(cx, id, title),
            None => self.after_the_last(cx),
        }
    }

    pub fn decision_arrived(&mut self, cx: &mut Shell, id: CaseId, title: &str, reply: Reply<Decision>) {
        let kept = self.take_deciding(id);
        match reply {
            Ok(decision) => {
                let tone = if decision.outcome == CaseOutcome::Approved {
                    Tone::Good
                } else {
                    Tone::Plain
                };
                if let (Some(until), Some(made)) = (
                    decision.undo_until,
                    self.recent_decisions.iter_mut().find(|made| made.cases == [id]),
                ) {
                    made.until = until;
                }
                cx.say(tone, decision_in_words(title, &decision));
            }
            Err(e) => {
                self.forget_made(id);
                self.reopen_case(cx, kept, title, &e);
            }
        }
    }

    pub fn asked(&mut self, cx: &mut Shell, id: CaseId, title: &str, reply: Reply<()>) {
        let kept = self.take_deciding(id);
        match reply {
            Ok(()) => cx.say(Tone::Good, format!("{title}: waiting for the contributor's answer")),
            Err(e) => self.reopen_case(cx, kept, title, &e),
        }
    }

    fn take_deciding(&mut self, id: CaseId) -> Option<PendingDecision> {
        self.ahead.retain(|(have, _)| *have != id);
        let at = self.deciding.iter().position(|kept| kept.id == id)?;
        Some(self.deciding.remove(at))
    }

    /// The decision was not taken: the case is the next one again, with why.
    fn reopen_case(&mut self, cx: &mut Shell, kept: Option<PendingDecision>, title: &str, why: &Failure) {
        cx.say(Tone::Bad, format!("{title} is NOT decided: {why}"));
        // It was taken off the list too soon.
        self.cases.invalidate();
        // Somebody else has decided it: there is nothing left to do.
        if why.code() == Some("case-decided") {
            return;
        }
        let Some(mut kept) = kept else {
            return;
        };
        kept.why = format!("NOT DECIDED: {why}");
        // The moderator has gone on: others may have it until it comes up again.
        if self.case.as_ref().is_none_or(|case| case.id != kept.id) {
            cx.write(Write::Release(kept.id));
        }
        if let Some(row) = kept.row.take() {
            self.cases.list.put_first(row, cx.clock.utc);
        }
        self.returned.push(kept);
    }
}

fn approving(split: Split) -> String {
    format!("Approving {} …", split.in_words())
}

/// `birds / line approved: 98 published, 2 left out`.
pub fn decision_in_words(title: &str, decision: &Decision) -> String {
    let mut words = format!("{title} {}", decision.outcome);
    if decision.outcome == CaseOutcome::Approved {
        let published = format::count(decision.items_published);
        words.push_str(&format!(": {published} published"));
        if decision.items_rejected > 0 {
            let out = format::count(decision.items_rejected);
            words.push_str(&format!(", {out} left out"));
        }
        return words;
    }
    if decision.banned {
        words.push_str(" and the contributor banned");
    }
    if let Some(reason) = &decision.reason {
        words.push_str(&format!(": {reason}"));
    }
    words
}
