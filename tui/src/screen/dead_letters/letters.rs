//! Dead letters, newest first.

use ratatui::layout::Rect;
use tradepost_common::Page;
use tradepost_common::dead::{DeadPage, DeadRow};
use tradepost_common::ids::MessageId;
use tradepost_common::operations::Selection;

use super::DeadLetters;
use crate::canvas::document::Document;
use crate::canvas::listing::{self, Look};
use crate::canvas::{Canvas, split_top};
use crate::client::{Client, Reply};
use crate::format;
use crate::paged::{PAGE, PageRequest};
use crate::query::Query;
use crate::shell::{Request, Shell};
use crate::table::{Cell, Column, Key, Place, Row, Width};
use crate::theme::Tone;

#[derive(Debug, Clone, PartialEq)]
pub struct ReadLetters(pub Selection, pub PageRequest);

impl Request for ReadLetters {
    type Owner = DeadLetters;
    type Output = DeadPage;

    async fn send(&self, client: &Client) -> Reply<DeadPage> {
        let query = Query::selecting(&self.0)
            .with("cursor", self.1.cursor.clone())
            .with("limit", Some(PAGE));
        client.dead_letters(&query).await
    }

    fn answered(self, screen: &mut DeadLetters, reply: Reply<DeadPage>, cx: &mut Shell) {
        let reply = reply.map(|found| {
            let (rows, next) = (found.rows, found.next);
            (Page::new(rows, next), found.snapshot)
        });
        screen.letters.answered(self.0, &self.1, reply, cx);
    }
}

impl DeadLetters {
    pub fn read_letters(&mut self, cx: &mut Shell) {
        if let Some((query, page)) = self.letters.wanted(cx) {
            cx.read(ReadLetters(query, page));
        }
    }

    pub fn draw_letters(&mut self, canvas: &mut Canvas<'_>, area: Rect, cx: &mut Shell) {
        let letters = &mut self.letters;
        let (head, table) = split_top(area, 1);
        let position = listing::paged_position(&letters.paged);
        canvas.heading(head, &format!("Dead letters {position}{}", letters.in_words()));
        let empty = letters.paged.when_empty("No dead letter matches; Esc goes back");
        cx.rows_area = listing::draw(canvas, table, &mut letters.paged.list, &Look::new(cx.clock.utc, &empty));
    }

    /// The letter under the cursor.
    pub fn letter_document(&self, cx: &Shell) -> Option<Document> {
        let letters = &self.letters;
        let letter = letters.paged.list.selected()?;
        let file = letter.subject.as_deref().unwrap_or("no file");
        let mut document = Document::new(format!("{} · {file}", letter.queue));
        if letters.is_pinned() && letters.paged.is_behind(cx.live.revisions.dead) {
            document.words("the list changed; it is frozen while rows are marked", Tone::Warn);
        }
        document.words(&letter.error, Tone::Bad);
        document.fact("message", letter.id.to_string());
        document.fact(
            "upload",
            letter.upload_id.map_or_else(|| "none".to_owned(), |id| id.to_string()),
        );
        document.fact("attempts", letter.attempts.to_string());
        if letter.redrives > 0 {
            document.fact_in("redrives", letter.redrives.to_string(), Tone::Warn);
        }
        document.fact("sent", format!("{} UTC", format::stamp(letter.enqueued_at)));
        document.fact("died", format!("{} UTC", format::stamp(letter.died_at)));
        document.fact("fingerprint", &letter.fingerprint);
        Some(document)
    }
}

impl Row for DeadRow {
    type Id = MessageId;

    fn id(&self) -> MessageId {
        self.id
    }

    fn columns() -> &'static [Column<Self>] {
        &COLUMNS
    }
}

type Col = Column<DeadRow>;

static COLUMNS: [Col; 11] = [
    Col::left(
        "MESSAGE",
        Width::Fixed(36),
        |l, _| Cell::plain(l.id.to_string()),
        |l| Key::text(l.id.to_string()),
    )
    .only(Place::Print),
    Col::left(
        "QUEUE",
        Width::Fixed(7),
        |l, _| Cell::plain(&l.queue),
        |l| Key::text(&l.queue),
    )
    .rank(2),
    Col::left(
        "FILE",
        Width::GrowPath(16),
        |l, _| Cell::plain(l.subject.as_deref().unwrap_or("-")),
        |l| Key::text(l.subject.clone().unwrap_or_default()),
    ),
    Col::left("UPLOAD", Width::Fixed(36), |l, _| upload(l), upload_key).only(Place::Print),
    Col::left("UPLOAD", Width::Fixed(8), |l, _| short_upload(l), upload_key)
        .rank(3)
        .only(Place::Screen),
    Col::right(
        "ATTEMPTS",
        Width::Fixed(8),
        |l, _| Cell::plain(l.attempts.to_string()),
        |l| Key::count(l.attempts.into()),
    ),
    Col::left(
        "REFAILED",
        Width::Fixed(9),
        |l, _| again(l.redrives),
        |l| Key::count(l.redrives.into()),
    ),
    Col::right(
        "AGE",
        Width::Fixed(6),
        |l, now| Cell::dim(format::ago(l.died_at, now)),
        |l| Key::time(l.died_at),
    ),
    Col::left(
        "DEAD AT (UTC)",
        Width::Fixed(14),
        |l, _| Cell::dim(format::stamp(l.died_at)),
        |l| Key::time(l.died_at),
    )
    .rank(4),
    Col::left(
        "FINGERPRINT",
        Width::Fixed(16),
        |l, _| Cell::dim(&l.fingerprint),
        |l| Key::text(&l.fingerprint),
    )
    .only(Place::Print),
    Col::left(
        "ERROR",
        Width::Grow(20),
        |l, _| Cell::plain(&l.error),
        |l| Key::text(&l.error),
    ),
];

/// `2x` for what was redriven and failed again.
pub fn again(redrives: i32) -> Cell {
    match redrives {
        0 => Cell::dim("-"),
        n => Cell::new(format!("{n}x"), Tone::Warn),
    }
}

fn upload(letter: &DeadRow) -> Cell {
    Cell::dim(letter.upload_id.map_or_else(|| "-".to_owned(), |id| id.to_string()))
}

fn short_upload(letter: &DeadRow) -> Cell {
    Cell::dim(
        letter
            .upload_id
            .map_or_else(|| "-".to_owned(), |id| format::short_id(&id.to_string())),
    )
}

fn upload_key(letter: &DeadRow) -> Key {
    Key::text(letter.upload_id.map(|id| id.to_string()).unwrap_or_default())
}
