//! Screen 8: one case. The picture on the left; what was found and in which file on the right.

use ratatui::layout::Rect;
use tradepost_common::catalog::FileState;
use tradepost_common::ids::ItemId;
use tradepost_common::review::CaseItem;

use super::picture;
use super::{case_head, compare, source};
use crate::canvas::listing::{self, Focus, Look};
use crate::canvas::{Canvas, split_left, split_top};
use crate::format;
use crate::rows::finding;
use crate::screen::review::Review;
use crate::screen::review::case::{CaseView, Mode, Pane};
use crate::shell::Shell;
use crate::table::{Cell, Column, Key, Row, Width};
use crate::theme::Tone;

/// The columns in which findings and files are readable.
const LISTS: u16 = 46;

impl Row for CaseItem {
    type Id = ItemId;

    fn id(&self) -> ItemId {
        self.id
    }

    fn columns() -> &'static [Column<Self>] {
        &COLUMNS
    }
}

type Col = Column<CaseItem>;

static COLUMNS: [Col; 5] = [
    Col::left(
        "FILE",
        Width::GrowPath(24),
        |i, _| Cell::plain(&i.path),
        |i| Key::text(&i.path),
    ),
    Col::left(
        "TITLE",
        Width::Grow(14),
        |i, _| Cell::dim(&i.title),
        |i| Key::text(&i.title),
    )
    .rank(3),
    Col::left(
        "STATE",
        Width::Fixed(9),
        |i, _| state(i.state),
        |i| Key::text(i.state.as_str()),
    ),
    Col::right(
        "FINDINGS",
        Width::Fixed(8),
        |i, _| Cell::number(i.findings, Tone::Warn),
        |i| Key::count(i.findings),
    ),
    Col::right(
        "SIZE",
        Width::Fixed(9),
        |i, _| Cell::dim(format::bytes(i.size_bytes)),
        |i| Key::count(i.size_bytes),
    )
    .rank(2),
];

fn state(state: FileState) -> Cell {
    match state {
        FileState::Blocked => Cell::new("BLOCKED", Tone::Bad),
        FileState::Rejected => Cell::new("REJECTED", Tone::Bad),
        FileState::Ready | FileState::Published => Cell::new(state.as_str(), Tone::Good),
        FileState::Pending | FileState::Delisted => Cell::dim(state.as_str()),
    }
}

pub fn draw(canvas: &mut Canvas<'_>, area: Rect, app: &mut Review, cx: &mut Shell) {
    let Some(mut case) = app.case.take() else {
        canvas.paragraph(area, "No case is open: 7 shows the queue", Tone::Dim);
        return;
    };
    // Taken out while it is drawn from, so that the lists of the case can be scrolled.
    let Some(detail) = case.detail.take() else {
        canvas.heading(area, &case.title);
        let words = case.error.clone().unwrap_or_else(|| "Reading the case …".to_owned());
        canvas.paragraph(split_top(area, 1).1, &words, Tone::Dim);
        app.case = Some(case);
        return;
    };
    let head = match case.mode {
        Mode::Full => case_head::draw_short,
        _ => case_head::draw,
    };
    let used = head(canvas, area, &case, &detail, app, cx);
    let (_, rest) = split_top(area, used);
    match case.mode {
        Mode::Lists => draw_picture_and_lists(canvas, rest, &mut case, app, cx),
        Mode::Full => picture::draw(canvas, rest, &case, cx),
        Mode::Compare => compare::draw(canvas, rest, &case, &detail.look_alikes, cx),
        Mode::Source => {
            if let Some(source) = &mut case.source {
                source::draw(canvas, rest, source);
            }
        }
    }
    case.detail = Some(detail);
    app.case = Some(case);
}

fn draw_picture_and_lists(canvas: &mut Canvas<'_>, area: Rect, case: &mut CaseView, app: &mut Review, cx: &mut Shell) {
    let (left, right) = split_left(area, picture_width(area));
    app.picture_room = Some((left.width, left.height.saturating_sub(1)));
    picture::draw(canvas, left, case, cx);
    let (_, right) = split_left(right, 1);
    cx.rows_area = draw_lists(canvas, right, case, cx);
}

/// All that the lists do not need, but not wider than a square picture.
fn picture_width(area: Rect) -> u16 {
    let square = area.height.saturating_sub(1) * 2;
    area.width.saturating_sub(LISTS).max(area.width * 2 / 5).min(square)
}

fn draw_lists(canvas: &mut Canvas<'_>, area: Rect, case: &mut CaseView, cx: &Shell) -> Rect {
    let found = case.findings.rows().len() as u16;
    let (rows, files_rows) = if found == 0 {
        let (head, rest) = split_top(area, 1);
        canvas.heading(head, "No findings");
        (Rect::default(), rest)
    } else {
        draw_findings(canvas, area, found, case, cx)
    };
    let (head, rest) = split_top(files_rows, 1);
    canvas.heading(head, &format!("Files {}", listing::position(&case.files)));
    let focus = case.focus_of(Pane::Files);
    let look = Look {
        now: cx.clock.utc,
        focus,
        empty: "No file of the pack could be read",
        wanted: |_| true,
    };
    let files = listing::draw(canvas, rest, &mut case.files, &look);
    if focus == Focus::Here { files } else { rows }
}

/// The findings and the one under the cursor in full; returns its rows and what is left below.
fn draw_findings(canvas: &mut Canvas<'_>, area: Rect, found: u16, case: &mut CaseView, cx: &Shell) -> (Rect, Rect) {
    let (head, rest) = split_top(area, 1);
    canvas.heading(head, &format!("Findings {}", listing::position(&case.findings)));
    let lines = (found + 1).min((area.height / 3).max(2));
    let (table, rest) = split_top(rest, lines);
    let focus = case.focus_of(Pane::Findings);
    let look = Look {
        now: cx.clock.utc,
        focus,
        empty: "",
        wanted: |_| true,
    };
    let rows = listing::draw(canvas, table, &mut case.findings, &look);
    let Some(found_one) = case.finding() else {
        return (rows, rest);
    };
    let height = finding::height(found_one, rest.width).min((area.height / 4).clamp(2, 8));
    let (detail, rest) = split_top(rest, height);
    finding::draw(canvas, detail, found_one);
    (rows, rest)
}
