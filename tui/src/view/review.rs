//! Screen 7: open cases, the most severe and then the oldest first.

use ratatui::layout::Rect;
use tradepost_common::ids::CaseId;
use tradepost_common::review::CaseRow;

use super::listing::{self, Focus, Look};
use super::paper::{Paper, split_top};
use super::{findings, paged_suffix};
use crate::format;
use crate::state::App;
use crate::table::{Cell, Column, Key, Place, Row, Width};
use crate::theme::Tone;

impl Row for CaseRow {
    type Id = CaseId;

    fn id(&self) -> CaseId {
        self.id
    }

    fn columns() -> &'static [Column<Self>] {
        &COLUMNS
    }
}

type Col = Column<CaseRow>;

static COLUMNS: [Col; 10] = [
    Col::left(
        "CASE",
        Width::Fixed(36),
        |c, _| Cell::plain(c.id.to_string()),
        |c| Key::text(c.id.to_string()),
    )
    .only(Place::Print),
    Col::left(
        "SEVERITY",
        Width::Fixed(8),
        |c, _| findings::severity(c.severity),
        |c| Key::count(c.severity as i64),
    ),
    Col::left(
        "TITLE",
        Width::Grow(18),
        |c, _| Cell::plain(&c.title),
        |c| Key::text(&c.title),
    ),
    Col::left(
        "FROM",
        Width::Fixed(10),
        |c, _| Cell::plain(&c.contributor),
        |c| Key::text(&c.contributor),
    )
    .rank(2),
    Col::left(
        "REASON",
        Width::Grow(20),
        |c, _| Cell::plain(&c.reason),
        |c| Key::text(&c.reason),
    ),
    Col::right(
        "FIND",
        Width::Fixed(4),
        |c, _| Cell::number(c.findings, Tone::Plain),
        |c| Key::count(c.findings),
    )
    .rank(3),
    Col::right(
        "FILES",
        Width::Fixed(5),
        |c, _| Cell::number(c.items, Tone::Plain),
        |c| Key::count(c.items),
    ),
    Col::right(
        "BLOCKED",
        Width::Fixed(7),
        |c, _| Cell::number(c.items_blocked, Tone::Bad),
        |c| Key::count(c.items_blocked),
    ),
    Col::right(
        "AGE",
        Width::Fixed(6),
        |c, now| Cell::dim(format::ago(c.opened_at, now)),
        |c| Key::time(c.opened_at),
    ),
    Col::left(
        "HELD BY",
        Width::Fixed(8),
        |c, _| Cell::new(c.claimed_by.as_deref().unwrap_or(""), Tone::Warn),
        |c| Key::text(c.claimed_by.clone().unwrap_or_default()),
    )
    .rank(1),
];

pub fn draw(paper: &mut Paper<'_>, area: Rect, app: &mut App) {
    let (head, rest) = split_top(area, 1);
    let more = paged_suffix(&app.cases);
    paper.heading(
        head,
        &format!("Open cases {}", listing::position(&app.cases.list, &more)),
    );
    let empty = app.cases.error.clone().unwrap_or_else(|| match app.cases.read_at {
        None => "reading …".to_owned(),
        Some(_) => "no open case: nothing waits for a moderator".to_owned(),
    });
    let look = Look {
        now: app.clock.utc,
        focus: Focus::Here,
        empty: &empty,
        wanted: |_| true,
    };
    app.rows_area = listing::draw(paper, rest, &mut app.cases.list, &look);
}
