//! Deciding many cases at once: a plan first, then a question; more than twenty want their number typed.

use std::time::{Duration, Instant};

use tradepost_common::overview::Role;
use tradepost_common::review::{Bulk, BulkAct, BulkDone, BulkPlan, BulkPreview};

use super::App;
use super::prompt::{BulkStep, Line, Prompt};
use super::screen::Screen;
use super::settle::Settling;
use super::typing::edit;
use crate::client::{Failure, Reply};
use crate::format;
use crate::input::Typed;
use crate::message::{Effect, Read, Write};
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

impl App {
    pub fn plan_bulk(&mut self, act: BulkAct, told: Option<String>) {
        if !self.may_write(Role::Moderator) {
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
        self.effects.push(Effect::Read(Read::BulkPlan {
            ticket: self.tickets,
            plan,
        }));
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
        self.prompt = Some(Prompt::Bulk(BulkStep::Look));
    }

    pub fn bulk_planned(&mut self, ticket: u64, reply: Reply<BulkPreview>) {
        let now = self.clock.instant;
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

    pub fn answer_bulk(&mut self, step: BulkStep, typed: Typed) {
        let next = match (step, typed) {
            (BulkStep::Look, Typed::Cancel) => return self.give_bulk_up(),
            (BulkStep::Look, Typed::Yes) if self.may_run_bulk() => self.confirm_bulk(),
            (BulkStep::Look, _) | (BulkStep::Number(_), Typed::Cancel) => Some(BulkStep::Look),
            (BulkStep::Number(mut line), typed) => {
                let number = self.bulk.as_ref().and_then(BulkView::number_to_type);
                if typed == Typed::Text('y') && number.as_ref() == Some(&line.text) {
                    self.run_bulk(Some(line.text));
                    Some(BulkStep::Look)
                } else {
                    edit(&mut line, &typed);
                    Some(BulkStep::Number(line))
                }
            }
        };
        if let (Some(step), Some(_)) = (next, &self.bulk) {
            self.prompt = Some(Prompt::Bulk(step));
        }
    }

    fn confirm_bulk(&mut self) -> Option<BulkStep> {
        if self.bulk.as_ref().and_then(BulkView::number_to_type).is_some() {
            return Some(BulkStep::Number(Line::default()));
        }
        self.run_bulk(None);
        Some(BulkStep::Look)
    }

    fn may_run_bulk(&mut self) -> bool {
        let now = self.clock.instant;
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
            return self.may_write(Role::Moderator);
        };
        self.say(Tone::Warn, refusal);
        false
    }

    fn run_bulk(&mut self, confirm: Option<String>) {
        if !self.may_run_bulk() {
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
        self.effects.push(Effect::Write(Write::Bulk { ticket, bulk: body }));
    }

    fn give_bulk_up(&mut self) {
        match self.bulk.take() {
            Some(bulk) if bulk.sending => {
                self.say(Tone::Warn, "it is on its way already; u undoes it when it is done");
            }
            _ => self.say(Tone::Plain, "nothing was decided"),
        }
    }

    pub fn bulk_done(&mut self, ticket: u64, act: &BulkAct, reply: Reply<BulkDone>) {
        let is_shown = self.bulk.as_ref().is_some_and(|bulk| bulk.ticket == ticket);
        self.cases.distrust();
        match reply {
            Ok(done) => {
                if is_shown {
                    self.bulk = None;
                    if matches!(self.prompt, Some(Prompt::Bulk(_))) {
                        self.prompt = None;
                    }
                }
                self.bulk_note.clear();
                self.bulk_was_done(done, act);
            }
            Err(why) => self.bulk_failed(is_shown, &why),
        }
    }

    fn bulk_was_done(&mut self, done: BulkDone, act: &BulkAct) {
        let count = format::plural(done.decided.len() as i64, "case", "cases");
        let outcome = match act {
            BulkAct::Approve => "approved",
            BulkAct::Reject { .. } => "rejected",
        };
        let gone = done.decided.iter().copied().collect();
        self.cases.list.remove_all(&gone, self.clock.utc);
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
            self.remember(done.decided, count, outcome);
            words.push_str("; u undoes it");
        }
        self.say(tone, words);
        if self.screen == Screen::Item && self.case.as_ref().is_some_and(|case| gone.contains(&case.id)) {
            self.case = None;
            self.go(Screen::Review);
        }
    }

    fn bulk_failed(&mut self, is_shown: bool, why: &Failure) {
        let words = match why {
            Failure::Problem(_) => format!("NOT decided: {why}"),
            _ => format!("not known what was decided, look at the decided cases (f in the queue): {why}"),
        };
        match self.bulk.as_mut().filter(|_| is_shown) {
            Some(bulk) => {
                bulk.sending = false;
                bulk.error = Some(words);
            }
            None => self.say(Tone::Bad, words),
        }
    }
}
