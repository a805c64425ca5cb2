//! The list, and a campaign in a few lines.

pub mod compare;
pub mod detail;

use std::cmp::Ordering;

use ratatui::layout::Rect;
use tradepost_common::campaigns::{Campaign, CampaignState};

use super::row::{percent, state};
use super::{Campaigns, words};
use crate::canvas::document::Document;
use crate::canvas::listing::{self, Look};
use crate::canvas::{Canvas, Spans, split_top};
use crate::format;
use crate::shell::Shell;
use crate::theme::Tone;

/// Fits beside and below the list.
const NARROW: u16 = 80;

impl Campaigns {
    pub fn draw_list(&mut self, canvas: &mut Canvas<'_>, area: Rect, cx: &mut Shell) {
        let (head, rest) = split_top(area, 1);
        let position = listing::paged_position(&self.paged);
        canvas.heading(head, &format!("Campaigns {position} · Tab operations"));
        let empty = self
            .paged
            .when_empty("No campaigns: + or `tradepost campaign plan` plans one");
        cx.rows_area = listing::draw(canvas, rest, &mut self.paged.list, &Look::new(cx.clock.utc, &empty));
    }

    /// The campaign under the cursor.
    pub fn document(&self) -> Option<Document> {
        let campaign = self.paged.list.selected()?;
        let mut document = Document::new(title(campaign));
        for spans in facts(campaign, NARROW) {
            document.spans(spans);
        }
        document.words(campaign.note.as_deref().unwrap_or(""), Tone::Warn);
        document.words(words::next(campaign), Tone::Accent);
        Some(document)
    }
}

/// `stale icons of acme/arrows by anna, 11-22 12:00:00 UTC`.
fn title(campaign: &Campaign) -> String {
    format!(
        "{} by {}, {} UTC",
        campaign.what,
        campaign.actor,
        format::stamp(campaign.created_at)
    )
}

/// State, estimate, progress and reason of a campaign.
fn facts(campaign: &Campaign, width: u16) -> Vec<Spans> {
    let is_started = campaign.started_at.is_some();
    let mut lines = vec![
        progress(campaign, width),
        phases(campaign),
        labelled("plan", words::plan(campaign)),
        match is_started {
            true => labelled("done", words::so_far(campaign)),
            false => Spans::new(),
        },
        room(campaign),
        labelled("rate", words::pace(campaign)),
        labelled("reason", campaign.reason.clone()),
    ];
    lines.retain(|line| !line.is_empty());
    lines
}

/// Draws the facts of a campaign and what can be done. Answers with the number of lines.
fn draw_facts(canvas: &mut Canvas<'_>, area: Rect, campaign: &Campaign) -> u16 {
    let mut rest = area;
    for line in &facts(campaign, area.width) {
        let (place, below) = split_top(rest, 1);
        if place.height > 0 {
            canvas.put_spans(place, line);
        }
        rest = below;
    }
    for (words, tone) in [
        (campaign.note.as_deref().unwrap_or(""), Tone::Warn),
        (&words::next(campaign), Tone::Accent),
    ] {
        if !words.is_empty() && rest.height > 0 {
            let (place, _) = split_top(rest, 2);
            let used = canvas.paragraph(place, words, tone);
            rest = split_top(rest, used).1;
        }
    }
    rest.y - area.y
}

fn labelled(name: &str, words: String) -> Spans {
    vec![(format!("{name:<8}"), Tone::Dim), (words, Tone::Plain)]
}

fn progress(campaign: &Campaign, width: u16) -> Spans {
    let shown = state(campaign.state);
    let room = usize::from(width.saturating_sub(64)).clamp(8, 40);
    vec![
        (format!("{}  ", shown.text), shown.tone),
        (
            format!("{} {}%  ", format::bar(percent(campaign), room), percent(campaign)),
            Tone::Accent,
        ),
        (words::moving(campaign), Tone::Plain),
    ]
}

/// The phases, done, current and next: `✓ plan  ✓ canary  ▶ review  · render  · swap`.
fn phases(campaign: &Campaign) -> Spans {
    let Some((at, is_there)) = phase(campaign) else {
        return Vec::new();
    };
    let names = PHASES.iter().enumerate();
    let wanted = names.filter(|(_, name)| campaign.canary > 0 || !matches!(**name, "canary" | "review"));
    wanted
        .map(|(i, name)| match i.cmp(&at) {
            Ordering::Less => (format!("✓ {name}  "), Tone::Good),
            Ordering::Equal if is_there => (format!("▶ {name}  "), Tone::Accent),
            _ => (format!("· {name}  "), Tone::Dim),
        })
        .collect()
}

const PHASES: [&str; 5] = ["plan", "canary", "review", "render", "swap"];

/// The first phase that is not over, and if it has begun; `None` after an abort.
fn phase(campaign: &Campaign) -> Option<(usize, bool)> {
    let in_canary = campaign.items.saturating_sub(campaign.left()) < i64::from(campaign.canary);
    Some(match campaign.state {
        CampaignState::Planning => (0, true),
        CampaignState::Planned if campaign.canary == 0 => (3, false),
        CampaignState::Planned => (1, false),
        CampaignState::Canary => (1, true),
        CampaignState::Waiting => (2, true),
        CampaignState::Paused | CampaignState::Stopped if in_canary => (1, true),
        CampaignState::Running | CampaignState::Paused | CampaignState::Stopped => (3, true),
        CampaignState::Rendered | CampaignState::RolledBack => (4, false),
        CampaignState::Swapped => (5, true),
        CampaignState::Aborted | CampaignState::Failed => return None,
    })
}

/// The disk must hold old and new side by side; and the basis of the figures.
fn room(campaign: &Campaign) -> Spans {
    let label = |name: &str| (format!("{name:<8}"), Tone::Dim);
    let basis = words::basis(campaign.estimate.basis);
    match words::disk(campaign) {
        Some(disk) => vec![label("disk"), disk, (format!(" · figures {basis}"), Tone::Dim)],
        None if campaign.state.is_over() => Vec::new(),
        None => vec![label("figures"), (basis.to_owned(), Tone::Dim)],
    }
}
