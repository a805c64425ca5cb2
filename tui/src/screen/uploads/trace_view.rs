//! One upload across every stage: where its time went, what was found, what failed.

use ratatui::layout::Rect;
use tradepost_common::uploads::{StageTime, UploadTrace};

use super::trace::{Pane, Trace};
use crate::canvas::listing::{self, Focus, Look};
use crate::canvas::{Canvas, Spans, split_top};
use crate::format;
use crate::rows::{finding, upload};
use crate::shell::Shell;
use crate::theme::Tone;

impl Trace {
    pub fn draw(&mut self, canvas: &mut Canvas<'_>, area: Rect, cx: &mut Shell) {
        let (head, rest) = split_top(area, 1);
        let Some(trace) = self.fetched.value.clone() else {
            canvas.heading(head, &format!("Upload {}", self.id));
            let words = self.fetched.error.clone().unwrap_or_else(|| "Reading …".to_owned());
            canvas.paragraph(rest, &words, Tone::Dim);
            return;
        };
        let title = trace.upload.title.as_deref().unwrap_or(&trace.upload.file_name);
        canvas.heading(head, &format!("Upload {title}"));
        let (facts, rest) = split_top(rest, 3);
        draw_facts(canvas, facts, &trace);
        let (stages, rest) = split_top(rest, trace.stages.len() as u16 + 1);
        draw_stages(canvas, stages, &trace.stages);
        let beside = match cx.has_side_pane {
            true => Beside::Detail,
            false => Beside::Nothing,
        };
        cx.rows_area = draw_lists(canvas, rest, self, beside, cx.clock.utc);
    }

    fn focus(&self, pane: Pane) -> Focus {
        match self.pane == pane {
            true => Focus::Here,
            false => Focus::Elsewhere,
        }
    }
}

fn draw_facts(canvas: &mut Canvas<'_>, area: Rect, trace: &UploadTrace) {
    let row = &trace.upload;
    let state = upload::state(row.state);
    let facts = format!(
        "  {} of {} done  {}  from {}  {} UTC",
        row.files_done,
        format::plural(row.files, "file", "files"),
        format::bytes(row.size_bytes),
        row.account,
        format::stamp(row.created_at),
    );
    let first: Spans = vec![(state.text, state.tone), (facts, Tone::Plain)];
    canvas.put_spans(area, &first);
    let (_, second) = split_top(area, 1);
    canvas.line(second, &format!("{}  id {}", row.file_name, row.id), Tone::Dim);
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

/// The pane beside the lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Beside {
    Nothing,
    /// The row under the cursor in full.
    Detail,
}

fn draw_lists(
    canvas: &mut Canvas<'_>,
    area: Rect,
    view: &mut Trace,
    beside: Beside,
    now: time::OffsetDateTime,
) -> Rect {
    let failed = view.attempts.rows().len() as u16;
    let below = if failed == 0 {
        1
    } else {
        (failed + 2).min(area.height / 2)
    };
    let (top, bottom) = split_top(area, area.height.saturating_sub(below));
    let found = draw_findings(canvas, top, view, beside, now);
    let (head, bottom) = split_top(bottom, 1);
    let title = format!("Failed attempts {}", listing::position(&view.attempts));
    canvas.heading(head, &title);
    if failed == 0 {
        return found;
    }
    let focus = view.focus(Pane::Attempts);
    let look = Look {
        now,
        focus,
        empty: "none",
        wanted: |_| true,
    };
    let attempts = listing::draw(canvas, bottom, &mut view.attempts, &look);
    if focus == Focus::Here { attempts } else { found }
}

fn draw_findings(
    canvas: &mut Canvas<'_>,
    area: Rect,
    view: &mut Trace,
    beside: Beside,
    now: time::OffsetDateTime,
) -> Rect {
    let (head, area) = split_top(area, 1);
    canvas.heading(head, &format!("Findings {}", listing::position(&view.findings)));
    let below = match beside {
        Beside::Detail => 0,
        Beside::Nothing => detail_height(area, view),
    };
    let (table, detail) = split_top(area, area.height.saturating_sub(below));
    let focus = view.focus(Pane::Findings);
    let look = Look {
        now,
        focus,
        empty: "No findings",
        wanted: |_| true,
    };
    let rows = listing::draw(canvas, table, &mut view.findings, &look);
    if let Some(row) = view.findings.selected() {
        finding::draw(canvas, detail, &row.finding);
    }
    rows
}

fn detail_height(room: Rect, view: &Trace) -> u16 {
    match view.findings.selected() {
        Some(row) if room.height >= 6 => finding::height(&row.finding, room.width).min(room.height / 3),
        _ => 0,
    }
}
