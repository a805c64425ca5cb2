//! Screen 5: how long things take, by route, stage, queue, pool and control route.

use ratatui::layout::Rect;
use tradepost_common::latency::{LatencyRow, Quantiles, Scope};

use crate::canvas::listing::{self, Focus, Look};
use crate::canvas::{Canvas, split_top};
use crate::format;
use crate::shell::Shell;
use crate::state::Legacy;
use crate::table::{Cell, Column, Key, Row, Width};
use crate::theme::Tone;

/// The figures shown where there is no room for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    Recent,
    Total,
}

impl Span {
    pub fn next(self) -> Self {
        match self {
            Self::Recent => Self::Total,
            Self::Total => Self::Recent,
        }
    }

    pub fn in_words(self) -> &'static str {
        match self {
            Self::Recent => "the last 60 s",
            Self::Total => "since the daemon started",
        }
    }
}

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
const RECENT: std::ops::Range<usize> = 3..7;
const TOTAL: std::ops::Range<usize> = 7..11;
const MS: Width = Width::Fixed(7);

type Col = Column<LatencyRow>;

static COLUMNS: [Col; 13] = [
    Col::left(
        "SCOPE",
        Width::Fixed(7),
        |r, _| Cell::dim(scope(r.scope)),
        |r| Key::count(r.scope as i64),
    ),
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
    ),
    Col::right(
        "P50/60s",
        MS,
        |r, _| cell(&r.recent, r.recent.p50_ms),
        |r| Key::Number(r.recent.p50_ms),
    ),
    Col::right(
        "P95/60s",
        MS,
        |r, _| cell(&r.recent, r.recent.p95_ms),
        |r| Key::Number(r.recent.p95_ms),
    ),
    Col::right(
        "P99/60s",
        MS,
        |r, _| cell(&r.recent, r.recent.p99_ms),
        |r| Key::Number(r.recent.p99_ms),
    ),
    Col::right(
        "MAX/60s",
        MS,
        |r, _| cell(&r.recent, r.recent.max_ms),
        |r| Key::Number(r.recent.max_ms),
    ),
    Col::right(
        "P50/all",
        MS,
        |r, _| cell(&r.total, r.total.p50_ms),
        |r| Key::Number(r.total.p50_ms),
    ),
    Col::right(
        "P95/all",
        MS,
        |r, _| cell(&r.total, r.total.p95_ms),
        |r| Key::Number(r.total.p95_ms),
    ),
    Col::right(
        "P99/all",
        MS,
        |r, _| cell(&r.total, r.total.p99_ms),
        |r| Key::Number(r.total.p99_ms),
    ),
    Col::right(
        "MAX/all",
        MS,
        |r, _| cell(&r.total, r.total.max_ms),
        |r| Key::Number(r.total.max_ms),
    ),
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

pub fn draw(canvas: &mut Canvas<'_>, area: Rect, app: &mut Legacy, cx: &mut Shell) {
    let (head, rest) = split_top(area, 1);
    let wide = area.width >= BOTH_FROM;
    let (span, wanted): (&str, fn(usize) -> bool) = match (wide, app.latency_columns) {
        (true, _) => ("the last 60 s, and all since the daemon started", |_| true),
        (false, Span::Recent) => ("the last 60 s; c: since start", |i| !TOTAL.contains(&i)),
        (false, Span::Total) => ("since start; c: the last 60 s", |i| !RECENT.contains(&i)),
    };
    let position = listing::position(&app.latency, "");
    canvas.heading(head, &format!("Latency in ms, {span} · {position}"));
    let look = Look {
        now: cx.clock.utc,
        focus: Focus::Here,
        empty: "nothing was measured yet",
        wanted,
    };
    cx.rows_area = listing::draw(canvas, rest, &mut app.latency, &look);
}
