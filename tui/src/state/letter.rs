//! One dead letter: read, scrolled, left for what it belongs to.

use super::screen;
use crate::shell::{Destination, Page, Shell};
use std::time::Instant;

use tradepost_common::dead::DeadDetail;
use tradepost_common::ids::MessageId;

use super::Legacy;
use super::screen::Screen;
use crate::client::Reply;
use crate::list::{Order, Step};
use crate::state::message::Read;
use crate::theme::Tone;
use crate::view::letter::Document;

/// One dead letter on the screen.
pub struct LetterView {
    pub id: MessageId,
    /// Where Esc leads.
    pub from: &'static Page,
    pub detail: Option<DeadDetail>,
    /// Why it could not be read, or not again.
    pub error: Option<String>,
    pub asked_revision: u64,
    loading: bool,
    pub read_at: Option<Instant>,
    pub top: usize,
    /// Everything as lines, once the width is known.
    pub document: Option<Document>,
    /// It is edited as soon as it is here.
    pub edit_wanted: bool,
}

impl LetterView {
    fn new(id: MessageId, from: &'static Page) -> Self {
        Self {
            id,
            from,
            detail: None,
            error: None,
            asked_revision: u64::MAX,
            loading: false,
            read_at: None,
            top: 0,
            document: None,
            edit_wanted: false,
        }
    }
}

impl LetterView {
    /// Moves the text; drawing stops it at its end.
    pub fn scroll(&mut self, step: Step) {
        let half = 10;
        self.top = match step {
            Step::Up => self.top.saturating_sub(1),
            Step::Down => self.top + 1,
            Step::HalfUp => self.top.saturating_sub(half),
            Step::HalfDown => self.top + half,
            Step::First => 0,
            Step::Last => self.document.as_ref().map_or(0, |d| d.lines.len()),
        };
    }
}

impl Legacy {
    pub fn letter_wanted(&mut self, cx: &mut Shell) -> Option<Read> {
        let revision = cx.live.revisions.dead;
        let letter = self.dead.letter.as_mut()?;
        if letter.loading || letter.asked_revision == revision {
            return None;
        }
        letter.loading = true;
        letter.asked_revision = revision;
        Some(Read::Letter(letter.id))
    }

    pub fn letter_arrived(&mut self, cx: &mut Shell, id: MessageId, reply: Reply<Box<DeadDetail>>) {
        let read_at = cx.clock.instant;
        let Some(letter) = self.dead.letter.as_mut().filter(|l| l.id == id) else {
            return;
        };
        letter.loading = false;
        match reply {
            Ok(detail) => {
                letter.detail = Some(*detail);
                letter.document = None;
                letter.error = None;
                letter.read_at = Some(read_at);
                if std::mem::take(&mut letter.edit_wanted) && screen(cx) == Screen::Letter {
                    self.edit_letter(cx);
                }
            }
            Err(e) => letter.error = Some(e.to_string()),
        }
    }

    pub fn open_selected_letter(&mut self, cx: &mut Shell) {
        if let Some(id) = self.dead.letters.paged.list.selected().map(|l| l.id) {
            self.open_letter(cx, id);
        }
    }

    pub fn open_letter(&mut self, cx: &mut Shell, id: MessageId) {
        if self.dead.letter.as_ref().is_none_or(|l| l.id != id) {
            let from = match (screen(cx), &self.dead.letter) {
                (Screen::Letter, Some(letter)) => letter.from,
                (Screen::Other, _) => cx.page,
                _ => Screen::Letters.page(),
            };
            self.dead.letter = Some(LetterView::new(id, from));
        }
        cx.go(Screen::Letter.page());
    }

    /// The next message of the list, without going back to it.
    pub fn cycle_letter(&mut self, cx: &mut Shell, order: Order) {
        self.dead.letters.paged.list.cycle(order);
        self.open_selected_letter(cx);
    }

    /// The trace of the upload that the message is about.
    pub fn open_upload_of_letter(&mut self, cx: &mut Shell) {
        let detail = self.dead.letter.as_ref().and_then(|l| l.detail.as_ref());
        match detail.and_then(|d| d.links.upload_id) {
            Some(id) => cx.open(Destination::Upload(id)),
            None => cx.say(Tone::Dim, "this message belongs to no upload"),
        }
    }
}
