//! Screen 3, one level down: dead letters, newest first.

use ratatui::layout::Rect;
use tradepost_common::dead::DeadRow;
use tradepost_common::ids::{MessageId, UploadId};

use super::groups::selection_in_words;
use crate::canvas::listing::paged_suffix;
use crate::canvas::listing::{self, Focus, Look};
use crate::canvas::{Canvas, split_top};
use crate::format;
use crate::shell::Shell;
use crate::state::Legacy;
use crate::table::{Cell, Column, Key, Place, Row, Width};
use crate::theme::Tone;

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
        "TRY",
        Width::Fixed(3),
        |l, _| Cell::plain(l.attempts.to_string()),
        |l| Key::count(l.attempts.into()),
    ),
    Col::left(
        "AGAIN",
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
        "DIED (UTC)",
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

/// `again 2x` for what was redriven and failed again.
pub fn again(redrives: i32) -> Cell {
    match redrives {
        0 => Cell::dim("-"),
        n => Cell::new(format!("again {n}x"), Tone::Warn),
    }
}

fn upload(letter: &DeadRow) -> Cell {
    Cell::dim(letter.upload_id.map_or_else(|| "-".to_owned(), |id| id.to_string()))
}

/// The end of the id: what comes first is the time and alike in neighbours.
fn short_upload(letter: &DeadRow) -> Cell {
    Cell::dim(letter.upload_id.map_or_else(|| "-".to_owned(), short_id))
}

pub fn short_id(id: UploadId) -> String {
    let id = id.to_string();
    format!("…{}", &id[id.len() - 7..])
}

fn upload_key(letter: &DeadRow) -> Key {
    Key::text(letter.upload_id.map(|id| id.to_string()).unwrap_or_default())
}

pub fn draw(canvas: &mut Canvas<'_>, area: Rect, app: &mut Legacy, cx: &mut Shell) {
    let letters = &mut app.dead.letters;
    let (head, rest) = split_top(area, 1);
    let position = listing::position(&letters.paged.list, &paged_suffix(&letters.paged));
    canvas.heading(head, &format!("Dead letters {position}{}", selection_in_words(letters)));
    let (table, detail) = split_top(rest, rest.height.saturating_sub(4));
    let empty = letters
        .paged
        .error
        .clone()
        .unwrap_or_else(|| match letters.paged.read_at {
            None => "reading …".to_owned(),
            Some(_) => "no dead letter matches; Esc goes back".to_owned(),
        });
    let look = Look {
        now: cx.clock.utc,
        focus: Focus::Here,
        empty: &empty,
        wanted: |_| true,
    };
    cx.rows_area = listing::draw(canvas, table, &mut letters.paged.list, &look);
    let is_behind = letters.holds_still() && letters.paged.is_behind(cx.live.revisions.dead);
    if let Some(letter) = letters.paged.list.selected() {
        let (head, words) = split_top(detail, 1);
        let file = letter.subject.as_deref().unwrap_or("no file");
        let still = if is_behind {
            " · the list changed; it holds still while rows are marked"
        } else {
            ""
        };
        canvas.heading(head, &format!("{} · {file}{still}", letter.queue));
        canvas.paragraph(words, &letter.error, Tone::Plain);
    }
}
