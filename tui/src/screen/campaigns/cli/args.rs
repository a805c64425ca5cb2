//! The arguments of `tradepost campaign`.

use clap::{Args, Subcommand};
use tradepost_common::campaigns::{Auto, NewCampaign, Scope, default_canary, default_stop_at_percent};
use tradepost_common::catalog::Kind;
use tradepost_common::ids::CampaignId;

use super::super::plan::{MAX_CANARY, parse_decibels, parse_reason};
use crate::cli::IdArg;
use crate::client::MAX_RATE;
use crate::input::parse_number;

#[derive(Debug, Subcommand)]
pub enum CampaignCommand {
    /// Count the items and estimate renditions, CPU hours, bytes and cost. Renders nothing.
    Plan(PlanArgs),
    /// Render the canary, then the rest. Nothing is public before `swap`.
    Start(FollowArgs),
    /// Stop rendering for now and keep the renditions.
    Pause {
        /// Id of the campaign, or its first digits.
        id: IdArg<CampaignId>,
    },
    /// Resume after a pause, the review of the canary, or a stop.
    Resume(FollowArgs),
    /// Abort and delete the renditions.
    Abort(ConfirmArgs),
    /// Make all new renditions public at once.
    Swap(ConfirmArgs),
    /// Make all previous renditions public at once.
    Rollback(ConfirmArgs),
    /// Delete unused renditions. Cannot be undone.
    Collect(ConfirmArgs),
    /// One campaign: state, estimate and possible commands.
    Show(FollowArgs),
    /// Campaigns, newest first.
    #[command(alias = "ls")]
    List {
        /// Maximum number of rows.
        #[arg(long, value_name = "N", default_value_t = 100)]
        limit: usize,
    },
    /// Renditions of the canary compared with the public ones, worst first.
    Samples(Rows),
    /// Items that failed, with the reason.
    Failures(Rows),
    /// Change the rate, in items per second.
    Rate {
        /// Id of the campaign, or its first digits.
        id: IdArg<CampaignId>,
        /// 1 to 100,000, or `none` for no limit.
        #[arg(value_name = "N|none", value_parser = rate)]
        rate: Rate,
    },
}

/// A campaign that may be followed.
#[derive(Debug, Args)]
pub struct FollowArgs {
    /// Id of the campaign, or its first digits.
    pub id: IdArg<CampaignId>,
    /// Show the progress until an operator is needed. Exits with 1 when it stopped, paused, failed or was aborted.
    #[arg(long, alias = "wait")]
    pub follow: bool,
}

/// A campaign and the answer to the question that is asked.
#[derive(Debug, Args)]
pub struct ConfirmArgs {
    /// Id of the campaign, or its first digits.
    pub id: IdArg<CampaignId>,
    /// Do not ask for confirmation.
    #[arg(long)]
    pub yes: bool,
}

/// A list of one campaign.
#[derive(Debug, Args)]
pub struct Rows {
    /// Id of the campaign, or its first digits.
    pub id: IdArg<CampaignId>,
    /// Maximum number of rows.
    #[arg(long, value_name = "N", default_value_t = 100)]
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
    /// Only items of this kind. Repeatable.
    #[arg(long = "kind", value_name = "KIND", value_parser = Kind::ALL.map(Kind::as_str))]
    kinds: Vec<String>,
    /// Only items of this family: its id, or ACCOUNT/SLUG.
    #[arg(long, value_name = "FAMILY")]
    family: Option<String>,
    /// Only items of this contributor.
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    /// Only renditions of this preset. Repeatable.
    #[arg(long = "preset", value_name = "NAME")]
    presets: Vec<String>,
    /// Include items whose renditions are up to date.
    #[arg(long)]
    all: bool,
    /// Maximum number of items.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
    /// Number of items of the canary, rendered first and reviewed, 0 to 1,000.
    #[arg(long, value_name = "N", default_value_t = default_canary(), value_parser = clap::value_parser!(u32).range(0..=i64::from(MAX_CANARY)))]
    canary: u32,
    /// Resume without a review when every sample of the canary has at least this PSNR, in dB, 0 to 100.
    #[arg(long, value_name = "DB", value_parser = parse_decibels)]
    auto: Option<f64>,
    /// Maximum rate in items per second, 1 to 100,000 [default: no limit; new uploads come first].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_RATE)))]
    rate: Option<u32>,
    /// Stop when more than this percentage of the items failed; 100: never.
    #[arg(long, value_name = "PERCENT", default_value_t = default_stop_at_percent(), value_parser = clap::value_parser!(u32).range(0..=100))]
    stop_at: u32,
    /// Reason, recorded in the audit log.
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
