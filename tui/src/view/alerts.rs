//! Screen 6: what is wrong now, the worst first.

use ratatui::layout::Rect;
use tradepost_common::overview::{Alert, Severity};

use super::listing::{self, Focus, Look};
use super::paper::{Paper, split_top};
use crate::format;
use crate::state::App;
use crate::table::{Cell, Column, Key, Row, Width};
use crate::theme::Tone;

impl Row for Alert {
    type Id = String;

    fn id(&self) -> String {
        self.code.clone()
    }

    fn columns() -> &'static [Column<Self>] {
        &COLUMNS
    }
}

type Col = Column<Alert>;

static COLUMNS: [Col; 5] = [
    Col::left(
        "SEVERITY",
        Width::Fixed(8),
        |a, _| severity(a.severity),
        |a| Key::count(a.severity as i64),
    ),
    Col::left(
        "CODE",
        Width::Fixed(23),
        |a, _| Cell::plain(&a.code),
        |a| Key::text(&a.code),
    ),
    Col::right(
        "FOR",
        Width::Fixed(6),
        |a, now| Cell::dim(format::ago(a.since, now)),
        |a| Key::time(a.since),
    ),
    Col::left(
        "SEEN BY",
        Width::Fixed(9),
        |a, _| match &a.acknowledged_by {
            Some(by) => Cell::plain(by),
            None => Cell::dim("nobody"),
        },
        |a| Key::text(a.acknowledged_by.clone().unwrap_or_default()),
    ),
    Col::left(
        "MESSAGE",
        Width::Grow(24),
        |a, _| Cell::plain(&a.message),
        |a| Key::text(&a.message),
    ),
];

/// The word and tone of a severity; capitals for what cannot wait.
pub fn severity(severity: Severity) -> Cell {
    match severity {
        Severity::Critical => Cell::new("CRITICAL", Tone::Bad),
        Severity::Warning => Cell::new("WARNING", Tone::Warn),
        Severity::Info => Cell::dim("info"),
    }
}

pub fn draw(paper: &mut Paper<'_>, area: Rect, app: &mut App) {
    let (head, rest) = split_top(area, 1);
    paper.heading(head, &format!("Alerts {}", listing::position(&app.alerts, "")));
    let (table, detail) = split_top(rest, rest.height.saturating_sub(5));
    let look = Look {
        now: app.clock.utc,
        focus: Focus::Here,
        empty: "no alert: everything the daemon watches is well",
        wanted: |_| true,
    };
    app.rows_area = listing::draw(paper, table, &mut app.alerts, &look);
    if let Some(alert) = app.alerts.selected() {
        let (head, words) = split_top(detail, 1);
        let seen = match &alert.acknowledged_by {
            Some(by) => format!("acknowledged by {by}"),
            None => "A acknowledges it".to_owned(),
        };
        paper.heading(
            head,
            &format!("{} since {} UTC · {seen}", alert.code, format::stamp(alert.since)),
        );
        paper.paragraph(words, &alert.message, Tone::Plain);
    }
}
