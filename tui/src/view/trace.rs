//! One upload across every stage: where its time went, what was found, what failed.

use ratatui::layout::Rect;
use tradepost_common::uploads::{Finding, StageTime, UploadTrace};

use super::focus_of;
use super::{findings, uploads};
use crate::canvas::listing::{self, Focus, Look};
use crate::canvas::{Canvas, Spans, split_top};
use crate::format;
use crate::shell::Shell;
use crate::state::case::Pane;
use crate::state::{Legacy, TraceView};
use crate::text;
use crate::theme::Tone;

pub fn draw(canvas: &mut Canvas<'_>, area: Rect, app: &mut Legacy, cx: &mut Shell) {
    let now = cx.clock.utc;
    let Some(view) = &mut app.trace else {
        return;
    };
    let (head, rest) = split_top(area, 1);
    let Some(trace) = view.trace.clone() else {
        canvas.heading(head, &format!("Upload {}", view.id));
        let words = view.error.clone().unwrap_or_else(|| "reading …".to_owned());
        canvas.paragraph(rest, &words, Tone::Dim);
        return;
    };
    let title = trace.upload.title.as_deref().unwrap_or(&trace.upload.file_name);
    canvas.heading(head, &format!("Upload {title}"));
    let (facts, rest) = split_top(rest, 3);
    draw_facts(canvas, facts, &trace);
    let (stages, rest) = split_top(rest, trace.stages.len() as u16 + 1);
    draw_stages(canvas, stages, &trace.stages);
    cx.rows_area = draw_lists(canvas, rest, view, now);
}

fn draw_facts(canvas: &mut Canvas<'_>, area: Rect, trace: &UploadTrace) {
    let upload = &trace.upload;
    let state = uploads::state(upload.state);
    let facts = format!(
        "  {} of {} done  {}  from {}  {} UTC",
        upload.files_done,
        format::plural(upload.files, "file", "files"),
        format::bytes(upload.size_bytes),
        upload.account,
        format::stamp(upload.created_at),
    );
    let first: Spans = vec![(state.text, state.tone), (facts, Tone::Plain)];
    canvas.put_spans(area, &first);
    let (_, second) = split_top(area, 1);
    canvas.line(second, &format!("{}  id {}", upload.file_name, upload.id), Tone::Dim);
    let (_, third) = split_top(area, 2);
    canvas.line(third, &format!("sha256 {}", trace.sha256), Tone::Dim);
}

/// A bar for each stage, where it lies in the whole time.
fn draw_stages(canvas: &mut Canvas<'_>, area: Rect, stages: &[StageTime]) {
    let Some(start) = stages.iter().map(|s| s.entered_at).min() else {
        return;
    };
    let offset = |s: &StageTime| (s.entered_at - start).as_seconds_f64();
    let total = stages.iter().map(|s| offset(s) + s.seconds).fold(0.0, f64::max);
    canvas.put(
        area.x,
        area.y,
        area.width,
        &format!("{:<8} {:>8}  of {}", "STAGE", "TOOK", format::took(total)),
        Tone::Accent,
    );
    let room = f64::from(area.width.saturating_sub(19));
    for (y, stage) in (area.y + 1..area.bottom()).zip(stages) {
        let here = stage.left_at.is_none();
        let tone = if here { Tone::Accent } else { Tone::Plain };
        let words = format!("{:<8} {:>8}  ", stage.stage, format::took(stage.seconds));
        canvas.put(area.x, y, 19, &words, tone);
        let scale = |seconds: f64| {
            if total > 0.0 { seconds / total * room } else { 0.0 }
        };
        let from = scale(offset(stage)).min(room - 1.0).max(0.0) as u16;
        let cells = (scale(stage.seconds).round() as u16).max(1);
        let bar = if here { "▒" } else { "█" }.repeat(usize::from(cells));
        let left = area.x + 19 + from;
        let used = canvas.put(
            left,
            y,
            area.right().saturating_sub(left),
            &bar,
            if here { Tone::Accent } else { Tone::Good },
        );
        if here {
            canvas.put(left + used + 1, y, 12, "is here", Tone::Accent);
        }
    }
}

fn draw_lists(canvas: &mut Canvas<'_>, area: Rect, view: &mut TraceView, now: time::OffsetDateTime) -> Rect {
    let failed = view.attempts.rows().len() as u16;
    let below = if failed == 0 {
        1
    } else {
        (failed + 2).min(area.height / 2)
    };
    let (top, bottom) = split_top(area, area.height.saturating_sub(below));
    let found = draw_findings(canvas, top, view, now);
    let (head, bottom) = split_top(bottom, 1);
    let title = format!("Failed attempts {}", listing::position(&view.attempts, ""));
    canvas.heading(head, &title);
    if failed == 0 {
        return found;
    }
    let focus = focus_of(Pane::Files, view.pane);
    let look = Look {
        now,
        focus,
        empty: "none",
        wanted: |_| true,
    };
    let attempts = listing::draw(canvas, bottom, &mut view.attempts, &look);
    if focus == Focus::Here { attempts } else { found }
}

fn draw_findings(canvas: &mut Canvas<'_>, area: Rect, view: &mut TraceView, now: time::OffsetDateTime) -> Rect {
    let (head, area) = split_top(area, 1);
    canvas.heading(head, &format!("Findings {}", listing::position(&view.findings, "")));
    let (table, detail) = split_top(area, area.height.saturating_sub(detail_height(area, view)));
    let focus = focus_of(Pane::Findings, view.pane);
    let look = Look {
        now,
        focus,
        empty: "no finding",
        wanted: |_| true,
    };
    let rows = listing::draw(canvas, table, &mut view.findings, &look);
    if let Some(row) = view.findings.selected() {
        draw_finding(canvas, detail, &row.finding);
    }
    rows
}

fn detail_height(room: Rect, view: &TraceView) -> u16 {
    match view.findings.selected() {
        Some(row) if room.height >= 6 => finding_height(&row.finding, room.width).min(room.height / 3),
        _ => 0,
    }
}

/// The lines that [`draw_finding`] needs at that width.
pub fn finding_height(finding: &Finding, width: u16) -> u16 {
    let lines = |words: &str, width: u16| text::wrap(&text::clean(words), usize::from(width)).len() as u16;
    let excerpt = finding.excerpt.as_deref().unwrap_or("");
    let label = excerpt_label(finding);
    let room = width.saturating_sub(text::width(&label) as u16);
    lines(&finding.message, width) + if excerpt.is_empty() { 0 } else { lines(excerpt, room) }
}

fn excerpt_label(finding: &Finding) -> String {
    let place = findings::place(finding);
    if place.is_empty() {
        "│ ".to_owned()
    } else {
        format!("{place} │ ")
    }
}

/// The finding in full: the message, then the offending text with its place.
pub fn draw_finding(canvas: &mut Canvas<'_>, area: Rect, finding: &Finding) {
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
