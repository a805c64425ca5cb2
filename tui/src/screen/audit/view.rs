//! The list, and the detail of the row under the cursor.

use ratatui::layout::Rect;
use tradepost_common::audit::{AuditColumn, AuditRow};
use uuid::Uuid;

use super::Audit;
use crate::canvas::document::Document;
use crate::canvas::listing::{self, Look};
use crate::canvas::{Canvas, split_top};
use crate::format;
use crate::shell::Shell;
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

static COLUMNS: [Col; 7] = [
    Col::right(
        "ID",
        Width::Fixed(6),
        |a, _| Cell::dim(a.id.to_string()),
        |a| Key::count(a.id),
    )
    .only(Place::Print),
    Col::left(
        "TIME (UTC)",
        Width::Fixed(14),
        |a, _| Cell::dim(format::stamp(a.at)),
        |a| Key::time(a.at),
    )
    .sorted_as(AuditColumn::Time.as_str()),
    Col::left(
        "USER",
        Width::Grow(6),
        |a, _| Cell::plain(&a.actor),
        |a| Key::text(&a.actor),
    )
    .sorted_as(AuditColumn::User.as_str()),
    Col::left(
        "ACTION",
        Width::Fixed(9),
        |a, _| Cell::plain(&a.act),
        |a| Key::text(&a.act),
    )
    .sorted_as(AuditColumn::Action.as_str()),
    Col::left(
        "TARGET",
        Width::Grow(8),
        |a, _| Cell::plain(&a.subject),
        |a| Key::text(&a.subject),
    )
    .only(Place::Print),
    Col::left(
        "TARGET",
        Width::Grow(8),
        |a, _| Cell::plain(target(&a.subject)),
        |a| Key::text(&a.subject),
    )
    .sorted_as(AuditColumn::Target.as_str())
    .only(Place::Screen),
    Col::left(
        "DETAIL",
        Width::Grow(16),
        |a, _| Cell::dim(detail(&a.detail)),
        |a| Key::text(a.detail.to_string()),
    )
    .rank(1),
];

/// `case:…a04c2f1`: what is in full below takes no room from the rest.
fn target(subject: &str) -> String {
    match subject.rsplit_once(':') {
        Some((kind, id)) if Uuid::try_parse(id).is_ok() => format!("{kind}:{}", format::short_id(id)),
        _ => subject.to_owned(),
    }
}

fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// `reason=Broken, items=3` for an object, plain JSON otherwise.
fn detail(value: &serde_json::Value) -> String {
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

impl Audit {
    pub fn draw_list(&mut self, canvas: &mut Canvas<'_>, area: Rect, cx: &mut Shell) {
        let (head, table) = split_top(area, 1);
        canvas.heading(head, &format!("Audit {}", listing::paged_position(&self.paged)));
        let empty = self.paged.when_empty("No entries");
        cx.rows_area = listing::draw(canvas, table, &mut self.paged.list, &Look::new(cx.clock.utc, &empty));
    }

    /// The row under the cursor.
    pub fn document(&self) -> Option<Document> {
        let row = self.paged.list.selected()?;
        let mut document = Document::new(format!("{} {}", row.act, row.subject));
        document.fact("by", format!("{} (uid {})", row.actor, row.uid));
        document.fact("at", format!("{} UTC", format::stamp(row.at)));
        match &row.detail {
            serde_json::Value::Object(fields) => {
                for (name, value) in fields.iter().filter(|(_, value)| !value.is_null()) {
                    document.fact(name, plain(value));
                }
            }
            other => document.words(detail(other), Tone::Plain),
        }
        Some(document)
    }
}
