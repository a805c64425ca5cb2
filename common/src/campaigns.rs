//! Campaigns: what the catalogue has already is drawn anew with the presets and the engine of today.
//!
//! - `POST /v1/campaigns`: plans one ([`NewCampaign`] to [`Campaign`], 202). Nothing is drawn: the plan counts items and reckons
//!   what it takes. A plan that nobody started within a day is aborted.
//! - `GET /v1/campaigns?cursor=&limit=`: newest first (`Page<Campaign>`); `GET /v1/campaigns/{id}`: one
//! - `POST /v1/campaigns/{id}/start | pause | resume | abort | swap | rollback | collect`: no body (`Campaign`)
//! - `POST /v1/campaigns/{id}/rate`: another rate while it runs ([`SetRate`](crate::operations::SetRate) to [`Campaign`])
//! - `GET /v1/campaigns/{id}/samples?cursor=&limit=`: what the canary drew beside what is shown now, the worst first (`Page<Sample>`)
//! - `GET /v1/campaigns/{id}/samples/{item}/{preset}/{side}`: a picture; [`Side`] is `old`, `new` or `difference`. The bytes are PNG
//!   or WebP, as `Content-Type` says; a difference is always PNG.
//! - `GET /v1/campaigns/{id}/failures?cursor=&limit=`: items that could not be drawn, in the order of the plan
//!   (`Page<Failure>`)
//!
//! Every role may look, operators act. A verb that makes no sense in the present state answers 409 `campaign-state` naming the state.
//!
//! `planning` -> `planned` -(start)-> `canary` -> `waiting` -(resume or start)-> `running` <-> `paused` -> `rendered` -(swap)-> `swapped`
//! -(rollback)-> `rolled_back` -(swap)-> `swapped`. With [`NewCampaign::auto`] a good canary does not wait. A campaign that fails too often
//! is `stopped` by itself (resume goes on); one whose disk runs full pauses itself, `note` says why. Whatever was not swapped can be
//! `aborted`. `collect` frees what is not needed any more: of an aborted or rolled back campaign what it drew, of a swapped one
//! what was shown before (it can not be rolled back after that). It happens by itself after some days.

mod results;
mod state;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

pub use self::results::{Failure, FailureKind, Sample, Side};
pub use self::state::CampaignState;
use crate::ids::CampaignId;

/// The items, and the renditions of them. Without any field: everything stale in the catalogue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Scope {
    /// Names of [`Kind`](crate::catalog::Kind); empty: all.
    pub kinds: Vec<String>,
    /// One family: its id, or `account/slug`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family: Option<String>,
    /// The name of one contributor's account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Only items that lack a picture of one of the presets, or have it of another preset (its hash differs) than today's.
    pub only_stale: bool,
    /// Names of presets; empty: all.
    pub presets: Vec<String>,
    /// At most so many items.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
}

impl Default for Scope {
    fn default() -> Self {
        Self {
            kinds: Vec::new(),
            family: None,
            account: None,
            only_stale: true,
            presets: Vec::new(),
            limit: None,
        }
    }
}

/// The quality of a canary that needs no review.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Auto {
    /// Every sample's PSNR is at least this, in dB, 0 to 100. A sample with nothing to be compared to, or of another size, waits for a person.
    pub min_psnr_db: f64,
}

/// A campaign to be planned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewCampaign {
    #[serde(default)]
    pub scope: Scope,
    /// Number of items that are drawn first and looked at, 0 to 1,000; 0: none.
    #[serde(default = "default_canary")]
    pub canary: u32,
    /// Goes on by itself after a good canary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auto: Option<Auto>,
    /// Items a second at most, 1 to 100,000; nothing: as fast as the machine lets it beside new uploads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_per_second: Option<u32>,
    /// It stops when more than this share of the items that were drawn failed, 0 to 100; 100: never.
    #[serde(default = "default_stop_at_percent")]
    pub stop_at_percent: u32,
    /// The reason, 1 to 500 characters.
    pub reason: String,
}

/// The canary when a request does not say.
pub fn default_canary() -> u32 {
    20
}

/// The share of failures that stops a campaign when a request does not say, in percent.
pub fn default_stop_at_percent() -> u32 {
    20
}

/// The cost of a campaign, estimated from former measurements, then from its own items.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// Pictures to be made.
    pub outputs: i64,
    pub cpu_hours: f64,
    /// Bytes of all pictures to be made, which the disk must have free.
    pub bytes: i64,
    /// `cpu_hours` at the configured price, in millionths of the currency; nothing when no price is configured.
    pub cost_micros: Option<i64>,
    /// `EUR`; of the cost.
    pub currency: Option<String>,
    /// Its basis: `measured` (from items of this campaign), `history` (from what the daemon drew before), `assumed`.
    pub basis: Basis,
}

crate::text_enum! {
    /// The source of an estimate.
    pub enum Basis {
        Measured = "measured",
        History = "history",
        Assumed = "assumed",
    }
}

/// A campaign and how far it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Campaign {
    pub id: CampaignId,
    pub state: CampaignState,
    /// The Unix user who planned it.
    pub actor: String,
    pub reason: String,
    pub scope: Scope,
    /// The scope as a person reads it: `stale icons of acme/arrows, presets png-64, webp-64`.
    pub what: String,
    /// The presets that are drawn, by name.
    pub presets: Vec<String>,
    pub canary: u32,
    pub auto: Option<Auto>,
    pub rate_per_second: Option<u32>,
    pub stop_at_percent: u32,
    /// In the plan.
    pub items: i64,
    /// Drawn, pictures stored.
    pub done: i64,
    /// Set aside: `GET /v1/campaigns/{id}/failures` names them.
    pub failed: i64,
    /// Not published any more, changed since the plan, or without a picture (a sound).
    pub skipped: i64,
    /// Pictures made.
    pub outputs: i64,
    /// Bytes of the pictures that are to be replaced, of the items done so far.
    pub bytes_before: i64,
    /// Bytes of the pictures made.
    pub bytes_after: i64,
    /// CPU time of rendering, in the children of the jail.
    pub cpu_seconds: f64,
    pub estimate: Estimate,
    /// Free on the disk of the store; nothing when it can not be told.
    pub disk_free_bytes: Option<u64>,
    /// Items a second over the last 5 s.
    pub rate: f64,
    /// Until all items are done, at the present rate.
    pub eta_seconds: Option<f64>,
    /// It lets new uploads pass at the moment.
    pub yielding: bool,
    /// The reason why it stopped or paused, or what it waits for.
    pub note: Option<String>,
    /// Bytes that garbage collection freed so far; set once nothing is left to be marked. Objects go after a grace period, so it grows for a while.
    pub freed_bytes: Option<i64>,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    pub started_at: Option<OffsetDateTime>,
    /// The time at which the last item was rendered, or it was aborted.
    #[serde(with = "time::serde::rfc3339::option")]
    pub finished_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    pub swapped_at: Option<OffsetDateTime>,
    /// The time of its collection: it cannot be rolled back or swapped from then on.
    #[serde(with = "time::serde::rfc3339::option")]
    pub collect_at: Option<OffsetDateTime>,
    /// Garbage collection has begun.
    pub collecting: bool,
}

impl Campaign {
    /// Items that nothing was done about yet.
    pub fn left(&self) -> i64 {
        (self.items - self.done - self.failed - self.skipped).max(0)
    }
}
