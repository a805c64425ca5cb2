//! Screen 0: uploads, newest first. Enter opens the trace of one.

use ratatui::layout::Rect;
use tradepost_common::ids::UploadId;
use tradepost_common::uploads::{UploadRow, UploadState};

use crate::canvas::listing::paged_suffix;
use crate::canvas::listing::{self, Focus, Look};
use crate::canvas::{Canvas, split_top};
use crate::format;
use crate::shell::Shell;
use crate::state::Legacy;
use crate::table::{Cell, Column, Key, Place, Row, Width};
use crate::theme::Tone;

impl Row for UploadRow {
    type Id = UploadId;

    fn id(&self) -> UploadId {
        self.id
    }

    fn columns() -> &'static [Column<Self>] {
        &COLUMNS
    }
}

type Col = Column<UploadRow>;

static COLUMNS: [Col; 10] = [
    Col::left(
        "UPLOAD",
        Width::Fixed(36),
        |u, _| Cell::plain(u.id.to_string()),
        |u| Key::text(u.id.to_string()),
    )
    .only(Place::Print),
    Col::left(
        "STATE",
        Width::Fixed(13),
        |u, _| state(u.state),
        |u| Key::count(u.state as i64),
    ),
    Col::left(
        "PACK",
        Width::Grow(20),
        |u, _| Cell::plain(u.title.as_deref().unwrap_or(&u.file_name)),
        |u| Key::text(u.title.as_deref().unwrap_or(&u.file_name)),
    ),
    Col::left(
        "FROM",
        Width::Fixed(10),
        |u, _| Cell::plain(&u.account),
        |u| Key::text(&u.account),
    )
    .rank(1),
    Col::right(
        "SIZE",
        Width::Fixed(9),
        |u, _| Cell::dim(format::bytes(u.size_bytes)),
        |u| Key::count(u.size_bytes),
    )
    .rank(3),
    Col::right("FILES", Width::Fixed(11), |u, _| files(u), |u| Key::count(u.files)),
    Col::right(
        "FIND",
        Width::Fixed(4),
        |u, _| Cell::number(u.findings, Tone::Warn),
        |u| Key::count(u.findings),
    ),
    Col::right(
        "DEAD",
        Width::Fixed(4),
        |u, _| Cell::number(u.dead_letters, Tone::Bad),
        |u| Key::count(u.dead_letters),
    )
    .rank(4),
    Col::right("TOOK", Width::Fixed(6), took, |u| Key::Number(seconds(u, u.created_at))).rank(2),
    Col::right(
        "AGE",
        Width::Fixed(6),
        |u, now| Cell::dim(format::ago(u.created_at, now)),
        |u| Key::time(u.created_at),
    ),
];

/// The word of a state; capitals for what did not go well.
pub fn state(state: UploadState) -> Cell {
    match state {
        UploadState::Rejected => Cell::new("REJECTED", Tone::Bad),
        UploadState::Expired => Cell::new("EXPIRED", Tone::Warn),
        UploadState::InReview => Cell::new("in review", Tone::Warn),
        UploadState::Published => Cell::new("published", Tone::Good),
        UploadState::AwaitingBytes => Cell::dim("awaits bytes"),
        working => Cell::new(working.as_str(), Tone::Accent),
    }
}

fn files(upload: &UploadRow) -> Cell {
    if upload.files == 0 {
        return Cell::dim("-");
    }
    let tone = if upload.files == upload.files_done {
        Tone::Dim
    } else {
        Tone::Plain
    };
    Cell::new(format!("{}/{}", upload.files_done, upload.files), tone)
}

fn seconds(upload: &UploadRow, now: time::OffsetDateTime) -> f64 {
    (upload.settled_at.unwrap_or(now) - upload.created_at).as_seconds_f64()
}

fn took(upload: &UploadRow, now: time::OffsetDateTime) -> Cell {
    let tone = if upload.state.is_settled() {
        Tone::Dim
    } else {
        Tone::Plain
    };
    Cell::new(format::took(seconds(upload, now)), tone)
}

pub fn draw(canvas: &mut Canvas<'_>, area: Rect, app: &mut Legacy, cx: &mut Shell) {
    let (head, rest) = split_top(area, 1);
    let more = paged_suffix(&app.uploads);
    canvas.heading(
        head,
        &format!("Uploads {}", listing::position(&app.uploads.list, &more)),
    );
    let empty = app.uploads.error.clone().unwrap_or_else(|| match app.uploads.read_at {
        None => "reading …".to_owned(),
        Some(_) => "nothing was uploaded yet: `tradepost upload PACK.zip`".to_owned(),
    });
    let look = Look {
        now: cx.clock.utc,
        focus: Focus::Here,
        empty: &empty,
        wanted: |_| true,
    };
    cx.rows_area = listing::draw(canvas, rest, &mut app.uploads.list, &look);
}
