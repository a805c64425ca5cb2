//! Deciding many cases at once: a plan first, then a question; more than twenty want their number typed.

use super::{old_prompt, screen, set_prompt};
use crate::shell::Shell;
use std::time::{Duration, Instant};

use tradepost_common::overview::Role;
use tradepost_common::review::{Bulk, BulkAct, BulkDone, BulkPlan, BulkPreview};

use super::Legacy;
use super::prompt::{BulkStep, Line, Prompt};
use super::screen::Screen;
use super::settle::Settling;
use super::typing::edit;
use crate::client::{Failure, Reply};
use crate::format;
use crate::state::input::{Typed, is_y};
use crate::state::message::{Read, Write};
use crate::theme::Tone;

/// A plan that has just come up takes no `y`: it was meant for something else.
const REST: Duration = Duration::from_millis(700);

/// A plan on the screen.
#[derive(Debug)]
pub struct BulkView {
    ticket: u64,
    pub act: BulkAct,
    pub words: String,
    /// What contributors are told when it is a rejection.
    pub told: Option<String>,
    pub preview: Option<BulkPreview>,
    pub error: Option<String>,
    ready_at: Option<Instant>,
    pub sending: bool,
}

impl BulkView {
    /// `approve`, `reject`.
    pub fn verb(&self) -> &'static str {
        match self.act {
            BulkAct::Approve => "approve",
            BulkAct::Reject { .. } => "reject",
        }
    }

    pub fn is_ready(&self) -> bool {
        let preview = self.preview.as_ref();
        self.error.is_none() && !self.sending && preview.is_some_and(|p| !p.cases.is_empty())
    }

    /// The number that must be typed.
    pub fn number_to_type(&self) -> Option<String> {
        number_to_type(self.preview.as_ref()?)
    }
}

/// As many cases are decided without their number.
const UNASKED: usize = 20;

/// What must be typed before these cases are decided, whatever the daemon asks for.
pub fn number_to_type(preview: &BulkPreview) -> Option<String> {
    let many = preview.cases.len() > UNASKED;
    preview
        .confirm
        .clone()
        .or_else(|| many.then(|| preview.cases.len().to_string()))
}

impl Legacy {
    pub fn plan_bulk(&mut self, cx: &mut Shell, act: BulkAct, told: Option<String>) {
        if !cx.may_write(Role::Moderator) {
            return;
        }
        let Some(Settling { which, words }) = self.settling.take() else {
            return;
        };
        self.tickets += 1;
        let plan = BulkPlan {
            act: act.clone(),
            which,
        };
        cx.read(Read::BulkPlan {
            ticket: self.tickets,
            plan,
        });
        self.bulk = Some(BulkView {
            ticket: self.tickets,
            act,
            words,
            told,
            preview: None,
            error: None,
            ready_at: None,
            sending: false,
        });
        set_prompt(cx, Some(Prompt::Bulk(BulkStep::Look)));
    }

    pub fn bulk_planned(&mut self, cx: &mut Shell, ticket: u64, reply: Reply<BulkPreview>) {
        let now = cx.clock.instant;
        // A plan that was given up changes nothing: there is nothing to cancel.
        let Some(bulk) = self.bulk.as_mut().filter(|bulk| bulk.ticket == ticket) else {
            return;
        };
        match reply {
            Ok(preview) => {
                bulk.preview = Some(preview);
                bulk.ready_at = Some(now);
            }
            Err(e) => bulk.error = Some(e.to_string()),
        }
    }

    pub fn answer_bulk(&mut self, cx: &mut Shell, step: BulkStep, typed: Typed) {
        let next = match (step, typed) {
            (BulkStep::Look, Typed::Cancel) => return self.give_bulk_up(cx),
            (BulkStep::Look, Typed::Yes) if self.may_run_bulk(cx) => self.confirm_bulk(cx),
            (BulkStep::Look, _) | (BulkStep::Number(_), Typed::Cancel) => Some(BulkStep::Look),
            (BulkStep::Number(mut line), typed) => {
                let number = self.bulk.as_ref().and_then(BulkView::number_to_type);
                if is_y(&typed) && number.as_deref() == Some(line.text()) {
                    self.run_bulk(cx, Some(line.text().to_owned()));
                    Some(BulkStep::Look)
                } else {
                    edit(&mut line, &typed);
                    Some(BulkStep::Number(line))
                }
            }
        };
        if let (Some(step), Some(_)) = (next, &self.bulk) {
            set_prompt(cx, Some(Prompt::Bulk(step)));
        }
    }

