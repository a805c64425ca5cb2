//! A campaign in words: its figures, the keys that make sense now, the question before an act.

use tradepost_common::campaigns::{Basis, Campaign, CampaignState, Estimate};

use crate::client::CampaignStep as Step;
use crate::format;
use crate::theme::Tone;

/// `84,000 of 200,000 items · 120/s · 16m left`.
pub fn moving(campaign: &Campaign) -> String {
    let gone = campaign.items.saturating_sub(campaign.left());
    let mut words = format!("{} of {} items", format::count(gone), format::count(campaign.items));
    if matches!(campaign.state, CampaignState::Running | CampaignState::Canary) {
        words.push_str(&format!(" · {}/s", format::rate(campaign.rate)));
        if let Some(left) = campaign.eta_seconds {
            words.push_str(&format!(" · {} left", format::span(left)));
        }
        if campaign.yielding {
            words.push_str(" · lets new uploads pass");
        }
    }
    words
}

/// `200,000 items · 1,600,000 pictures · 1.3 CPU h · 3.2 GiB · EUR 0.05`.
pub fn plan(campaign: &Campaign) -> String {
    let estimate = &campaign.estimate;
    let mut words = format!(
        "{} · {} · {} · {}",
        format::plural(campaign.items, "item", "items"),
        format::plural(estimate.outputs, "rendition", "renditions"),
        cpu(estimate.cpu_hours * 3600.0),
        format::bytes(estimate.bytes),
    );
    if let Some(cost) = cost(estimate) {
        words.push_str(&format!(" · {cost}"));
    }
    words
}

/// `EUR 0.05`; nothing when no price is configured.
pub fn cost(estimate: &Estimate) -> Option<String> {
    let micros = estimate.cost_micros?;
    let units = micros as f64 / 1e6;
    // A cent is much for a thousand icons.
    let amount = if micros == 0 || units >= 0.1 {
        format!("{units:.2}")
    } else {
        format!("{units:.4}")
    };
    Some(
        format!("{} {amount}", estimate.currency.as_deref().unwrap_or(""))
            .trim_start()
            .to_owned(),
    )
}

/// The basis of a plan's estimate.
pub fn basis(basis: Basis) -> &'static str {
    match basis {
        Basis::Measured => "measured on its own items",
        Basis::History => "from former renderings",
        Basis::Assumed => "assumed: no rendering was measured yet",
    }
}

/// `12.3 CPU s`, `4.1 CPU min`, `1.3 CPU h`.
pub fn cpu(seconds: f64) -> String {
    match seconds.max(0.0) {
        s if s < 120.0 => format!("{s:.1} CPU s"),
        s if s < 7200.0 => format!("{:.1} CPU min", s / 60.0),
        s => format!("{:.1} CPU h", s / 3600.0),
    }
}

/// `83,990 rendered · 8 aside · 2 skipped · 6.2 CPU min · 1.1 -> 0.9 GiB (-18 %)`.
pub fn so_far(campaign: &Campaign) -> String {
    let mut words = format!(
        "{} rendered · {} failed · {} skipped · {}",
        format::count(campaign.done),
        format::count(campaign.failed),
        format::count(campaign.skipped),
        cpu(campaign.cpu_seconds),
    );
    if campaign.outputs > 0 {
        words.push_str(&format!(" · {}", change(campaign.bytes_before, campaign.bytes_after)));
    }
    words
}

/// `1.1 -> 0.9 GiB (-18 %)`.
pub fn change(before: i64, after: i64) -> String {
    let (mut old, new) = (format::bytes(before), format::bytes(after));
    // One unit is enough for both.
    if let (Some((amount, unit)), Some((_, same))) = (old.split_once(' '), new.split_once(' '))
        && unit == same
    {
        old = amount.to_owned();
    }
    format!(
        "{old} -> {new}{}",
        share(before, after).map_or(String::new(), |s| format!(" ({s})"))
    )
}

/// `-18 %`; nothing when there was nothing before.
pub fn share(before: i64, after: i64) -> Option<String> {
    (before > 0).then(|| {
        let percent = (after as f64 / before as f64 - 1.0) * 100.0;
        // Never `-0 %`.
        format!("{:+.0} %", if percent.abs() < 0.5 { 0.0 } else { percent })
    })
}

/// `3.2 GiB wanted, 40 GiB free`; nothing when all is drawn, or when nobody can tell.
pub fn disk(campaign: &Campaign) -> Option<(String, Tone)> {
    let free = campaign.disk_free_bytes?;
    if campaign.state.is_over() {
        return None;
    }
    let wanted = campaign.estimate.bytes.saturating_sub(campaign.bytes_after).max(0);
    let words = format!(
        "{} needed, {} free",
        format::bytes(wanted),
        format::bytes(i64::try_from(free).unwrap_or(i64::MAX))
    );
    if wanted.unsigned_abs() > free {
        return Some((format!("NOT ENOUGH DISK SPACE: {words}"), Tone::Bad));
    }
    Some((words, Tone::Plain))
}

