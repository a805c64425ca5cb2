//! The cases of a bulk decision: the marked ones, a cluster, all of a contributor.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;
use tradepost_common::overview::Role;
use tradepost_common::review::{BulkAct, BulkWhich};

use super::reasons::{Refusal, Wording};
use super::{Review, view};
use crate::canvas::Canvas;
use crate::format;
use crate::shell::{Placement, Prompt, Shell};
use crate::theme::Tone;

/// The most cases that the daemon decides at once.
const MOST: usize = 1_000;

/// The cases of a bulk decision, before it is known what is done with them.
#[derive(Debug, Clone, PartialEq)]
pub struct BulkTarget {
    pub which: BulkWhich,
    /// `3 marked cases`, `the cluster of birds / line`.
    pub words: String,
}

impl Review {
    pub fn approve_marked(&mut self, cx: &mut Shell) {
        if let Some(target) = self.marked_cases(cx) {
            self.bulk_target = Some(target);
            self.plan_bulk(cx, BulkAct::Approve, None);
        }
    }

    pub fn reject_marked(&mut self, cx: &mut Shell) {
        if let Some(target) = self.marked_cases(cx) {
            self.bulk_target = Some(target);
            self.ask_why(cx, Refusal::Bulk);
        }
    }

    fn marked_cases(&mut self, cx: &mut Shell) -> Option<BulkTarget> {
        let cases: Vec<_> = self.cases.list.marks().iter().copied().collect();
        if cases.is_empty() {
            cx.say(Tone::Warn, "Mark cases first (Space V *), or open one with Enter");
            return None;
        }
        if cases.len() > MOST {
            let most = format::count(MOST as i64);
            cx.say(Tone::Warn, format!("At most {most} cases at once: mark fewer"));
            return None;
        }
        if !cx.may_write(Role::Moderator) {
            return None;
        }
        let words = format::plural(cases.len() as i64, "marked case", "marked cases");
        Some(BulkTarget {
            which: BulkWhich::Cases(cases),
            words,
        })
    }

    /// `C`: all open cases that look like the one in hand.
    pub fn decide_cluster(&mut self, cx: &mut Shell) {
        let row = self.target_row(cx).map(|row| (row.cluster, row.title.clone()));
        match row {
            Some((Some(cluster), title)) => self.ask_bulk_act(
                cx,
                BulkWhich::Cluster(cluster),
                format!("the look-alike group of {title}"),
            ),
            Some((None, _)) => cx.say(Tone::Dim, "This case has no look-alikes"),
            None => cx.say(Tone::Dim, "Select a case first"),
        }
    }

    /// `O`: all open cases of the contributor of the one in hand.
    pub fn decide_contributor(&mut self, cx: &mut Shell) {
        match self.target_row(cx).map(|row| row.contributor.clone()) {
            Some(name) => {
                let words = format!("all cases of {name}");
                self.ask_bulk_act(cx, BulkWhich::Contributor(name), words);
            }
            None => cx.say(Tone::Dim, "Select a case first"),
        }
    }

    fn ask_bulk_act(&mut self, cx: &mut Shell, which: BulkWhich, words: String) {
        if cx.may_write(Role::Moderator) {
            self.bulk_target = Some(BulkTarget { which, words });
            cx.ask(BulkActPrompt);
        }
    }

    pub fn plan_rejection(&mut self, cx: &mut Shell, wording: Wording) {
        let message = wording.text();
        let act = BulkAct::Reject {
            template: wording.template,
            reason: wording.note,
        };
        self.plan_bulk(cx, act, Some(message));
    }
}

/// Asks for the decision on many cases; either answer makes a plan.
#[derive(Debug)]
pub struct BulkActPrompt;

impl Prompt for BulkActPrompt {
    type Owner = Review;
    const PLACEMENT: Placement = Placement::Overlay;

    fn key(self, key: KeyEvent, review: &mut Review, cx: &mut Shell) -> Option<Self> {
        match key.code {
            KeyCode::Esc | KeyCode::Char('q' | 'n') => cx.say(Tone::Plain, "Nothing was planned"),
            KeyCode::Char('a') => review.plan_bulk(cx, BulkAct::Approve, None),
            KeyCode::Char('x') => review.ask_why(cx, Refusal::Bulk),
            _ => return Some(self),
        }
        None
    }

    fn draw(&mut self, canvas: &mut Canvas<'_>, area: Rect, review: &mut Review, _cx: &Shell) {
        view::bulk::draw_bulk_act(canvas, area, review);
    }
}
