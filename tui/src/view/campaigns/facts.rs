//! One campaign in a few lines, and its figures in words.

use ratatui::layout::Rect;
use tradepost_common::campaigns::{Basis, Campaign, CampaignState, Estimate};

use super::{bar, percent, state};
use crate::canvas::{Canvas, Spans, split_top};
use crate::format;
use crate::theme::Tone;

/// `stale icons of acme/arrows by anna, 11-22 12:00:00 UTC`.
pub fn title(campaign: &Campaign) -> String {
    format!(
        "{} by {}, {} UTC",
        campaign.what,
        campaign.actor,
        format::stamp(campaign.created_at)
    )
}

/// Where it stands, what it takes, what it took, why, and what can be done: says how many lines it took.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, campaign: &Campaign, next: &str) -> u16 {
    let mut lines: Vec<Spans> = vec![progress(campaign, area.width), phases(campaign)];
    lines.push(labelled("plan", &plan_in_words(campaign), Tone::Plain));
    if campaign.started_at.is_some() {
        lines.push(labelled("so far", &so_far(campaign), Tone::Plain));
    }
    lines.push(room(campaign));
    lines.push(labelled("pace", &pace_in_words(campaign), Tone::Plain));
    lines.push(labelled("reason", &campaign.reason, Tone::Plain));
    let mut rest = area;
    for line in lines.iter().filter(|line| !line.is_empty()) {
        let (place, below) = split_top(rest, 1);
        if place.height > 0 {
            canvas.put_spans(place, line);
        }
        rest = below;
    }
    for (words, tone) in [
        (campaign.note.as_deref().unwrap_or(""), Tone::Warn),
        (next, Tone::Accent),
    ] {
        if !words.is_empty() && rest.height > 0 {
            let (place, _) = split_top(rest, 2);
            let used = canvas.paragraph(place, words, tone);
            rest = split_top(rest, used).1;
        }
    }
    rest.y - area.y
}

fn labelled(name: &str, words: &str, tone: Tone) -> Spans {
    vec![(format!("{name:<8}"), Tone::Dim), (words.to_owned(), tone)]
}

fn progress(campaign: &Campaign, width: u16) -> Spans {
    let shown = state(campaign.state);
    let room = usize::from(width.saturating_sub(64)).clamp(8, 40);
    vec![
        (format!("{}  ", shown.text), shown.tone),
        (
            format!("{} {}%  ", bar(campaign, room), percent(campaign)),
            Tone::Accent,
        ),
        (moving_in_words(campaign), Tone::Plain),
    ]
}

