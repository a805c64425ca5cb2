//! The arguments of `tradepost campaign`.

use clap::{Args, Subcommand};
use tradepost_common::campaigns::{Auto, NewCampaign, Scope, default_canary, default_stop_at_percent};
use tradepost_common::catalog::Kind;
use tradepost_common::ids::CampaignId;

use super::super::plan::{MAX_CANARY, parse_decibels, parse_reason};
use crate::client::MAX_RATE;
use crate::input::parse_number;

#[derive(Debug, Subcommand)]
pub enum CampaignCommand {
    /// Count the items and reckon what it takes: pictures, CPU hours, bytes, money. Nothing is drawn.
    Plan(PlanArgs),
    /// Draw the canary, then the rest. Nothing of it is visible before `swap`.
    Start(Followed),
    /// Draw nothing more for now; what is drawn stays.
    Pause { id: CampaignId },
    /// Go on: after a pause, after the canary was looked at, or where it had stopped by itself.
    Resume(Followed),
    /// Give it up: what it drew is freed.
    Abort(Asked),
    /// Show everybody the new pictures, all at once.
    Swap(Asked),
    /// Show everybody what was there before, all at once.
    Rollback(Asked),
    /// Free the pictures that are not needed any more; after that there is no way back.
    Collect(Asked),
    /// One campaign: where it stands, what it takes, how to go on.
    Show(Followed),
    /// Campaigns, newest first.
    #[command(alias = "ls")]
    List {
        #[arg(long, default_value_t = 100)]
        limit: usize,
    },
    /// The canary's renditions beside the public ones, the worst first.
    Samples(Rows),
    /// Items that could not be drawn, and why.
    Failures(Rows),
    /// Another rate, in items a second.
    Rate {
        id: CampaignId,
        /// 1 to 100,000, or `none` for no limit.
        #[arg(value_name = "N|none", value_parser = rate)]
        rate: Rate,
    },
}

/// A campaign that may be followed.
#[derive(Debug, Args)]
pub struct Followed {
    pub id: CampaignId,
    /// Show how far it is until it wants somebody; ends with 1 when it stopped, paused, failed or was aborted.
    #[arg(long, alias = "wait")]
    pub follow: bool,
}

/// A campaign and the answer to the question that is asked.
#[derive(Debug, Args)]
pub struct Asked {
    pub id: CampaignId,
    /// Don't ask.
    #[arg(long)]
    pub yes: bool,
}

/// A list of one campaign.
#[derive(Debug, Args)]
pub struct Rows {
    pub id: CampaignId,
    #[arg(long, default_value_t = 100)]
    pub limit: usize,
}

/// Items a second; `None`: no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate(pub Option<u32>);

fn rate(text: &str) -> Result<Rate, String> {
    match text {
        "none" => Ok(Rate(None)),
        text => parse_number(text, 1..=MAX_RATE)
            .map(|n| Rate(Some(n)))
            .map_err(|_| "must be a number from 1 to 100,000, or `none`".to_owned()),
    }
}

/// Items, renditions, rate and limits. Without any: everything stale.
#[derive(Debug, Args)]
pub struct PlanArgs {
    /// Only items of that kind. May be given again.
    #[arg(long = "kind", value_name = "KIND", value_parser = Kind::ALL.map(Kind::as_str))]
    kinds: Vec<String>,
    /// Only items of one family: its id, or ACCOUNT/SLUG.
    #[arg(long, value_name = "FAMILY")]
    family: Option<String>,
    /// Only items of that contributor.
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    /// Only pictures of that preset. May be given again.
    #[arg(long = "preset", value_name = "NAME")]
    presets: Vec<String>,
    /// Also items whose pictures are of today's presets already.
    #[arg(long)]
    all: bool,
    /// At most so many items.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
    /// So many items are drawn first and looked at, 0 to 1,000; 0: none.
    #[arg(long, value_name = "N", default_value_t = default_canary(), value_parser = clap::value_parser!(u32).range(0..=i64::from(MAX_CANARY)))]
    canary: u32,
    /// Go on by itself when every sample of the canary is at least that like the old picture, in dB, 0 to 100.
    #[arg(long, value_name = "DB", value_parser = parse_decibels)]
    auto: Option<f64>,
    /// Items a second at most, 1 to 100,000; as fast as the machine lets it beside new uploads otherwise.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_RATE)))]
    rate: Option<u32>,
    /// Stop when more than this share of the items failed, in percent; 100: never.
    #[arg(long, value_name = "PERCENT", default_value_t = default_stop_at_percent(), value_parser = clap::value_parser!(u32).range(0..=100))]
    stop_at: u32,
    /// Why; it is in the audit log.
    #[arg(long, value_parser = parse_reason)]
    reason: String,
}

impl PlanArgs {
    /// The request to the daemon.
    pub fn new_campaign(self) -> NewCampaign {
        NewCampaign {
            scope: Scope {
                kinds: self.kinds,
                family: self.family,
                account: self.account,
                only_stale: !self.all,
                presets: self.presets,
                limit: self.limit,
            },
            canary: self.canary,
            auto: self.auto.map(|min_psnr_db| Auto { min_psnr_db }),
            rate_per_second: self.rate,
            stop_at_percent: self.stop_at,
            reason: self.reason,
        }
    }
}
