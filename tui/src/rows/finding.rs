//! Findings as rows, in full on a screen, and as text.

use ratatui::layout::Rect;
use tradepost_common::uploads::{Finding, FindingSeverity};

use crate::canvas::{Canvas, split_top};
use crate::plain::{self, Styling};
use crate::table::{Cell, Column, Key, Row, Width};
use crate::text;
use crate::theme::Tone;

/// A finding and its place in the daemon's order.
#[derive(Debug, Clone, PartialEq)]
pub struct FindingRow {
    pub index: usize,
    pub finding: Finding,
}

impl FindingRow {
    pub fn all(findings: &[Finding]) -> Vec<Self> {
        findings
            .iter()
            .cloned()
            .enumerate()
            .map(|(index, finding)| Self { index, finding })
            .collect()
    }
}

/// The word and tone of a severity; capitals for what stops a file.
pub fn severity(severity: FindingSeverity) -> Cell {
    match severity {
        FindingSeverity::Blocking => Cell::new("BLOCKING", Tone::Bad),
        FindingSeverity::Warning => Cell::new("warning", Tone::Warn),
        FindingSeverity::Info => Cell::dim("info"),
    }
}

/// `12:5`, `12` or nothing.
pub fn place(finding: &Finding) -> String {
    match (finding.line, finding.column) {
        (Some(line), Some(column)) => format!("{line}:{column}"),
        (Some(line), None) => line.to_string(),
        _ => String::new(),
    }
}

impl Row for FindingRow {
    type Id = usize;

    fn id(&self) -> usize {
        self.index
    }

    fn columns() -> &'static [Column<Self>] {
        &COLUMNS
    }
}

type Col = Column<FindingRow>;

static COLUMNS: [Col; 5] = [
    Col::left(
        "SEVERITY",
        Width::Fixed(8),
        |r, _| severity(r.finding.severity),
        |r| Key::Number(f64::from(r.finding.severity as u8)),
    ),
    Col::left(
        "RULE",
        Width::Grow(15),
        |r, _| Cell::plain(&r.finding.rule),
        |r| Key::Text(r.finding.rule.clone()),
    ),
    Col::left(
        "FILE",
        Width::GrowPath(15),
        |r, _| match &r.finding.file {
            Some(file) => Cell::plain(file),
            None => Cell::dim("(the pack)"),
        },
        |r| Key::Text(r.finding.file.clone().unwrap_or_default()),
    ),
    Col::right(
        "LINE",
        Width::Fixed(7),
        |r, _| Cell::dim(place(&r.finding)),
        |r| Key::Number(f64::from(r.finding.line.unwrap_or(0))),
    )
    .rank(2),
    Col::left(
        "MESSAGE",
        Width::Grow(24),
        |r, _| Cell::plain(&r.finding.message),
        |r| Key::Text(r.finding.message.clone()),
    )
    .rank(3),
];

/// The lines that [`draw`] needs at that width.
pub fn height(finding: &Finding, width: u16) -> u16 {
    let lines = |words: &str, width: u16| text::wrap(&text::clean(words), usize::from(width)).len() as u16;
    let excerpt = finding.excerpt.as_deref().unwrap_or("");
    let label = excerpt_label(finding);
    let room = width.saturating_sub(text::width(&label) as u16);
    lines(&finding.message, width) + if excerpt.is_empty() { 0 } else { lines(excerpt, room) }
}

fn excerpt_label(finding: &Finding) -> String {
    let place = place(finding);
    if place.is_empty() {
        "│ ".to_owned()
    } else {
        format!("{place} │ ")
    }
}

/// The finding in full: the message, then the offending text with its place.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, finding: &Finding) {
    if area.height == 0 {
        return;
    }
    let excerpt = finding.excerpt.as_deref().unwrap_or("");
    let lines = if excerpt.is_empty() {
        area.height
    } else {
        area.height.saturating_sub(1).max(1)
    };
    let used = canvas.paragraph(Rect { height: lines, ..area }, &finding.message, Tone::Plain);
    let (_, rest) = split_top(area, used);
    if excerpt.is_empty() || rest.height == 0 {
        return;
    }
    let label_cells = canvas.put(rest.x, rest.y, rest.width, &excerpt_label(finding), Tone::Dim);
    let words = Rect {
        x: rest.x + label_cells,
        width: rest.width.saturating_sub(label_cells),
        ..rest
    };
    canvas.paragraph(words, excerpt, Tone::Bad);
}

/// Every finding with its file, its place and the offending text.
pub fn in_full(all: &[Finding], styling: Styling) -> String {
    if all.is_empty() {
        return String::new();
    }
    let now = time::OffsetDateTime::now_utc();
    let mut out = format!("\nFINDINGS\n{}", plain::print(&FindingRow::all(all), now, styling));
    for finding in all {
        if let Some(excerpt) = &finding.excerpt {
            let file = finding.file.as_deref().unwrap_or("(the pack)");
            let place = place(finding);
            let at = if place.is_empty() {
                String::new()
            } else {
                format!(":{place}")
            };
            out.push_str(&format!("\n{}{at}\n    {}\n", text::clean(file), text::clean(excerpt)));
        }
    }
    out
}
