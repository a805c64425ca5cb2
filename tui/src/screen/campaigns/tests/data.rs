//! Campaigns, samples of a canary, items that failed.

use tradepost_common::Page;
use tradepost_common::campaigns::{
    Basis, Campaign, CampaignState, Estimate, Failure as FailedItem, FailureKind, Sample, Scope,
};
use tradepost_common::ids::{CampaignId, ItemId, UploadId};
use uuid::Uuid;

use super::super::detail::{ReadCampaign, ReadSamples};
use super::super::reading::ReadCampaigns;
use crate::paged::PageRequest;
use crate::shell::{Action, App};
use crate::testdata::{ago, app};

pub fn campaign_id(n: u128) -> CampaignId {
    Uuid::from_u128(9000 + n).into()
}

pub fn campaign(n: u128, state: CampaignState) -> Campaign {
    let is_started = !matches!(state, CampaignState::Planning | CampaignState::Planned);
    let (done, failed, skipped) = match state {
        CampaignState::Planning | CampaignState::Planned => (0, 0, 0),
        CampaignState::Canary => (12, 0, 0),
        CampaignState::Waiting => (19, 1, 0),
        _ if state.is_over() => (199_990, 8, 2),
        _ => (83_990, 8, 2),
    };
    Campaign {
        id: campaign_id(n),
        state,
        actor: "anna".to_owned(),
        reason: "engine 2: sharper strokes".to_owned(),
        scope: Scope::default(),
        what: "stale icons of acme/arrows".to_owned(),
        presets: vec!["png-64".to_owned(), "webp-512".to_owned()],
        canary: 20,
        auto: None,
        rate_per_second: (n == 2).then_some(500),
        stop_at_percent: 20,
        items: 200_000,
        done,
        failed,
        skipped,
        outputs: done * 8,
        bytes_before: done * 6_000,
        bytes_after: done * 4_900,
        cpu_seconds: done as f64 * 0.00088,
        estimate: Estimate {
            outputs: 1_600_000,
            cpu_hours: 0.05,
            bytes: 980_000_000,
            cost_micros: Some(2_150),
            currency: Some("EUR".to_owned()),
            basis: if is_started { Basis::Measured } else { Basis::History },
        },
        disk_free_bytes: Some(40 << 30),
        rate: 498.7,
        eta_seconds: Some(232.0),
        yielding: false,
        note: (state == CampaignState::Stopped).then(|| "12 of 30 items failed".to_owned()),
        freed_bytes: None,
        created_at: ago(600),
        started_at: is_started.then(|| ago(500)),
        finished_at: state.is_over().then(|| ago(100)),
        swapped_at: (state == CampaignState::Swapped).then(|| ago(50)),
        collect_at: (state == CampaignState::Swapped).then(|| ago(-600_000)),
        collecting: false,
    }
}

/// The smaller `n`, the worse: 2 is new, 3 has another size, 9 is the same.
pub fn sample(n: u32) -> Sample {
    let psnr_db = match n {
        2 | 3 => None,
        9 => Some(100.0),
        n => Some(26.0 + 4.0 * f64::from(n)),
    };
    let is_compared = psnr_db.is_some();
    let is_small = n.is_multiple_of(2);
    Sample {
        item: ItemId(Uuid::from_u128(3000 + u128::from(n))),
        title: format!("arrow {n}"),
        path: format!("icons/arrows/arrow-{n}.svg"),
        kind: "icon".to_owned(),
        preset: if is_small { "png-64" } else { "watermarked-512" }.to_owned(),
        format: if is_small { "png" } else { "webp" }.to_owned(),
        width: if is_small { 64 } else { 512 },
        height: if is_small { 64 } else { 512 },
        psnr_db,
        max_difference: is_compared.then_some(if n == 9 { 0 } else { 90 - 9 * n as i32 }),
        differing: is_compared.then_some(if n == 9 { 0.0 } else { 0.2 / f64::from(n * n * n) }),
        old_bytes: (n != 2).then_some(6_000),
        new_bytes: 4_900 + i64::from(n) * 200,
    }
}

pub fn failed_items(n: u128, failure: FailureKind, reason: &str) -> FailedItem {
    FailedItem {
        item: ItemId(Uuid::from_u128(5000 + n)),
        path: format!("icons/poison/bomb-{n}.svg"),
        title: format!("bomb {n}"),
        kind: "icon".to_owned(),
        upload_id: UploadId(Uuid::from_u128(1000 + n)),
        failure,
        reason: reason.to_owned(),
        at: ago(90),
    }
}

pub fn first_page() -> PageRequest {
    PageRequest::default()
}

pub fn rows<T>(rows: Vec<T>) -> Page<T> {
    Page::new(rows, None)
}

/// On the list, one of each of those states; the newest first.
pub fn app_with_campaigns(states: &[CampaignState]) -> App {
    let mut app = app();
    app.go("campaigns");
    let campaigns = states.iter().zip((1..=states.len() as u128).rev());
    let campaigns = campaigns.map(|(state, n)| campaign(n, *state)).collect();
    app.answer(ReadCampaigns(first_page()), Ok(rows(campaigns)));
    app.shell.effects.clear();
    app
}

/// In one campaign in that state, with nine samples.
pub fn app_in_campaign(state: CampaignState) -> App {
    let mut app = app_with_campaigns(&[state]);
    app.act(Action::Open);
    app.answer(ReadCampaign(campaign_id(1)), Ok(campaign(1, state)));
    let samples = rows((1..=9).map(sample).collect());
    app.answer(ReadSamples(campaign_id(1), first_page()), Ok(samples));
    app.shell.effects.clear();
    app
}
