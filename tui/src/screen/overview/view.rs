//! Alerts, parts, counts, the daemon, queues and the slowest of the last minute.

use ratatui::layout::{Constraint, Layout, Rect};
use tradepost_common::overview::{Alert, Counts, Health, Overview, Severity};
use tradepost_common::queues::QueueRow;

use crate::canvas::document::Document;
use crate::canvas::listing::{self, Focus, Look};
use crate::canvas::{Canvas, Spans, split_left, split_top};
use crate::format;
use crate::list::List;
use crate::rows::{alert, operation};
use crate::shell::Shell;
use crate::table::{Cell, Row};
use crate::text;
use crate::theme::Tone;

/// The word and tone of a part's health.
pub fn health(health: Health) -> Cell {
    match health {
        Health::Ok => Cell::new("ok", Tone::Good),
        Health::Degraded => Cell::new("DEGRADED", Tone::Warn),
        Health::Down => Cell::new("DOWN", Tone::Bad),
    }
}

/// The counts of the marketplace, as names and numbers; the tone says what deserves a look.
pub fn counts(counts: &Counts) -> [(&'static str, i64, Tone); 8] {
    [
        ("working", counts.uploads_working, Tone::Accent),
        ("in review", counts.uploads_in_review, Tone::Warn),
        ("published", counts.uploads_published, Tone::Good),
        ("rejected", counts.uploads_rejected, Tone::Plain),
        ("items", counts.items_published, Tone::Plain),
        ("renditions", counts.renditions, Tone::Plain),
        ("open cases", counts.cases_open, Tone::Warn),
        ("dead letters", counts.dead_letters, Tone::Bad),
    ]
}

/// The daemon itself in one line.
pub fn process(overview: &Overview, now: time::OffsetDateTime) -> String {
    let p = &overview.process;
    format!(
        "pid {} · up {} · {} · {:.2} cores · {} · {}",
        p.pid,
        format::ago(overview.started_at, now),
        format::bytes(i64::try_from(p.resident_bytes).unwrap_or(i64::MAX)),
        p.cpu_cores,
        format::plural(p.database_connections.into(), "connection", "connections"),
        format::plural(p.jail_children.into(), "jail child", "jail children"),
    )
}

/// A part of the page: draws into the area and returns what is left below.
type Section = fn(&mut Canvas<'_>, Rect, &Overview, &Shell) -> Rect;

/// The sections side by side, by the width of the terminal.
const COLUMNS: [(u16, &[&[Section]]); 3] = [
    (
        240,
        &[
            &[draw_parts, draw_counts, draw_process, draw_operations],
            &[draw_queues, draw_charts],
            &[draw_slowest],
        ],
    ),
    (
        120,
        &[
            &[draw_parts, draw_counts, draw_process, draw_operations, draw_slowest],
            &[draw_queues, draw_charts],
        ],
    ),
    (
        0,
        &[&[draw_parts, draw_counts, draw_process, draw_queues, draw_slowest]],
    ),
];

pub fn draw(canvas: &mut Canvas<'_>, area: Rect, cx: &Shell) {
    let Some(overview) = &cx.live.overview else {
        return;
    };
    let rest = draw_alerts(canvas, area, overview, cx);
    let columns = COLUMNS.iter().find(|(from, _)| area.width >= *from);
    let columns = columns.map_or(&[][..], |(_, columns)| columns);
    let widths = columns.iter().map(|_| Constraint::Fill(1));
    let areas = Layout::horizontal(widths).spacing(2).split(rest);
    for (sections, area) in columns.iter().zip(areas.iter()) {
        sections
            .iter()
            .fold(*area, |rest, section| section(canvas, rest, overview, cx));
    }
}

/// Alerts are never scrolled away: the first ones, and how many more there are.
fn draw_alerts(canvas: &mut Canvas<'_>, area: Rect, overview: &Overview, cx: &Shell) -> Rect {
    let alerts = alert::sorted(&overview.alerts);
    let (head, mut rest) = split_top(area, 1);
    if alerts.is_empty() {
        let spans: Spans = vec![("No alert ".to_owned(), Tone::Good), (mode(overview), Tone::Dim)];
        canvas.put_spans(head, &spans);
        return rest;
    }
    canvas.heading(head, "Alerts");
    let room = usize::from(area.height / 4).clamp(2, 8);
    for alert in alerts.iter().take(room) {
        let (line, below) = split_top(rest, 1);
        rest = below;
        draw_alert(canvas, line, alert, cx.clock.utc);
    }
    if alerts.len() > room {
        let (line, below) = split_top(rest, 1);
        rest = below;
        canvas.line(line, &format!("and {} more: 6", alerts.len() - room), Tone::Warn);
    }
    rest
}

/// A critical alert takes the whole line.
fn draw_alert(canvas: &mut Canvas<'_>, line: Rect, alert: &Alert, now: time::OffsetDateTime) {
    let severity = alert::severity(alert.severity);
    let lasts = format::ago(alert.since, now);
    let seen = match &alert.acknowledged_by {
        Some(by) => format!(" (acknowledged by {by})"),
        None => String::new(),
    };
    let words = format!(
        "{:<8} {}{seen}: {} (for {lasts})",
        severity.text, alert.code, alert.message
    );
    // An acknowledged alert is not highlighted.
    if alert.severity == Severity::Critical && alert.acknowledged_by.is_none() {
        canvas.bar(line, &words, Tone::Loud);
    } else {
        canvas.line(line, &words, severity.tone);
    }
}

fn mode(overview: &Overview) -> String {
    format!(
        "· tradepostd {} · {} · {}",
        overview.version, overview.mode, overview.api_url
    )
}

fn draw_parts(canvas: &mut Canvas<'_>, area: Rect, overview: &Overview, _cx: &Shell) -> Rect {
    let (head, mut rest) = split_top(area, 1);
    canvas.heading(head, "Parts");
    let lines = if area.height > 24 { 3 } else { 1 };
    for part in &overview.parts {
        let (line, detail) = split_left(split_top(rest, lines).0, 19);
        let health = health(part.health);
        let spans: Spans = vec![
            (format!("{:<9}", health.text), health.tone),
            (format!("{:<9} ", part.name), Tone::Plain),
        ];
        canvas.put_spans(line, &spans);
        let used = canvas.paragraph(detail, &part.detail, Tone::Dim);
        rest = split_top(rest, used.max(1)).1;
    }
    rest
}

/// Four or two beside each other, whichever shows every number in full.
fn draw_counts(canvas: &mut Canvas<'_>, area: Rect, overview: &Overview, _cx: &Shell) -> Rect {
    let (head, rest) = split_top(area, 1);
    canvas.heading(head, "Marketplace");
    let counts = counts(&overview.counts).map(|(name, n, tone)| {
        let tone = if n == 0 { Tone::Dim } else { tone };
        [(format!("{name} "), Tone::Dim), (format::count(n), tone)]
    });
    let cells = |[(name, _), (n, _)]: &[(String, Tone); 2]| text::width(name) + text::width(n);
    let widest = counts.iter().map(cells).max().unwrap_or(0) as u16 + 1;
    let beside = if widest * 4 <= area.width { 4 } else { 2 };
    let (table, rest) = split_top(rest, counts.len() as u16 / beside);
    for (line, counts) in table.rows().zip(counts.chunks(usize::from(beside))) {
        let cells = Layout::horizontal(counts.iter().map(|_| Constraint::Fill(1))).split(line);
        for (cell, spans) in cells.iter().zip(counts) {
            canvas.put_spans(*cell, spans);
        }
    }
    rest
}

fn draw_process(canvas: &mut Canvas<'_>, area: Rect, overview: &Overview, cx: &Shell) -> Rect {
    let (head, rest) = split_top(area, 1);
    canvas.heading(head, "Daemon");
    let used = canvas.paragraph(split_top(rest, 2).0, &process(overview, cx.clock.utc), Tone::Plain);
    split_top(rest, used).1
}

/// Long work that goes on.
fn draw_operations(canvas: &mut Canvas<'_>, area: Rect, _overview: &Overview, cx: &Shell) -> Rect {
    let started: Vec<_> = cx.live.operations.iter().filter(|o| o.started_at.is_some()).collect();
    if started.is_empty() {
        return area;
    }
    let (head, rest) = split_top(area, 1);
    canvas.heading(head, "Operations");
    let (lines, rest) = split_top(rest, (started.len() as u16).min(area.height / 4));
    for (line, operation) in lines.rows().zip(started) {
        let words = format!("{} · {}", operation::in_short(operation), operation.what);
        canvas.line(line, &words, Tone::Plain);
    }
    rest
}

/// The queues; where there is no room for all, the fullest, and how many more there are.
fn draw_queues(canvas: &mut Canvas<'_>, area: Rect, _overview: &Overview, cx: &Shell) -> Rect {
    let mut queues = cx.live.queues.clone();
    let room = usize::from(area.height.saturating_sub(2));
    if queues.len() <= room + 1 {
        let (table, rest) = split_top(area, queues.len() as u16 + 1);
        draw_rows(canvas, table, queues, "no queue yet", |_| true, cx);
        return rest;
    }
    let more = queues.len() - room;
    queues.sort_by_key(|queue| std::cmp::Reverse((queue.dead, queue.depth + queue.in_flight)));
    queues.truncate(room);
    let (table, rest) = split_top(area, area.height.saturating_sub(1));
    draw_rows(canvas, table, queues, "", |_| true, cx);
    let (line, rest) = split_top(rest, 1);
    let words = format!(
        "and {} with less in them: screen Queues",
        format::plural(more as i64, "queue", "queues")
    );
    canvas.line(line, &words, Tone::Dim);
    rest
}

/// The messages done by each queue that moved, second by second.
fn draw_charts(canvas: &mut Canvas<'_>, area: Rect, _overview: &Overview, cx: &Shell) -> Rect {
    let (_, area) = split_top(area, 1);
    let moved = |queue: &&QueueRow| queue.done_history.iter().any(|&n| n > 0);
    let queues: Vec<&QueueRow> = cx.live.queues.iter().filter(moved).collect();
    let mut document = Document::new("Done in the last 60 s, second by second");
    let height = usize::from(area.height) / queues.len().max(1);
    for queue in &queues {
        document.chart(
            &queue.name,
            &queue.done_history,
            Tone::Good,
            (height.max(3) - 1).min(16),
        );
        document.spans(Spans::new());
    }
    if queues.is_empty() {
        document.words("nothing", Tone::Dim);
    }
    document.draw(canvas, area);
    area
}

/// A column of latencies that only their own screen shows.
const RATE: usize = 2;

/// The slowest of the last minute, where there is room left.
fn draw_slowest(canvas: &mut Canvas<'_>, area: Rect, _overview: &Overview, cx: &Shell) -> Rect {
    if area.height < 4 {
        return area;
    }
    let (head, rest) = split_top(area, 1);
    canvas.heading(head, "Slowest in the last 60 s (ms)");
    let mut slowest: Vec<_> = cx.live.latency.iter().filter(|r| r.recent.count > 0).cloned().collect();
    slowest.sort_by(|a, b| b.recent.p95_ms.total_cmp(&a.recent.p95_ms));
    slowest.truncate(usize::from(rest.height.saturating_sub(1)));
    let empty = "No measurements in the last 60 s";
    draw_rows(canvas, rest, slowest, empty, |i| i < 7 && i != RATE, cx);
    rest
}

/// A table without a cursor.
fn draw_rows<R: Row>(
    canvas: &mut Canvas<'_>,
    area: Rect,
    rows: Vec<R>,
    empty: &str,
    wanted: fn(usize) -> bool,
    cx: &Shell,
) {
    let mut list = List::default();
    list.replace(rows, cx.clock.utc);
    let look = Look {
        focus: Focus::Never,
        wanted,
        ..Look::new(cx.clock.utc, empty)
    };
    listing::draw(canvas, area, &mut list, &look);
}