/// `at most 50/s, 20 first, then a review, stops above 20 % failures`.
pub fn pace(campaign: &Campaign) -> String {
    let mut words = match campaign.rate_per_second {
        Some(n) => format!("at most {}/s", format::count(n.into())),
        None => "yields to new uploads".to_owned(),
    };
    match (campaign.canary, campaign.auto) {
        (0, _) => words.push_str(", no canary"),
        (n, Some(auto)) => words.push_str(&format!(
            ", {} first, resumes automatically from {} dB",
            format::count(n.into()),
            auto.min_psnr_db
        )),
        (n, None) => words.push_str(&format!(", {} first, then a review", format::count(n.into()))),
    }
    match campaign.stop_at_percent {
        100 => words.push_str(", never stops"),
        n => words.push_str(&format!(", stops above {n} % failures")),
    }
    words
}

/// The acts that are possible now, and their keys.
pub fn next(campaign: &Campaign) -> String {
    let canary = format::count(campaign.canary.into());
    match campaign.state {
        CampaignState::Planning => "Items are being counted. Nothing is rendered.".to_owned(),
        CampaignState::Planned if campaign.items == 0 => NOTHING_TO_DRAW.to_owned(),
        CampaignState::Planned if campaign.canary == 0 => "R starts it without a canary.".to_owned(),
        CampaignState::Planned => format!("R starts it: {canary} items first, then a review."),
        CampaignState::Canary => "The canary is being rendered. Nothing is public.".to_owned(),
        CampaignState::Waiting => "Review the samples (Enter), then R resumes or X aborts.".to_owned(),
        CampaignState::Running => "Nothing is public yet. P pauses, X aborts.".to_owned(),
        CampaignState::Paused => "P resumes, X aborts.".to_owned(),
        CampaignState::Stopped => "Review the failures (Tab), then R resumes or X aborts.".to_owned(),
        CampaignState::Rendered => "All is rendered and nothing is public: E swaps it in, X aborts.".to_owned(),
        _ => ended(campaign),
    }
}

fn ended(campaign: &Campaign) -> String {
    if let Some(freed) = campaign.freed_bytes {
        return format!("Collected: {} freed. It cannot be undone.", format::bytes(freed));
    }
    if campaign.collecting {
        return "Unused renditions are being deleted.".to_owned();
    }
    let at = campaign.collect_at.map(|at| format!("{} UTC", format::stamp(at)));
    match (campaign.state, at) {
        (CampaignState::Swapped, Some(at)) => {
            format!("Public. U rolls it back until {at}.")
        }
        (CampaignState::Swapped, None) => "Public. U rolls it back.".to_owned(),
        (CampaignState::RolledBack, _) => {
            "The previous renditions are public. E swaps in again, D collects its renditions.".to_owned()
        }
        (_, Some(at)) => format!("Its renditions are collected at {at}; D does it now."),
        (_, None) => "D collects its renditions.".to_owned(),
    }
}

/// Status of a plan without items.
pub const NOTHING_TO_DRAW: &str = "Nothing to render: every item of that scope is up to date.";

/// The question before an act that others see, that costs much, or that cannot be undone.
pub fn question(step: Step, campaign: &Campaign) -> String {
    let items = format::plural(campaign.items, "item", "items");
    let drawn = format::plural(campaign.done, "item", "items");
    match step {
        Step::Start => {
            let cpu = cpu(campaign.estimate.cpu_hours * 3600.0);
            let cost = cost(&campaign.estimate).map_or(String::new(), |cost| format!(", {cost}"));
            let first = match campaign.canary {
                0 => "all at once, without a canary".to_owned(),
                n => format!("{} first", format::count(n.into())),
            };
            format!("Start it? {items}, {cpu}{cost}; {first}.")
        }
        Step::Swap => format!("SWAP: make the new renditions of {drawn} public at once?"),
        Step::RollBack => format!("ROLL BACK: make the previous renditions of {items} public at once?"),
        Step::Abort => format!("ABORT: discard the renditions of {drawn}?"),
        Step::Collect if campaign.state == CampaignState::Swapped => {
            "COLLECT the previous renditions? A rollback is impossible after that.".to_owned()
        }
        Step::Collect => "COLLECT its renditions? A swap is impossible after that.".to_owned(),
        Step::Resume if campaign.state == CampaignState::Waiting => {
            format!("Is the canary good? Render all {items}?")
        }
        Step::Resume => "Too much failed, so it stopped. Resume anyway?".to_owned(),
        Step::Pause => "Pause it?".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_well_however_small() {
        assert_eq!(cpu(0.0), "0.0 CPU s");
        assert_eq!(cpu(600.0), "10.0 CPU min");
        assert_eq!(cpu(36_000.0), "10.0 CPU h");
        assert_eq!(change(1000, 999), "1000 -> 999 B (+0 %)");
        assert_eq!(change(1000, 880), "1000 -> 880 B (-12 %)");
        assert_eq!(change(2048, 512), "2.0 KiB -> 512 B (-75 %)");
        assert_eq!(change(0, 880), "0 -> 880 B");
        let estimate = |cost_micros| Estimate {
            outputs: 1,
            cpu_hours: 0.1,
            bytes: 1,
            cost_micros,
            currency: Some("EUR".to_owned()),
            basis: Basis::Assumed,
        };
        assert_eq!(cost(&estimate(Some(1_234_567))).as_deref(), Some("EUR 1.23"));
        assert_eq!(cost(&estimate(Some(1_200))).as_deref(), Some("EUR 0.0012"));
        assert_eq!(cost(&estimate(Some(0))).as_deref(), Some("EUR 0.00"));
        assert_eq!(cost(&estimate(None)), None);
    }
}
