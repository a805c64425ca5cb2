//! Screen 4: what operators started, newest first.

use super::facts;
use crate::canvas::listing::paged_suffix;
use crate::canvas::listing::{self, Focus, Look};
use crate::canvas::{Canvas, split_top};
use crate::shell::Shell;
use crate::state::Legacy;
use ratatui::layout::Rect;

pub fn draw(canvas: &mut Canvas<'_>, area: Rect, app: &mut Legacy, cx: &mut Shell) {
    let list = &mut app.operations.paged;
    let (head, rest) = split_top(area, 1);
    let more = paged_suffix(list);
    canvas.heading(
        head,
        &format!("Operations {} · Tab campaigns", listing::position(&list.list, &more)),
    );
    let (table, detail) = split_top(rest, rest.height.saturating_sub(6));
    let empty = list.error.clone().unwrap_or_else(|| match list.read_at {
        None => "reading …".to_owned(),
        Some(_) => "no operation yet: R on dead letters (3) plans one".to_owned(),
    });
    let look = Look {
        now: cx.clock.utc,
        focus: Focus::Here,
        empty: &empty,
        wanted: |_| true,
    };
    cx.rows_area = listing::draw(canvas, table, &mut list.list, &look);
    if let Some(operation) = list.list.selected() {
        let (head, below) = split_top(detail, 1);
        canvas.heading(head, &facts::title(operation));
        facts::draw(canvas, below, operation);
    }
}
