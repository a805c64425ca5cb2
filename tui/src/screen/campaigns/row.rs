//! Campaigns as rows, and their state in words.

use tradepost_common::campaigns::{Campaign, CampaignState};
use tradepost_common::ids::CampaignId;

use super::words;
use crate::format;
use crate::table::{Cell, Column, Key, Place, Row, Width};
use crate::theme::Tone;

impl Row for Campaign {
    type Id = CampaignId;

    fn id(&self) -> CampaignId {
        self.id
    }

    fn columns() -> &'static [Column<Self>] {
        &COLUMNS
    }
}

type Col = Column<Campaign>;

static COLUMNS: [Col; 12] = [
    Col::left(
        "CAMPAIGN",
        Width::Fixed(36),
        |c, _| Cell::plain(c.id.to_string()),
        |c| Key::text(c.id.to_string()),
    )
    .only(Place::Print),
    Col::left(
        "STATE",
        Width::Fixed(15),
        |c, _| state(c.state),
        |c| Key::count(c.state as i64),
    ),
    Col::left(
        "DONE",
        Width::Fixed(10),
        |c, _| {
            Cell::new(
                format!("{} {:>3}%", format::bar(percent(c), 5), percent(c)),
                Tone::Accent,
            )
        },
        |c| Key::count(percent(c)),
    )
    .only(Place::Screen),
    Col::right(
        "ITEMS",
        Width::Fixed(15),
        |c, _| Cell::plain(format!("{}/{}", format::count(c.done), format::count(c.items))),
        |c| Key::count(c.items),
    ),
    Col::right("RATE", Width::Fixed(6), |c, _| rate(c), |c| Key::Number(c.rate)),
    Col::right(
        "ETA",
        Width::Fixed(5),
        |c, _| eta(c),
        |c| Key::Number(c.eta_seconds.unwrap_or(-1.0)),
    ),
    Col::right(
        "FAILED",
        Width::Fixed(6),
        |c, _| Cell::number(c.failed, Tone::Bad),
        |c| Key::count(c.failed),
    ),
    Col::right(
        "COST",
        Width::Fixed(10),
        |c, _| Cell::plain(words::cost(&c.estimate).as_deref().unwrap_or("-")),
        |c| Key::count(c.estimate.cost_micros.unwrap_or(-1)),
    )
    .rank(4),
    Col::left(
        "TARGET",
        Width::Grow(10),
        |c, _| Cell::plain(&c.what),
        |c| Key::text(&c.what),
    ),
    Col::left(
        "USER",
        Width::Grow(6),
        |c, _| Cell::plain(&c.actor),
        |c| Key::text(&c.actor),
    )
    .rank(2),
    Col::right(
        "AGE",
        Width::Fixed(5),
        |c, now| Cell::dim(format::ago(c.created_at, now)),
        |c| Key::time(c.created_at),
    )
    .rank(3),
    Col::left(
        "NOTE",
        Width::Grow(8),
        |c, _| Cell::new(c.note.as_deref().unwrap_or(""), Tone::Warn),
        |c| Key::text(c.note.clone().unwrap_or_default()),
    )
    .rank(5),
];

/// The word of a state; capitals for what wants somebody.
pub fn state(state: CampaignState) -> Cell {
    match state {
        CampaignState::Planning | CampaignState::Planned => Cell::dim(state.as_str()),
        CampaignState::Canary | CampaignState::Running => Cell::new(state.as_str(), Tone::Accent),
        CampaignState::Waiting => Cell::new("AWAITING REVIEW", Tone::Warn),
        CampaignState::Paused => Cell::new("PAUSED", Tone::Warn),
        CampaignState::Stopped => Cell::new("STOPPED", Tone::Bad),
        CampaignState::Rendered => Cell::new("RENDERED", Tone::Warn),
        CampaignState::Swapped => Cell::new("swapped", Tone::Good),
        CampaignState::RolledBack => Cell::plain("rolled back"),
        CampaignState::Aborted => Cell::dim("aborted"),
        CampaignState::Failed => Cell::new("FAILED", Tone::Bad),
    }
}

/// The state as the end of the sentence `it is …`.
pub fn state_in_words(state: CampaignState) -> &'static str {
    match state {
        CampaignState::Planning => "being planned",
        CampaignState::Canary => "rendering its canary",
        CampaignState::Waiting => "waiting for the review of its canary",
        CampaignState::RolledBack => "rolled back",
        other => other.as_str(),
    }
}

/// Share of its items that are finished, 0 to 100; 100 only when none is left.
pub fn percent(campaign: &Campaign) -> i64 {
    let gone = campaign.items.saturating_sub(campaign.left());
    match campaign.items {
        ..=0 if campaign.state.is_over() => 100,
        ..=0 => 0,
        all => (i128::from(gone) * 100 / i128::from(all)).clamp(0, 100) as i64,
    }
}

fn is_drawing(campaign: &Campaign) -> bool {
    matches!(campaign.state, CampaignState::Canary | CampaignState::Running)
}

fn rate(campaign: &Campaign) -> Cell {
    match campaign.yielding {
        _ if !is_drawing(campaign) => Cell::dim("-"),
        true => Cell::new("yields", Tone::Warn),
        false => Cell::plain(format::rate(campaign.rate)),
    }
}

fn eta(campaign: &Campaign) -> Cell {
    match campaign.eta_seconds {
        Some(left) if is_drawing(campaign) => Cell::plain(format::span(left)),
        _ => Cell::dim("-"),
    }
}

/// `campaign 43 %, running, 84,000 of 200,000 items · 120/s · 16m left`.
pub fn in_a_line(campaign: &Campaign) -> String {
    format!(
        "campaign {} %, {}, {}",
        percent(campaign),
        state(campaign.state).text,
        words::moving(campaign)
    )
}

/// `campaign 43 %, 120/s, 16m`: for the foot of other screens.
pub fn in_short(campaign: &Campaign) -> String {
    let mut words = format!("campaign {} %", percent(campaign));
    if !is_drawing(campaign) {
        return format!("{words}, {}", state(campaign.state).text);
    }
    words.push_str(&format!(", {}/s", format::rate(campaign.rate)));
    if let Some(left) = campaign.eta_seconds {
        words.push_str(&format!(", {}", format::span(left)));
    }
    words
}
