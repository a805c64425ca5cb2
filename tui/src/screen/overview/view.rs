//! Alerts, parts, counts, the daemon, queues and the slowest of the last minute.

use ratatui::layout::Rect;
use tradepost_common::overview::{Alert, Counts, Health, Overview, Part, Severity};
use tradepost_common::queues::QueueRow;

use crate::canvas::listing::{self, Focus, Look};
use crate::canvas::{Canvas, Spans, split_left, split_top};
use crate::format;
use crate::list::List;
use crate::rows::alert;
use crate::shell::Shell;
use crate::table::Cell;
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

/// From here on there are two columns.
const TWO_COLUMNS_FROM: u16 = 120;

pub fn draw(canvas: &mut Canvas<'_>, area: Rect, cx: &Shell) {
    let Some(overview) = &cx.live.overview else {
        return;
    };
    let rest = draw_alerts(canvas, area, overview, cx);
    if area.width >= TWO_COLUMNS_FROM {
        let (left, right) = split_left(rest, rest.width / 2);
        let (left, _) = split_left(left, left.width.saturating_sub(2));
        let below = draw_parts(canvas, left, &overview.parts);
        let below = draw_counts(canvas, below, &overview.counts);
        draw_process(canvas, below, overview, cx);
        let below = draw_queues(canvas, right, cx);
        draw_slowest(canvas, below, cx);
    } else {
        let rest = draw_parts(canvas, rest, &overview.parts);
        let rest = draw_counts(canvas, rest, &overview.counts);
        let rest = draw_process(canvas, rest, overview, cx);
        let rest = draw_queues(canvas, rest, cx);
        draw_slowest(canvas, rest, cx);
    }
}

/// Alerts are never scrolled away: the first ones, and how many more there are.
fn draw_alerts(canvas: &mut Canvas<'_>, area: Rect, overview: &Overview, cx: &Shell) -> Rect {
    let alerts = alert::sorted(overview);
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
        Some(by) => format!(" (seen by {by})"),
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

fn draw_parts(canvas: &mut Canvas<'_>, area: Rect, parts: &[Part]) -> Rect {
    let (head, mut rest) = split_top(area, 1);
    canvas.heading(head, "Parts");
    for part in parts {
        let (line, below) = split_top(rest, 1);
        rest = below;
        let health = health(part.health);
        let spans: Spans = vec![
            (format!("{:<9}", health.text), health.tone),
            (format!("{:<9} ", part.name), Tone::Plain),
            (part.detail.clone(), Tone::Dim),
        ];
        canvas.put_spans(line, &spans);
    }
    rest
}

fn draw_counts(canvas: &mut Canvas<'_>, area: Rect, all: &Counts) -> Rect {
    let (head, rest) = split_top(area, 1);
    canvas.heading(head, "Marketplace");
    let (table, rest) = split_top(rest, 2);
    let cell = table.width / 4;
    for (i, (name, n, tone)) in counts(all).into_iter().enumerate() {
        let i = i as u16;
        let place = Rect {
            x: table.x + i % 4 * cell,
            y: table.y + i / 4,
            width: cell,
            height: 1,
        };
        let tone = if n == 0 { Tone::Dim } else { tone };
        let spans: Spans = vec![(format!("{name} "), Tone::Dim), (format::count(n), tone)];
        if place.y < table.bottom() {
            canvas.put_spans(place, &spans);
        }
    }
    rest
}

fn draw_process(canvas: &mut Canvas<'_>, area: Rect, overview: &Overview, cx: &Shell) -> Rect {
    let (head, rest) = split_top(area, 1);
    canvas.heading(head, "Daemon");
    let (line, rest) = split_top(rest, 1);
    canvas.put(
        line.x,
        line.y,
        line.width,
        &process(overview, cx.clock.utc),
        Tone::Plain,
    );
    rest
}

/// One line a queue, the paused ones loud.
fn draw_queues(canvas: &mut Canvas<'_>, area: Rect, cx: &Shell) -> Rect {
    let (head, mut rest) = split_top(area, 1);
    canvas.heading(head, "Queues");
    for queue in &cx.live.queues {
        let (line, below) = split_top(rest, 1);
        rest = below;
        canvas.put_spans(line, &queue_line(queue, line.width));
    }
    rest
}

fn queue_line(queue: &QueueRow, cells: u16) -> Spans {
    let number = |n: i64, loud: Tone| if n == 0 { Tone::Dim } else { loud };
    let (state, tone) = if queue.paused {
        ("PAUSED", Tone::Warn)
    } else {
        ("running", Tone::Good)
    };
    let history = queue
        .done_history
        .len()
        .saturating_sub(usize::from(cells.saturating_sub(64)).min(60));
    vec![
        (format!("{:<8} ", queue.name), Tone::Plain),
        (format!("{state:<8}"), tone),
        (
            format!("{:>7} ready ", format::count(queue.depth)),
            number(queue.depth, Tone::Plain),
        ),
        (
            format!("{:>5} busy ", format!("{}/{}", queue.working, queue.concurrency)),
            Tone::Plain,
        ),
        (
            format!("{:>4} dead ", format::count(queue.dead)),
            number(queue.dead, Tone::Bad),
        ),
        (format!("{:>6}/s ", format::rate(queue.done_per_second)), Tone::Plain),
        (format::chart(&queue.done_history[history..]), Tone::Good),
    ]
}

/// The slowest of the last minute, where there is room left.
fn draw_slowest(canvas: &mut Canvas<'_>, area: Rect, cx: &Shell) {
    if area.height < 4 {
        return;
    }
    let (head, rest) = split_top(area, 1);
    canvas.heading(head, "Slowest in the last 60 s (ms)");
    let mut slowest: Vec<_> = cx.live.latency.iter().filter(|r| r.recent.count > 0).cloned().collect();
    slowest.sort_by(|a, b| b.recent.p95_ms.total_cmp(&a.recent.p95_ms));
    slowest.truncate(usize::from(rest.height.saturating_sub(1)));
    let mut list = List::default();
    list.replace(slowest, cx.clock.utc);
    let look = Look {
        now: cx.clock.utc,
        focus: Focus::Never,
        empty: "nothing was measured in the last minute",
        wanted: |i| i < 7,
    };
    listing::draw(canvas, rest, &mut list, &look);
}