/// `84,000 of 200,000 items · 120/s · 16m left`.
pub fn moving_in_words(campaign: &Campaign) -> String {
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

/// The phases, done, current and next: `✓ plan  ✓ canary  ▶ look  · draw  · swap`.
fn phases(campaign: &Campaign) -> Spans {
    let Some((at, is_there)) = phase(campaign) else {
        return Vec::new();
    };
    let names = PHASES.iter().enumerate();
    let wanted = names.filter(|(_, name)| campaign.canary > 0 || !matches!(**name, "canary" | "look"));
    wanted
        .map(|(i, name)| match i.cmp(&at) {
            std::cmp::Ordering::Less => (format!("✓ {name}  "), Tone::Good),
            std::cmp::Ordering::Equal if is_there => (format!("▶ {name}  "), Tone::Accent),
            _ => (format!("· {name}  "), Tone::Dim),
        })
        .collect()
}

const PHASES: [&str; 5] = ["plan", "canary", "look", "draw", "swap"];

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

/// `200,000 items · 1,600,000 pictures · 1.3 CPU h · 3.2 GiB · EUR 0.05`.
pub fn plan_in_words(campaign: &Campaign) -> String {
    let estimate = &campaign.estimate;
    let mut words = format!(
        "{} · {} · {} · {}",
        format::plural(campaign.items, "item", "items"),
        format::plural(estimate.outputs, "picture", "pictures"),
        cpu_in_words(estimate.cpu_hours * 3600.0),
        format::bytes(estimate.bytes),
    );
    if let Some(cost) = cost_in_words(estimate) {
        words.push_str(&format!(" · {cost}"));
    }
    words
}

/// `EUR 0.05`; nothing when no price is configured.
pub fn cost_in_words(estimate: &Estimate) -> Option<String> {
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
pub fn basis_in_words(basis: Basis) -> &'static str {
    match basis {
        Basis::Measured => "measured on its own items",
        Basis::History => "from what was drawn before",
        Basis::Assumed => "assumed: nothing was drawn yet",
    }
}

/// `12.3 CPU s`, `4.1 CPU min`, `1.3 CPU h`.
pub fn cpu_in_words(seconds: f64) -> String {
    match seconds.max(0.0) {
        s if s < 120.0 => format!("{s:.1} CPU s"),
        s if s < 7200.0 => format!("{:.1} CPU min", s / 60.0),
        s => format!("{:.1} CPU h", s / 3600.0),
    }
}

/// `83,990 drawn · 8 aside · 2 skipped · 6.2 CPU min · 1.1 -> 0.9 GiB (-18 %)`.
pub fn so_far(campaign: &Campaign) -> String {
    let mut words = format!(
        "{} drawn · {} aside · {} skipped · {}",
        format::count(campaign.done),
        format::count(campaign.failed),
        format::count(campaign.skipped),
        cpu_in_words(campaign.cpu_seconds),
    );
    if campaign.outputs > 0 {
        words.push_str(&format!(
            " · {}",
            change_in_words(campaign.bytes_before, campaign.bytes_after)
        ));
    }
    words
}

/// `1.1 -> 0.9 GiB (-18 %)`.
pub fn change_in_words(before: i64, after: i64) -> String {
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

/// The disk must hold old and new side by side; and what the figures were made from.
fn room(campaign: &Campaign) -> Spans {
    let basis = basis_in_words(campaign.estimate.basis);
    match disk_in_words(campaign) {
        Some((words, tone)) => {
            let mut line = labelled("disk", &words, tone);
            line.push((format!(" · figures {basis}"), Tone::Dim));
            line
        }
        None if campaign.state.is_over() => Vec::new(),
        None => labelled("figures", basis, Tone::Dim),
    }
}

/// `3.2 GiB wanted, 40 GiB free`; nothing when all is drawn, or when nobody can tell.
pub fn disk_in_words(campaign: &Campaign) -> Option<(String, Tone)> {
    let free = campaign.disk_free_bytes?;
    if campaign.state.is_over() {
        return None;
    }
    let wanted = campaign.estimate.bytes.saturating_sub(campaign.bytes_after).max(0);
    let words = format!(
        "{} wanted, {} free",
        format::bytes(wanted),
        format::bytes(i64::try_from(free).unwrap_or(i64::MAX))
    );
    if wanted.unsigned_abs() > free {
        return Some((format!("NOT ENOUGH ROOM: {words}"), Tone::Bad));
    }
    Some((words, Tone::Plain))
}

/// `at most 50/s, 20 first and looked at, stops above 20 % failures`.
pub fn pace_in_words(campaign: &Campaign) -> String {
    let mut words = match campaign.rate_per_second {
        Some(n) => format!("at most {}/s", format::count(n.into())),
        None => "yields to new uploads".to_owned(),
    };
    match (campaign.canary, campaign.auto) {
        (0, _) => words.push_str(", no canary"),
        (n, Some(auto)) => words.push_str(&format!(
            ", {} first, goes on by itself from {} dB",
            format::count(n.into()),
            auto.min_psnr_db
        )),
        (n, None) => words.push_str(&format!(", {} first and looked at", format::count(n.into()))),
    }
    match campaign.stop_at_percent {
        100 => words.push_str(", never stops by itself"),
        n => words.push_str(&format!(", stops above {n} % failures")),
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_well_however_small() {
        assert_eq!(cpu_in_words(0.0), "0.0 CPU s");
        assert_eq!(cpu_in_words(600.0), "10.0 CPU min");
        assert_eq!(cpu_in_words(36_000.0), "10.0 CPU h");
        assert_eq!(change_in_words(1000, 999), "1000 -> 999 B (+0 %)");
        assert_eq!(change_in_words(1000, 880), "1000 -> 880 B (-12 %)");
        assert_eq!(change_in_words(2048, 512), "2.0 KiB -> 512 B (-75 %)");
        assert_eq!(change_in_words(0, 880), "0 -> 880 B");
        let estimate = |cost_micros| Estimate {
            outputs: 1,
            cpu_hours: 0.1,
            bytes: 1,
            cost_micros,
            currency: Some("EUR".to_owned()),
            basis: Basis::Assumed,
        };
        assert_eq!(cost_in_words(&estimate(Some(1_234_567))).as_deref(), Some("EUR 1.23"));
        assert_eq!(cost_in_words(&estimate(Some(1_200))).as_deref(), Some("EUR 0.0012"));
        assert_eq!(cost_in_words(&estimate(Some(0))).as_deref(), Some("EUR 0.00"));
        assert_eq!(cost_in_words(&estimate(None)), None);
    }
}
