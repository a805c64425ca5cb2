//! One dead letter: read, scrolled, left for what it belongs to.

use ratatui::layout::Rect;
use tradepost_common::dead::DeadDetail;
use tradepost_common::ids::MessageId;

use super::document::Document;

use super::{DeadLetters, Level};
use crate::canvas::column::Column;
use crate::canvas::{Canvas, split_top};
use crate::client::{Client, Reply};
use crate::fetched::Fetched;
use crate::format;
use crate::list::Step;
use crate::shell::{Destination, Page, Request, Shell};
use crate::theme::Tone;

/// Lines that Ctrl-d and Ctrl-u scroll by.
const HALF: usize = 10;

/// One dead letter on the screen.
pub struct Letter {
    pub id: MessageId,
    /// The page that Esc leads to.
    pub from: &'static Page,
    pub fetched: Fetched<DeadDetail>,
    top: usize,
    /// Everything as lines, once the width is known.
    document: Option<Document>,
    /// It is edited as soon as it is here.
    pub edit_wanted: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ReadLetter(pub MessageId);

impl Request for ReadLetter {
    type Owner = DeadLetters;
    type Output = DeadDetail;

    async fn send(&self, client: &Client) -> Reply<DeadDetail> {
        client.dead_letter(self.0).await
    }

    fn answered(self, screen: &mut DeadLetters, reply: Reply<DeadDetail>, cx: &mut Shell) {
        let Some(letter) = screen.letter.as_mut().filter(|letter| letter.id == self.0) else {
            return;
        };
        let is_read = reply.is_ok();
        letter.fetched.answered(reply, cx.clock);
        if is_read {
            letter.document = None;
            if std::mem::take(&mut letter.edit_wanted) && cx.page == Level::Letter.page() {
                screen.edit_letter(cx);
            }
        }
    }
}

impl Letter {
    fn new(id: MessageId, from: &'static Page) -> Self {
        Self {
            id,
            from,
            fetched: Fetched::default(),
            top: 0,
            document: None,
            edit_wanted: false,
        }
    }

    pub fn read(&mut self, cx: &mut Shell) {
        if self.fetched.is_wanted(cx.live.revisions.dead) {
            cx.read(ReadLetter(self.id));
        }
    }

    /// Moves the text; drawing stops it at its end.
    pub fn scroll(&mut self, step: Step) {
        self.top = match step {
            Step::Up => self.top.saturating_sub(1),
            Step::Down => self.top + 1,
            Step::HalfUp => self.top.saturating_sub(HALF),
            Step::HalfDown => self.top + HALF,
            Step::Left | Step::Right => self.top,
            Step::First => 0,
            Step::Last => self.document.as_ref().map_or(0, |document| document.lines.len()),
        };
    }

    pub fn draw(&mut self, canvas: &mut Canvas<'_>, area: Rect) {
        let (head, rest) = split_top(area, 1);
        let Some(detail) = &self.fetched.value else {
            canvas.heading(head, &format!("Dead letter {}", self.id));
            let (words, tone) = match &self.fetched.error {
                Some(why) => (why.as_str(), Tone::Bad),
                None => ("Reading …", Tone::Dim),
            };
            canvas.paragraph(rest, words, tone);
            return;
        };
        let body = draw_summary(canvas, rest, detail, self.fetched.error.as_deref());
        if self
            .document
            .as_ref()
            .is_none_or(|document| document.width != body.width)
        {
            self.document = Some(Document::new(detail, body.width));
        }
        let lines = self.document.as_ref().map_or(&[][..], |document| &document.lines);
        let room = usize::from(body.height);
        self.top = self.top.min(lines.len().saturating_sub(room));
        let (first, last) = (self.top + 1, (self.top + room).min(lines.len()));
        let (queue, file) = (&detail.row.queue, detail.row.subject.as_deref().unwrap_or("no file"));
        canvas.heading(
            head,
            &format!("{queue} · {file} · lines {first}-{last} of {}", lines.len()),
        );
        for (line, spans) in body.rows().zip(lines.iter().skip(self.top)) {
            canvas.put_spans(line, spans);
        }
    }
}

/// Lines that do not scroll away: the error, and why a redrive would not help. Returns the area below.
fn draw_summary(canvas: &mut Canvas<'_>, area: Rect, detail: &DeadDetail, error: Option<&str>) -> Rect {
    let mut column = Column { canvas, rest: area };
    if let Some(why) = error {
        column.lines(&format!("NOT REFRESHED: {why}"), Tone::Warn, 1);
    }
    let row = &detail.row;
    let mut words = format!("failed {} ", format::plural(row.attempts.into(), "time", "times"));
    if row.redrives > 0 {
        words.push_str(&format!(
            "· redriven {} ",
            format::plural(row.redrives.into(), "time", "times")
        ));
    }
    column.lines(&format!("{words}· {}", row.error), Tone::Bad, 3);
    if let Some(why) = &detail.left_out {
        column.lines(&format!("A redrive would skip it: {why}"), Tone::Warn, 2);
    }
    column.rest
}

impl DeadLetters {
    pub fn open_selected_letter(&mut self, cx: &mut Shell) {
        if let Some(id) = self.letters.paged.list.selected().map(|letter| letter.id) {
            self.open_letter(id, cx);
        }
    }

    /// Esc leads back to the page that it was opened from.
    pub fn open_letter(&mut self, id: MessageId, cx: &mut Shell) {
        let from = match (Level::on(cx.page), &self.letter) {
            (None, _) => cx.page,
            (Some(Level::Letter), Some(letter)) => letter.from,
            (Some(_), _) => Level::Letters.page(),
        };
        match &mut self.letter {
            Some(letter) if letter.id == id => letter.from = from,
            letter => *letter = Some(Letter::new(id, from)),
        }
        cx.go(Level::Letter.page());
    }

    /// The trace of the upload that the message is about.
    pub fn open_upload(&mut self, cx: &mut Shell) {
        let detail = self.letter.as_ref().and_then(|letter| letter.fetched.value.as_ref());
        match detail.and_then(|detail| detail.links.upload_id) {
            Some(id) => cx.open(Destination::Upload(id)),
            None => cx.say(Tone::Dim, "This message belongs to no upload"),
        }
    }
}
