//! The list: as many columns as there is room for.

use ratatui::layout::Rect;
use tradepost_common::latency::{LatencyRow, Quantiles, Scope};

use super::{Latency, Span};
use crate::canvas::document::Document;
use crate::canvas::listing::{self, Look};
use crate::canvas::{Canvas, split_top};
use crate::format;
use crate::shell::Shell;
use crate::table::{Cell, Column, Key, Row, Width};
use crate::theme::Tone;

impl Row for LatencyRow {
    type Id = String;

    fn id(&self) -> String {
        format!("{} {}", scope(self.scope), self.name)
    }

    fn columns() -> &'static [Column<Self>] {
        &COLUMNS
    }
}

/// The columns of the last minute and those since the start.
const LAST_MINUTE: std::ops::Range<usize> = 3..7;
const SINCE_START: std::ops::Range<usize> = 7..11;

type Col = Column<LatencyRow>;

macro_rules! quantile {
    ($title:literal, $of:ident . $ms:ident) => {
        Col::right(
            $title,
            Width::Fixed(7),
            |r, _| cell(&r.$of, r.$of.$ms),
            |r| Key::Number(r.$of.$ms),
        )
    };
}

static COLUMNS: [Col; 13] = [
    Col::left(
        "SCOPE",
        Width::Fixed(7),
        |r, _| Cell::dim(scope(r.scope)),
        |r| Key::count(r.scope as i64),
    )
    .rank(3),
    Col::left(
        "NAME",
        Width::Grow(16),
        |r, _| Cell::plain(&r.name),
        |r| Key::text(&r.name),
    ),
    Col::right(
        "RATE/s",
        Width::Fixed(6),
        |r, _| Cell::plain(format::rate(r.rate_per_second)),
        |r| Key::Number(r.rate_per_second),
    )
    .rank(1),
    quantile!("P50/60s", recent.p50_ms),
    quantile!("P95/60s", recent.p95_ms),
    quantile!("P99/60s", recent.p99_ms),
    quantile!("MAX/60s", recent.max_ms),
    quantile!("P50/all", total.p50_ms),
    quantile!("P95/all", total.p95_ms),
    quantile!("P99/all", total.p99_ms),
    quantile!("MAX/all", total.max_ms),
    Col::right(
        "COUNT",
        Width::Fixed(9),
        |r, _| Cell::plain(format::count(r.total.count as i64)),
        |r| Key::count(r.total.count as i64),
    )
    .rank(2),
    Col::right(
        "ERRORS",
        Width::Fixed(6),
        |r, _| Cell::number(r.errors as i64, Tone::Bad),
        |r| Key::count(r.errors as i64),
    ),
];

fn cell(quantiles: &Quantiles, ms: f64) -> Cell {
    let text = format::millis(ms, quantiles.count);
    let tone = if quantiles.count == 0 { Tone::Dim } else { Tone::Plain };
    Cell::new(text, tone)
}

fn scope(scope: Scope) -> &'static str {
    match scope {
        Scope::Route => "route",
        Scope::Stage => "stage",
        Scope::QueueWait => "wait",
        Scope::Pool => "pool",
        Scope::Control => "control",
    }
}

/// From here on both halves fit.
const BOTH_FROM: u16 = 116;

/// Cells of a bar, lines of a chart.
const BAR: usize = 40;
const CHART: usize = 6;

impl Latency {
    pub fn draw_list(&mut self, canvas: &mut Canvas<'_>, area: Rect, cx: &mut Shell) {
        let (head, table) = split_top(area, 1);
        let (span, wanted): (_, fn(usize) -> bool) = match self.columns {
            _ if area.width >= BOTH_FROM => ("the last 60 s, and all since the daemon started", |_| true),
            Span::LastMinute => ("the last 60 s; c: since start", |i| !SINCE_START.contains(&i)),
            Span::SinceStart => ("since start; c: the last 60 s", |i| !LAST_MINUTE.contains(&i)),
        };
        let position = listing::position(&self.list);
        canvas.heading(head, &format!("Latency in ms, {span} · {position}"));
        let look = Look {
            wanted,
            ..Look::new(cx.clock.utc, "No measurements")
        };
        cx.rows_area = listing::draw(canvas, table, &mut self.list, &look);
    }
    /// The row under the cursor.
    pub fn document(&self) -> Option<Document> {
        let row = self.list.selected()?;
        let mut document = Document::new(format!("{} {}", scope(row.scope), row.name));
        document.fact("rate", format!("{}/s", format::rate(row.rate_per_second)));
        let errors = Cell::number(row.errors as i64, Tone::Bad);
        document.fact_in("errors", errors.text, errors.tone);
        for (words, quantiles) in [("The last 60 s", &row.recent), ("Since the daemon started", &row.total)] {
            let count = format::count(quantiles.count as i64);
            document.heading(format!("{words}: {count} in ms"));
            let all = [
                ("p50", quantiles.p50_ms),
                ("p95", quantiles.p95_ms),
                ("p99", quantiles.p99_ms),
                ("max", quantiles.max_ms),
            ];
            for (name, ms) in all {
                let percent = (ms * 100.0 / quantiles.max_ms.max(f64::MIN_POSITIVE)) as i64;
                let (value, bar) = (format::millis(ms, quantiles.count), format::bar(percent, BAR));
                document.spans(vec![
                    (format!("{name:<6}"), Tone::Dim),
                    (format!("{value:>6} "), Tone::Plain),
                    (bar, Tone::Accent),
                ]);
            }
        }
        let history = self.history.get(&row.id()).map_or(&[][..], Vec::as_slice);
        document.heading("p95 of the last 60 s, since the terminal opened");
        document.chart("ms", history, Tone::Good, CHART);
        Some(document)
    }
}
