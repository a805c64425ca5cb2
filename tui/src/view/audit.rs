//! Screen 9: who did what, newest first.

use ratatui::layout::Rect;
use tradepost_common::audit::AuditRow;

use super::listing::{self, Focus, Look};
use super::paged_suffix;
use super::paper::{Paper, split_top};
use crate::format;
use crate::state::App;
use crate::table::{Cell, Column, Key, Place, Row, Width};
use crate::theme::Tone;

impl Row for AuditRow {
    type Id = i64;

    fn id(&self) -> i64 {
        self.id
    }

    fn columns() -> &'static [Column<Self>] {
        &COLUMNS
    }
}

type Col = Column<AuditRow>;

static COLUMNS: [Col; 6] = [
    Col::right(
        "ID",
        Width::Fixed(6),
        |a, _| Cell::dim(a.id.to_string()),
        |a| Key::count(a.id),
    )
    .only(Place::Print),
    Col::left(
        "AT (UTC)",
        Width::Fixed(14),
        |a, _| Cell::dim(format::stamp(a.at)),
        |a| Key::time(a.at),
    ),
    Col::left(
        "WHO",
        Width::Fixed(10),
        |a, _| Cell::plain(&a.actor),
        |a| Key::text(&a.actor),
    ),
    Col::left(
        "DID",
        Width::Fixed(14),
        |a, _| Cell::plain(&a.act),
        |a| Key::text(&a.act),
    ),
    Col::left(
        "TO",
        Width::Grow(16),
        |a, _| Cell::plain(&a.subject),
        |a| Key::text(&a.subject),
    ),
    Col::left(
        "DETAIL",
        Width::Grow(16),
        |a, _| Cell::dim(detail(&a.detail)),
        |a| Key::text(a.detail.to_string()),
    )
    .rank(1),
];

/// `reason=Broken, items=3` for an object, plain JSON otherwise.
fn detail(value: &serde_json::Value) -> String {
    let plain = |v: &serde_json::Value| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
    match value {
        serde_json::Value::Null => String::new(),
        serde_json::Value::Object(fields) => {
            let pairs: Vec<String> = fields
                .iter()
                .filter(|(_, v)| !v.is_null())
                .map(|(name, v)| format!("{name}={}", plain(v)))
                .collect();
            pairs.join(", ")
        }
        other => plain(other),
    }
}

pub fn draw(paper: &mut Paper<'_>, area: Rect, app: &mut App) {
    let (head, rest) = split_top(area, 1);
    let more = paged_suffix(&app.audit);
    paper.heading(head, &format!("Audit {}", listing::position(&app.audit.list, &more)));
    let (table, below) = split_top(rest, rest.height.saturating_sub(4));
    let empty = app.audit.error.clone().unwrap_or_else(|| match app.audit.read_at {
        None => "reading …".to_owned(),
        Some(_) => "nobody did anything yet".to_owned(),
    });
    let look = Look {
        now: app.clock.utc,
        focus: Focus::Here,
        empty: &empty,
        wanted: |_| true,
    };
    app.rows_area = listing::draw(paper, table, &mut app.audit.list, &look);
    if let Some(row) = app.audit.list.selected() {
        let (head, words) = split_top(below, 1);
        paper.heading(
            head,
            &format!("{} (uid {}) {} {}", row.actor, row.uid, row.act, row.subject),
        );
        paper.paragraph(words, &detail(&row.detail), Tone::Plain);
    }
}
