//! One campaign: where it stands, what it takes, what its canary drew, what it could not draw.

use ratatui::layout::Rect;

use super::super::detail::{Detail, Pane};
use super::{compare, draw_facts, title};
use crate::canvas::listing::{self, Look};
use crate::canvas::{Canvas, split_top};
use crate::format;
use crate::paged::Paged;
use crate::shell::Shell;
use crate::table::Row;
use crate::theme::Tone;

/// Rows of a list that are worth having, with its titles.
const LEAST_LIST: u16 = 5;

pub fn draw(canvas: &mut Canvas<'_>, area: Rect, view: &mut Detail, cx: &mut Shell) {
    if view.sample().is_some() {
        return compare::draw(canvas, area, view, cx);
    }
    let (head, rest) = split_top(area, 1);
    let Some(campaign) = &view.fetched.value else {
        canvas.heading(head, &format!("Campaign {}", view.id));
        canvas.paragraph(rest, view.fetched.error.as_deref().unwrap_or("Reading …"), Tone::Dim);
        return;
    };
    canvas.heading(head, &title(campaign));
    let (place, _) = split_top(rest, rest.height.saturating_sub(LEAST_LIST));
    let used = draw_facts(canvas, place, campaign);
    let (_, mut rest) = split_top(rest, used);
    if let Some(why) = &view.fetched.error {
        let (line, below) = split_top(rest, 1);
        canvas.line(line, &format!("Not refreshed: {why}"), Tone::Bad);
        rest = below;
    }
    match view.pane {
        Pane::Samples => {
            let title = "Samples, the worst first";
            let other = format!("Tab {} failed", format::count(campaign.failed));
            let nothing = "No samples: the canary renders them after the start";
            draw_list(canvas, rest, &mut view.samples, [title, &other, nothing], cx);
        }
        Pane::FailedItem => {
            let words = ["Failed items", "Tab samples", "No failures"];
            draw_list(canvas, rest, &mut view.failed_items, words, cx);
        }
    }
}

fn draw_list<R: Row>(
    canvas: &mut Canvas<'_>,
    area: Rect,
    paged: &mut Paged<R>,
    [title, other, nothing]: [&str; 3],
    cx: &mut Shell,
) {
    let (head, rest) = split_top(area, 1);
    let position = listing::paged_position(paged);
    canvas.heading(head, &format!("{title}: {position} · {other}"));
    let empty = paged.when_empty(nothing);
    cx.rows_area = listing::draw(canvas, rest, &mut paged.list, &Look::new(cx.clock.utc, &empty));
}
