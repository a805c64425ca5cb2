//! One campaign: where it stands, what it takes, what its canary drew, what it could not draw.

use ratatui::layout::Rect;

use super::{compare, facts, keys};
use crate::format;
use crate::state::App;
use crate::state::campaigns::{CampaignPane, CampaignView};
use crate::state::paged::Paged;
use crate::table::Row;
use crate::theme::Tone;
use crate::view::listing::{self, Focus, Look};
use crate::view::paged_suffix;
use crate::view::paper::{Paper, split_top};

/// Rows of a list that are worth having, with its titles.
const LEAST_LIST: u16 = 5;

pub fn draw(paper: &mut Paper<'_>, area: Rect, app: &mut App) {
    // Taken out, so that pictures can be looked up beside it.
    let Some(mut view) = app.campaigns.view.take() else {
        return;
    };
    if view.sample().is_some() {
        compare::draw(paper, area, &view, app);
    } else {
        app.rows_area = draw_view(paper, area, &mut view, app.clock.utc);
    }
    app.campaigns.view = Some(view);
}

fn draw_view(paper: &mut Paper<'_>, area: Rect, view: &mut CampaignView, now: time::OffsetDateTime) -> Rect {
    let (head, rest) = split_top(area, 1);
    let Some(campaign) = &view.campaign else {
        paper.heading(head, &format!("Campaign {}", view.id));
        let words = view.error.as_deref().unwrap_or("reading …");
        paper.paragraph(rest, words, Tone::Dim);
        return Rect::default();
    };
    paper.heading(head, &facts::title(campaign));
    let (place, _) = split_top(rest, rest.height.saturating_sub(LEAST_LIST));
    let used = facts::draw(paper, place, campaign, &keys::next(campaign));
    let (_, mut rest) = split_top(rest, used);
    if let Some(why) = &view.error {
        let (line, below) = split_top(rest, 1);
        paper.line(line, &format!("not read again: {why}"), Tone::Bad);
        rest = below;
    }
    match view.pane {
        CampaignPane::Samples => {
            let title = "Samples, the worst first";
            let other = format!("Tab {} aside", format::count(campaign.failed));
            draw_list(paper, rest, &mut view.samples, (title, &other, NO_SAMPLE), now)
        }
        CampaignPane::SetAside => {
            let title = "Set aside: they could not be drawn";
            draw_list(
                paper,
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
    paper: &mut Paper<'_>,
    area: Rect,
    list: &mut Paged<R>,
    (title, other, nothing): (&str, &str, &str),
    now: time::OffsetDateTime,
) -> Rect {
    let (head, rest) = split_top(area, 1);
    let position = listing::position(&list.list, &paged_suffix(list));
    paper.heading(head, &format!("{title}: {position} · {other}"));
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
    listing::draw(paper, rest, &mut list.list, &look)
}
