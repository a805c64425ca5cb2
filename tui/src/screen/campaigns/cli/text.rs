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
    fact("what", &clean(&campaign.what));
    fact("presets", &clean(&campaign.presets.join(", ")));
    fact("state", &state_in_words(campaign, styling));
    fact("by", &clean(&campaign.actor));
    fact("reason", &clean(&campaign.reason));
    fact("pace", &words::pace(campaign));
    let estimate = &campaign.estimate;
    fact("items", &format::count(campaign.items));
    fact("pictures", &format::count(estimate.outputs));
    fact("takes", &words::cpu(estimate.cpu_hours * 3600.0));
    fact("bytes", &format::bytes(estimate.bytes));
    let cost = words::cost(estimate);
    fact(
        "cost",
        &clean(
            cost.as_deref()
                .unwrap_or("no price is configured: campaigns.cpu_hour_price"),
        ),
    );
    fact("figures", words::basis(estimate.basis));
    if let Some((words, tone)) = words::disk(campaign) {
        fact("disk", &paint(&words, tone, styling));
    }
    if campaign.started_at.is_some() {
        let moving = words::moving(campaign);
        fact("progress", &format!("{} %, {moving}", percent(campaign)));
        fact("so far", &words::so_far(campaign));
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
        CampaignState::Planning => vec![line("show", "shows the plan once the items are counted")],
        CampaignState::Planned if campaign.items == 0 => vec![NOTHING_TO_DRAW.to_owned()],
        CampaignState::Planned if campaign.canary == 0 => {
            vec![line("start", "draws them; nothing is visible before swap")]
        }
        CampaignState::Planned => vec![line("start", &format!("draws {canary} of them first, to be looked at"))],
        CampaignState::Canary | CampaignState::Running => {
            vec![line("show --follow", "shows how far it is")]
        }
        CampaignState::Waiting => vec![
            line(
                "samples",
                "lists what was drawn, the worst first; screen 4 shows the pictures",
            ),
            line("resume", "goes on with all"),
            line("abort", "gives it up"),
        ],
        CampaignState::Paused => vec![line("resume", "goes on")],
        CampaignState::Stopped => vec![
            line("failures", "lists what could not be drawn"),
            line("resume", "goes on all the same"),
            line("abort", "gives it up"),
        ],
        CampaignState::Rendered => vec![
            line("swap", "shows everybody the new pictures"),
            line("abort", "gives it up; nobody has seen any of it"),
        ],
        _ if campaign.collecting || campaign.freed_bytes.is_some() => Vec::new(),
        CampaignState::Swapped => vec![
            line(
                "rollback",
                &format!("shows everybody what was before{}", until(campaign)),
            ),
            line("collect", "frees what was before; there is no way back then"),
        ],
        CampaignState::RolledBack => vec![
            line("swap", "shows everybody the new pictures again"),
            line("collect", "frees what it drew"),
        ],
        CampaignState::Aborted | CampaignState::Failed => {
            vec![line("collect", "frees what it drew")]
        }
    }
}

fn until(campaign: &Campaign) -> String {
    let stamp = |at| format!(", until {} UTC", format::stamp(at));
    campaign.collect_at.map_or(String::new(), stamp)
}