    fn confirm_bulk(&mut self, cx: &mut Shell) -> Option<BulkStep> {
        if self.bulk.as_ref().and_then(BulkView::number_to_type).is_some() {
            return Some(BulkStep::Number(Line::default()));
        }
        self.run_bulk(cx, None);
        Some(BulkStep::Look)
    }

    fn may_run_bulk(&mut self, cx: &mut Shell) -> bool {
        let now = cx.clock.instant;
        let Some(bulk) = &self.bulk else {
            return false;
        };
        let refusal = if bulk.sending {
            "it is being done"
        } else if bulk.error.is_none() && bulk.preview.is_none() {
            "wait until the plan is here"
        } else if !bulk.is_ready() {
            "there is nothing to decide"
        } else if bulk.ready_at.is_none_or(|at| now.saturating_duration_since(at) < REST) {
            "the plan just came; look at it first"
        } else {
            return cx.may_write(Role::Moderator);
        };
        cx.say(Tone::Warn, refusal);
        false
    }

    fn run_bulk(&mut self, cx: &mut Shell, confirm: Option<String>) {
        if !self.may_run_bulk(cx) {
            return;
        }
        let Some(bulk) = &mut self.bulk else {
            return;
        };
        let Some(preview) = &bulk.preview else {
            return;
        };
        bulk.sending = true;
        let body = Bulk {
            act: bulk.act.clone(),
            cases: preview.cases.clone(),
            confirm,
        };
        let ticket = bulk.ticket;
        cx.write(Write::Bulk { ticket, bulk: body });
    }

    fn give_bulk_up(&mut self, cx: &mut Shell) {
        match self.bulk.take() {
            Some(bulk) if bulk.sending => {
                cx.say(Tone::Warn, "it is on its way already; u undoes it when it is done");
            }
            _ => cx.say(Tone::Plain, "nothing was decided"),
        }
    }

    pub fn bulk_done(&mut self, cx: &mut Shell, ticket: u64, act: &BulkAct, reply: Reply<BulkDone>) {
        let is_shown = self.bulk.as_ref().is_some_and(|bulk| bulk.ticket == ticket);
        self.cases.distrust();
        match reply {
            Ok(done) => {
                if is_shown {
                    self.bulk = None;
                    if matches!(old_prompt(cx), Some(Prompt::Bulk(_))) {
                        set_prompt(cx, None);
                    }
                }
                self.bulk_note.clear();
                self.bulk_was_done(cx, done, act);
            }
            Err(why) => self.bulk_failed(cx, is_shown, &why),
        }
    }

    fn bulk_was_done(&mut self, cx: &mut Shell, done: BulkDone, act: &BulkAct) {
        let count = format::plural(done.decided.len() as i64, "case", "cases");
        let outcome = match act {
            BulkAct::Approve => "approved",
            BulkAct::Reject { .. } => "rejected",
        };
        let gone = done.decided.iter().copied().collect();
        self.cases.list.remove_all(&gone, cx.clock.utc);
        self.ahead.retain(|(id, _)| !gone.contains(id));
        let mut words = format!("{count} {outcome}");
        let tone = match done.left_out.first() {
            None => Tone::Good,
            Some(first) => {
                let left = format::count(done.left_out.len() as i64);
                words.push_str(&format!("; {left} left out: {}: {}", first.title, first.why));
                Tone::Warn
            }
        };
        if !done.decided.is_empty() {
            self.remember(cx, done.decided, count, outcome);
            words.push_str("; u undoes it");
        }
        cx.say(tone, words);
        if screen(cx) == Screen::Item && self.case.as_ref().is_some_and(|case| gone.contains(&case.id)) {
            self.case = None;
            cx.go(Screen::Review.page());
        }
    }

    fn bulk_failed(&mut self, cx: &mut Shell, is_shown: bool, why: &Failure) {
        let words = match why {
            Failure::Problem(_) => format!("NOT decided: {why}"),
            _ => format!("not known what was decided, look at the decided cases (f in the queue): {why}"),
        };
        match self.bulk.as_mut().filter(|_| is_shown) {
            Some(bulk) => {
                bulk.sending = false;
                bulk.error = Some(words);
            }
            None => cx.say(Tone::Bad, words),
        }
    }
}
