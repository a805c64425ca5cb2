//! One campaign: where it stands, what it takes, what its canary drew, what it could not draw.

use ratatui::layout::Rect;

use super::{compare, facts, keys};
use crate::canvas::listing::paged_suffix;
use crate::canvas::listing::{self, Focus, Look};
use crate::canvas::{Canvas, split_top};
use crate::format;
use crate::paged::Paged;
use crate::shell::Shell;
use crate::state::Legacy;
use crate::state::campaigns::{CampaignPane, CampaignView};
use crate::table::Row;
use crate::theme::Tone;

/// Rows of a list that are worth having, with its titles.
const LEAST_LIST: u16 = 5;

pub fn draw(canvas: &mut Canvas<'_>, area: Rect, app: &mut Legacy, cx: &mut Shell) {
    // Taken out, so that pictures can be looked up beside it.
    let Some(mut view) = app.campaigns.view.take() else {
        return;
    };
    if view.sample().is_some() {
        compare::draw(canvas, area, &view, cx);
    } else {
        cx.rows_area = draw_view(canvas, area, &mut view, cx.clock.utc);
    }
    app.campaigns.view = Some(view);
}

fn draw_view(canvas: &mut Canvas<'_>, area: Rect, view: &mut CampaignView, now: time::OffsetDateTime) -> Rect {
    let (head, rest) = split_top(area, 1);
    let Some(campaign) = &view.campaign else {
        canvas.heading(head, &format!("Campaign {}", view.id));
        let words = view.error.as_deref().unwrap_or("reading …");
        canvas.paragraph(rest, words, Tone::Dim);
        return Rect::default();
    };
    canvas.heading(head, &facts::title(campaign));
    let (place, _) = split_top(rest, rest.height.saturating_sub(LEAST_LIST));
    let used = facts::draw(canvas, place, campaign, &keys::next(campaign));
    let (_, mut rest) = split_top(rest, used);
    if let Some(why) = &view.error {
        let (line, below) = split_top(rest, 1);
        canvas.line(line, &format!("not read again: {why}"), Tone::Bad);
        rest = below;
    }
    match view.pane {
        CampaignPane::Samples => {
            let title = "Samples, the worst first";
            let other = format!("Tab {} aside", format::count(campaign.failed));
            draw_list(canvas, rest, &mut view.samples, (title, &other, NO_SAMPLE), now)
        }
        CampaignPane::SetAside => {
            let title = "Set aside: they could not be drawn";
            draw_list(
                canvas,
                rest,
                &mut view.set_aside,
                (title, "Tab samples", NO_FAILURE),
                now,
            )
        }
    }
}

const NO_SAMPLE: &str = "no sample: the canary draws them once it is started";
const NO_FAILURE: &str = "nothing failed";

fn draw_list<R: Row>(
    canvas: &mut Canvas<'_>,
    area: Rect,
    list: &mut Paged<R>,
    (title, other, nothing): (&str, &str, &str),
    now: time::OffsetDateTime,
) -> Rect {
    let (head, rest) = split_top(area, 1);
    let position = listing::position(&list.list, &paged_suffix(list));
    canvas.heading(head, &format!("{title}: {position} · {other}"));
    let empty = list.error.clone().unwrap_or_else(|| match list.read_at {
        None => "reading …".to_owned(),
        Some(_) => nothing.to_owned(),
    });
    let look = Look {
        now,
        focus: Focus::Here,
        empty: &empty,
        wanted: |_| true,
    };
    listing::draw(canvas, rest, &mut list.list, &look)
}
