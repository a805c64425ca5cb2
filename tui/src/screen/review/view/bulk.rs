//! The overlays of bulk decisions: what is to become of many cases, the plan, the question.

use ratatui::layout::Rect;
use tradepost_common::review::BulkPreview;

use crate::canvas::column::Column;
use crate::canvas::{Canvas, split_top};
use crate::format;
use crate::screen::review::Review;
use crate::screen::review::bulk::{BulkPrompt, BulkView};
use crate::theme::Tone;

pub fn draw_bulk_act(canvas: &mut Canvas<'_>, area: Rect, app: &Review) {
    let Some(target) = &app.bulk_target else {
        return;
    };
    let title = format!("Decide {}", target.words);
    let inside = canvas.window(area, 64, 4, &title);
    let mut column = Column { canvas, rest: inside };
    column.line("a  approve them", Tone::Plain);
    column.line("x  reject them, with a reason", Tone::Plain);
    column.line("", Tone::Plain);
    column.line("a x plan (decides nothing) · Esc cancel", Tone::Accent);
}

pub fn draw_plan(canvas: &mut Canvas<'_>, area: Rect, app: &Review, step: &BulkPrompt) {
    let Some(bulk) = &app.bulk else {
        return;
    };
    let title = format!("Plan: {} {}", bulk.verb(), bulk.words);
    let inside = canvas.window(area, 72, 14, &title);
    let (body, foot) = split_top(inside, inside.height.saturating_sub(2));
    let mut column = Column { canvas, rest: body };
    if let Some(told) = &bulk.message {
        column.lines(&format!("The contributor will read: {told}"), Tone::Plain, 3);
    }
    match (&bulk.error, &bulk.preview) {
        (Some(why), _) => column.lines(why, Tone::Bad, 4),
        (None, None) => column.line("Planning …", Tone::Dim),
        (None, Some(preview)) => draw_preview(&mut column, preview, bulk.verb()),
    }
    let (first, second) = split_top(foot, 1);
    let (question, keys) = question(bulk, step);
    canvas.line(first, &question, Tone::Accent);
    canvas.line(second, keys, Tone::Dim);
}

fn draw_preview(column: &mut Column<'_, '_>, preview: &BulkPreview, verb: &str) {
    let left_out = &preview.left_out;
    column.line(&preview_in_words(preview, verb), Tone::Accent);
    let room = usize::from(column.rest.height);
    let shown = match left_out.len() > room {
        true => room.saturating_sub(1),
        false => room,
    };
    for left in left_out.iter().take(shown) {
        column.line(&format!("skipped: {}: {}", left.title, left.why), Tone::Warn);
    }
    let rest = left_out.len().saturating_sub(shown);
    if rest > 0 {
        column.line(&format!("and {} more", format::count(rest as i64)), Tone::Warn);
    }
}

/// `approve 12 cases (340 files of 3 contributors) · 2 skipped`.
pub fn preview_in_words(preview: &BulkPreview, verb: &str) -> String {
    let cases = format::plural(preview.cases.len() as i64, "case", "cases");
    let files = format::plural(preview.items, "file", "files");
    let people = format::plural(preview.contributors, "contributor", "contributors");
    let left_out = format::count(preview.left_out.len() as i64);
    format!("{verb} {cases} ({files} of {people}) · {left_out} skipped")
}

fn question(bulk: &BulkView, step: &BulkPrompt) -> (String, &'static str) {
    let number = bulk.number_to_type();
    if let BulkPrompt::Number(input) = step {
        let keys = if number.as_deref() == Some(input.text()) {
            "y DECIDE · Esc cancel"
        } else {
            "then y · Esc cancel"
        };
        let words = format!("Type {} to continue: {}", number.unwrap_or_default(), input.shown(20));
        return (words, keys);
    }
    if bulk.sending {
        return ("Deciding one after the other …".to_owned(), "");
    }
    match (bulk.is_ready(), &bulk.error, number) {
        (true, _, Some(number)) => (
            format!("{} them? y, then type {number}", bulk.verb()),
            "can be undone for ten minutes · Esc cancel",
        ),
        (true, _, None) => (
            format!("{} them?", bulk.verb()),
            "y decide (can be undone for ten minutes) · Esc cancel",
        ),
        (false, Some(_), _) => ("Not done.".to_owned(), "Esc close"),
        (false, None, _) if bulk.preview.is_some() => ("The plan has no cases.".to_owned(), "Esc close"),
        (false, None, _) => ("Nothing is decided yet.".to_owned(), "Esc cancel"),
    }
}
