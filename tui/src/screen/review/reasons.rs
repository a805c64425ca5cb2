//! The prompt for the reason of a rejection: of a pack, some of its files, its contributor or many cases.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;
use tradepost_common::review::{CaseDetail, REASONS, ReasonTemplate, Relation};

use super::{Review, view};
use crate::canvas::Canvas;
use crate::shell::{Placement, Prompt, Shell, plain};
use crate::theme::Tone;

/// The line of the list that is no template.
pub const NOTE_ALONE: usize = REASONS.len();

/// Picks a reason. Neither Enter nor the keys that asked are an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reasons {
    pub what: Refusal,
    /// The line that is previewed; `y` takes it.
    pub cursor: Option<usize>,
}

/// The subject of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    Pack,
    /// The marked files; the others are approved.
    Marked,
    Ban(Others),
    /// Many cases, after a plan.
    Bulk,
}

/// The outcome of the other open cases of somebody who is banned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Others {
    Kept,
    Rejected,
}

/// A reason as it goes to the daemon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wording {
    pub template: Option<String>,
    pub note: Option<String>,
}

impl Wording {
    /// Text for the contributor.
    pub fn text(&self) -> String {
        let template = REASONS.iter().find(|r| Some(r.id) == self.template.as_deref());
        contributor_text(template, self.note.as_deref().unwrap_or(""))
    }
}

/// The text that the contributor reads: the template's text, then the note.
pub fn contributor_text(template: Option<&ReasonTemplate>, note: &str) -> String {
    let text = template.map_or("", |template| template.text);
    match (text, note.trim()) {
        (text, "") => text.to_owned(),
        ("", note) => note.to_owned(),
        (text, note) => format!("{text} {note}"),
    }
}

impl Review {
    pub fn ask_why(&mut self, cx: &mut Shell, what: Refusal) {
        let detail = self.case.as_ref().and_then(|case| case.detail.as_ref());
        let cursor = match what {
            Refusal::Bulk => None,
            _ => detail.and_then(suggested),
        };
        cx.ask(Reasons { what, cursor });
    }

    /// The note that goes with what is refused.
    pub fn note_for(&self, what: Refusal) -> &str {
        match (what, &self.case) {
            (Refusal::Bulk, _) => &self.bulk_note,
            (_, Some(case)) => &case.note,
            (_, None) => "",
        }
    }

    fn wording(&mut self, cx: &mut Shell, what: Refusal, choice: usize) -> Option<Wording> {
        let note = Some(self.note_for(what).trim().to_owned()).filter(|note| !note.is_empty());
        if choice == NOTE_ALONE && note.is_none() {
            cx.say(Tone::Warn, "Write a note first: m");
            return None;
        }
        let template = REASONS.get(choice).map(|reason| reason.id.to_owned());
        Some(Wording { template, note })
    }

    /// The pack or its marked files; with or without the other cases.
    fn toggled(&mut self, cx: &mut Shell, what: Refusal) -> Refusal {
        match what {
            Refusal::Pack => match self.case.as_ref().map(|case| case.split()) {
                Some(split) if split.marked > 0 && split.publish > 0 => Refusal::Marked,
                Some(split) if split.marked > 0 => {
                    cx.say(Tone::Warn, "No file would be left to approve");
                    Refusal::Pack
                }
                _ => {
                    cx.say(Tone::Warn, "Mark a file first: Space");
                    Refusal::Pack
                }
            },
            Refusal::Marked => Refusal::Pack,
            Refusal::Ban(Others::Kept) => Refusal::Ban(Others::Rejected),
            Refusal::Ban(Others::Rejected) => Refusal::Ban(Others::Kept),
            Refusal::Bulk => Refusal::Bulk,
        }
    }
}

impl Prompt for Reasons {
    type Owner = Review;
    const PLACEMENT: Placement = Placement::Overlay;

    fn key(mut self, key: KeyEvent, review: &mut Review, cx: &mut Shell) -> Option<Self> {
        let mut choice = None;
        let Some(code) = plain(key) else {
            return Some(self);
        };
        match code {
            KeyCode::Esc | KeyCode::Char('q' | 'n') => {
                cx.say(Tone::Plain, "Nothing was decided");
                return None;
            }
            KeyCode::Char('m') => {
                review.ask_note(cx, Some(self));
                return None;
            }
            KeyCode::Char('0') => choice = Some(NOTE_ALONE),
            KeyCode::Char(c @ '1'..='9') => choice = c.to_digit(10).map(|n| n as usize - 1),
            KeyCode::Char('y') if self.cursor.is_none() => cx.say(Tone::Warn, "Choose a reason: 1-9, or j k and y"),
            KeyCode::Char('y') => choice = self.cursor,
            KeyCode::Char('f') => self.what = review.toggled(cx, self.what),
            KeyCode::Char('j') | KeyCode::Down => {
                self.cursor = Some(self.cursor.map_or(0, |at| (at + 1).min(NOTE_ALONE)));
            }
            KeyCode::Char('k') | KeyCode::Up => {
                self.cursor = Some(self.cursor.map_or(NOTE_ALONE, |at| at.saturating_sub(1)));
            }
            _ => {}
        }
        let Some(wording) = choice.and_then(|choice| review.wording(cx, self.what, choice)) else {
            return Some(self);
        };
        review.refuse(cx, self.what, wording);
        None
    }

    fn draw(&mut self, canvas: &mut Canvas<'_>, area: Rect, review: &mut Review, _cx: &Shell) {
        view::reasons::draw(canvas, area, review, *self);
    }

    fn is_question(&self) -> bool {
        true
    }
}

/// The reason that what was found speaks for; nothing is picked by it.
fn suggested(detail: &CaseDetail) -> Option<usize> {
    let found = |start: &str| detail.findings.iter().any(|f| f.rule.starts_with(start));
    let copies = |same| {
        let mut looks = detail.look_alikes.iter();
        looks.any(|look| look.relation != Relation::Look && look.same_contributor == same && !look.other_is_later())
    };
    let id = if found("malware") {
        "malware"
    } else if found("active") || found("svg") {
        "active-content"
    } else if copies(false) {
        "copy"
    } else if copies(true) {
        "duplicate"
    } else {
        return None;
    };
    REASONS.iter().position(|reason| reason.id == id)
}
