//! A campaign as text: what it takes, how far it is, how to go on.

use tradepost_common::campaigns::{Campaign, CampaignState};

use super::super::row::{percent, state};
use super::super::words::{self, NOTHING_TO_DRAW};
use crate::format;
use crate::plain::{Styling, paint};
use crate::text::clean;
use crate::theme::Tone;

/// A campaign in full, or a plan.
pub fn in_text(campaign: &Campaign, styling: Styling) -> String {
    let mut out = String::new();
    let mut fact = |name: &str, value: &str| out.push_str(&format!("{name:<10} {value}\n"));
    fact("campaign", &campaign.id.to_string());
    fact("target", &clean(&campaign.what));
    fact("presets", &clean(&campaign.presets.join(", ")));
    fact("state", &state_in_words(campaign, styling));
    fact("by", &clean(&campaign.actor));
    fact("reason", &clean(&campaign.reason));
    fact("rate", &words::pace(campaign));
    let estimate = &campaign.estimate;
    fact("items", &format::count(campaign.items));
    fact("renditions", &format::count(estimate.outputs));
    fact("takes", &words::cpu(estimate.cpu_hours * 3600.0));
    fact("bytes", &format::bytes(estimate.bytes));
    let cost = words::cost(estimate);
    fact(
        "cost",
        &clean(
            cost.as_deref()
                .unwrap_or("not known: campaigns.cpu_hour_price is not configured"),
        ),
    );
    fact("figures", words::basis(estimate.basis));
    if let Some((words, tone)) = words::disk(campaign) {
        fact("disk", &paint(&words, tone, styling));
    }
    if campaign.started_at.is_some() {
        let moving = words::moving(campaign);
        fact("progress", &format!("{} %, {moving}", percent(campaign)));
        fact("done", &words::so_far(campaign));
    }
    if let Some(freed) = campaign.freed_bytes {
        fact("freed", &format::bytes(freed));
    }
    if let Some(note) = &campaign.note {
        fact("note", &paint(&clean(note), Tone::Warn, styling));
    }
    let next = next(campaign);
    if !next.is_empty() {
        out.push('\n');
    }
    for line in next {
        out.push_str(&format!("{line}\n"));
    }
    out
}

/// The word of its state, in colour.
pub fn state_in_words(campaign: &Campaign, styling: Styling) -> String {
    let tone = state(campaign.state).tone;
    paint(&campaign.state.as_str().replace('_', " "), tone, styling)
}

/// Commands that make sense now, with what they do.
pub fn next(campaign: &Campaign) -> Vec<String> {
    let id = campaign.id;
    let line = |verb: &str, what: &str| format!("`tradepost campaign {verb} {id}` {what}");
    let canary = format::count(campaign.canary.into());
    match campaign.state {
        CampaignState::Planning => vec![line("show", "shows the plan after the items are counted")],
        CampaignState::Planned if campaign.items == 0 => vec![NOTHING_TO_DRAW.to_owned()],
        CampaignState::Planned if campaign.canary == 0 => {
            vec![line("start", "renders them; nothing is public before the swap")]
        }
        CampaignState::Planned => vec![line("start", &format!("renders {canary} of them first, for a review"))],
        CampaignState::Canary | CampaignState::Running => {
            vec![line("show --follow", "shows the progress")]
        }
        CampaignState::Waiting => vec![
            line("samples", "lists the samples, worst first; screen 4 shows the images"),
            line("resume", "renders all"),
            line("abort", "discards it"),
        ],
        CampaignState::Paused => vec![line("resume", "resumes it")],
        CampaignState::Stopped => vec![
            line("failures", "lists the failures"),
            line("resume", "resumes it anyway"),
            line("abort", "discards it"),
        ],
        CampaignState::Rendered => vec![
            line("swap", "makes the new renditions public"),
            line("abort", "discards it; nothing was public"),
        ],
        _ if campaign.collecting || campaign.freed_bytes.is_some() => Vec::new(),
        CampaignState::Swapped => vec![
            line(
                "rollback",
                &format!("makes the previous renditions public{}", until(campaign)),
            ),
            line("collect", "deletes the previous renditions; cannot be undone"),
        ],
        CampaignState::RolledBack => vec![
            line("swap", "makes the new renditions public again"),
            line("collect", "deletes its renditions"),
        ],
        CampaignState::Aborted | CampaignState::Failed => {
            vec![line("collect", "deletes its renditions")]
        }
    }
}

fn until(campaign: &Campaign) -> String {
    let stamp = |at| format!(", until {} UTC", format::stamp(at));
    campaign.collect_at.map_or(String::new(), stamp)
}
