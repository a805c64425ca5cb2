//! Screen 4, one operation: where it stands, what was left out and why, what became of its messages.

use ratatui::layout::Rect;
use tradepost_common::operations::LeftOut;

use super::facts;
use crate::canvas::listing::paged_suffix;
use crate::canvas::listing::{self, Focus, Look};
use crate::canvas::{Canvas, split_top};
use crate::format;
use crate::shell::Shell;
use crate::state::Legacy;
use crate::state::operations::OperationView;
use crate::theme::Tone;

pub fn draw(canvas: &mut Canvas<'_>, area: Rect, app: &mut Legacy, cx: &mut Shell) {
    let now = cx.clock.utc;
    let Some(view) = &mut app.operations.view else {
        return;
    };
    let (head, rest) = split_top(area, 1);
    let Some(operation) = &view.operation else {
        canvas.heading(head, &format!("Operation {}", view.id));
        let words = view.error.as_deref().unwrap_or("reading …");
        canvas.paragraph(rest, words, Tone::Dim);
        return;
    };
    canvas.heading(head, &facts::title(operation));
    let (place, _) = split_top(rest, 6);
    let used = facts::draw(canvas, place, operation);
    let (_, rest) = split_top(rest, used);
    let rest = draw_left_out(canvas, rest, &operation.left_out);
    cx.rows_area = draw_items(canvas, rest, view, now);
}

/// The commonest reasons.
fn draw_left_out(canvas: &mut Canvas<'_>, area: Rect, left_out: &[LeftOut]) -> Rect {
    let room = usize::from(area.height / 4);
    let mut rest = area;
    for left in left_out.iter().take(room) {
        let (line, below) = split_top(rest, 1);
        rest = below;
        let words = format!("{:>9} left out: {}", format::count(left.messages), left.reason);
        canvas.line(line, &words, Tone::Warn);
    }
    rest
}

fn draw_items(canvas: &mut Canvas<'_>, area: Rect, view: &mut OperationView, now: time::OffsetDateTime) -> Rect {
    let (head, rest) = split_top(area, 1);
    let which = view.state.map_or("all", |state| state.as_str()).replace('_', " ");
    let position = listing::position(&view.items.list, &paged_suffix(&view.items));
    canvas.heading(head, &format!("Messages: {which} {position} · Tab shows others"));
    let empty = view.items.error.clone().unwrap_or_else(|| match view.items.read_at {
        None => "reading …".to_owned(),
        Some(_) => "no message to show: Tab shows others".to_owned(),
    });
    let look = Look {
        now,
        focus: Focus::Here,
        empty: &empty,
        wanted: |_| true,
    };
    listing::draw(canvas, rest, &mut view.items.list, &look)
}
