//! Deciding many cases at once: a plan first, then a question; more than twenty want their number typed.

use std::time::Instant;

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;
use tradepost_common::overview::Role;
use tradepost_common::review::{Bulk, BulkAct, BulkDone, BulkPlan, BulkPreview};

use super::bulk_target::BulkTarget;
use super::requests::{Read, Write};
use super::{Review, case_page, queue_page, view};
use crate::canvas::Canvas;
use crate::client::{Failure, Reply};
use crate::format;
use crate::input::Input;
use crate::shell::{Placement, Prompt, Shell, plain};
use crate::theme::Tone;

/// A plan on the screen.
#[derive(Debug)]
pub struct BulkView {
    ticket: u64,
    pub act: BulkAct,
    pub words: String,
    /// The text that contributors read when it is a rejection.
    pub message: Option<String>,
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

/// The most cases that are decided without typing their number.
const UNASKED: usize = 20;

/// The number that must be typed before these cases are decided, whatever the daemon asks for.
pub fn number_to_type(preview: &BulkPreview) -> Option<String> {
    let many = preview.cases.len() > UNASKED;
    preview
        .confirm
        .clone()
        .or_else(|| many.then(|| preview.cases.len().to_string()))
}

impl Review {
    pub fn plan_bulk(&mut self, cx: &mut Shell, act: BulkAct, message: Option<String>) {
        if !cx.may_write(Role::Moderator) {
            return;
        }
        let Some(BulkTarget { which, words }) = self.bulk_target.take() else {
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
            message,
            preview: None,
            error: None,
            ready_at: None,
            sending: false,
        });
        cx.ask(BulkPrompt::Look);
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

    fn may_run_bulk(&mut self, cx: &mut Shell) -> bool {
        let Some(bulk) = &self.bulk else {
            return false;
        };
        let refusal = if bulk.sending {
            "It is being done"
        } else if bulk.error.is_none() && bulk.preview.is_none() {
            "Wait for the plan"
        } else if !bulk.is_ready() {
            "The plan has no cases"
        } else if cx.is_new(bulk.ready_at) {
            "The plan has just appeared; read it first"
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

    fn discard_bulk_plan(&mut self, cx: &mut Shell) {
        match self.bulk.take() {
            Some(bulk) if bulk.sending => {
                cx.say(Tone::Warn, "It is already being done; u undoes it afterwards");
            }
            _ => cx.say(Tone::Plain, "Nothing was decided"),
        }
    }

    /// The plan on the screen, if it has that ticket.
    fn shown_bulk(&mut self, ticket: u64) -> Option<&mut BulkView> {
        self.bulk.as_mut().filter(|bulk| bulk.ticket == ticket)
    }

    pub fn bulk_done(&mut self, cx: &mut Shell, ticket: u64, act: &BulkAct, reply: Reply<BulkDone>) {
        self.cases.invalidate();
        match reply {
            Ok(done) => {
                if self.shown_bulk(ticket).is_some() {
                    self.bulk = None;
                    if cx.prompt_is::<BulkPrompt>() {
                        cx.prompt = None;
                    }
                }
                self.bulk_note.clear();
                self.bulk_was_done(cx, done, act);
            }
            Err(why) => self.bulk_failed(cx, ticket, &why),
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
                words.push_str(&format!("; {left} skipped: {}: {}", first.title, first.why));
                Tone::Warn
            }
        };
        if !done.decided.is_empty() {
            self.remember(cx, done.decided, count, outcome);
            words.push_str("; u undoes it");
        }
        cx.say(tone, words);
        if cx.page == case_page() && self.case.as_ref().is_some_and(|case| gone.contains(&case.id)) {
            self.case = None;
            cx.go(queue_page());
        }
    }

    fn bulk_failed(&mut self, cx: &mut Shell, ticket: u64, why: &Failure) {
        let words = match why {
            Failure::Problem(_) => format!("NOT decided: {why}"),
            _ => format!("The outcome is unknown; see the decided cases (f in the queue): {why}"),
        };
        match self.shown_bulk(ticket) {
            Some(bulk) => {
                bulk.sending = false;
                bulk.error = Some(words);
            }
            None => cx.say(Tone::Bad, words),
        }
    }
}

/// A plan on the screen, and whether it is carried out.
#[derive(Debug)]
pub enum BulkPrompt {
    Look,
    /// The number of cases, typed by hand: pasted text is not taken.
    Number(Input),
}

impl Prompt for BulkPrompt {
    type Owner = Review;
    const PLACEMENT: Placement = Placement::Overlay;

    fn key(self, key: KeyEvent, review: &mut Review, cx: &mut Shell) -> Option<Self> {
        let next = match (self, key.code) {
            (Self::Look, KeyCode::Esc | KeyCode::Char('q' | 'n')) if plain(key).is_some() => {
                review.discard_bulk_plan(cx);
                return None;
            }
            (Self::Look, KeyCode::Char('y')) if plain(key).is_some() && review.may_run_bulk(cx) => {
                match review.bulk.as_ref().and_then(BulkView::number_to_type) {
                    Some(_) => Self::Number(Input::default()),
                    None => {
                        review.run_bulk(cx, None);
                        Self::Look
                    }
                }
            }
            (Self::Look, _) | (Self::Number(_), KeyCode::Esc) => Self::Look,
            (Self::Number(mut input), code) => {
                let number = review.bulk.as_ref().and_then(BulkView::number_to_type);
                if code == KeyCode::Char('y') && number.as_deref() == Some(input.text()) {
                    review.run_bulk(cx, number);
                    Self::Look
                } else {
                    input.key(key);
                    Self::Number(input)
                }
            }
        };
        review.bulk.is_some().then_some(next)
    }

    fn draw(&mut self, canvas: &mut Canvas<'_>, area: Rect, review: &mut Review, _cx: &Shell) {
        view::bulk::draw_plan(canvas, area, review, self);
    }

    fn is_question(&self) -> bool {
        true
    }
}
