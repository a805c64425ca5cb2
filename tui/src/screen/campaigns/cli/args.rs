//! The arguments of `tradepost campaign`.

use clap::{Args, Parser, Subcommand};
use tradepost_common::campaigns::{Auto, NewCampaign, Scope, default_canary, default_stop_at_percent};
use tradepost_common::catalog::Kind;
use tradepost_common::ids::CampaignId;

use crate::client::MAX_RATE;
use crate::input::parse_number;

/// A canary has at most so many items.
const MAX_CANARY: i64 = 1_000;

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
            .map_err(|_| "a number from 1 to 100,000, or `none`, is wanted".to_owned()),
    }
}

/// Items, renditions, rate and limits. Without any: everything stale.
#[derive(Debug, Clone, PartialEq, Args)]
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
    #[arg(long, value_name = "N", default_value_t = default_canary(), value_parser = clap::value_parser!(u32).range(0..=MAX_CANARY))]
    canary: u32,
    /// Go on by itself when every sample of the canary is at least that like the old picture, in dB, 0 to 100.
    #[arg(long, value_name = "DB", value_parser = decibels)]
    auto: Option<f64>,
    /// Items a second at most, 1 to 100,000; as fast as the machine lets it beside new uploads otherwise.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_RATE)))]
    rate: Option<u32>,
    /// Stop when more than this share of the items failed, in percent; 100: never.
    #[arg(long, value_name = "PERCENT", default_value_t = default_stop_at_percent(), value_parser = clap::value_parser!(u32).range(0..=100))]
    stop_at: u32,
    /// Why; it is in the audit log.
    #[arg(long, value_parser = words)]
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

fn decibels(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(db) if (0.0..=100.0).contains(&db) => Ok(db),
        _ => Err("a number of dB from 0 to 100 is wanted".to_owned()),
    }
}

fn words(text: &str) -> Result<String, String> {
    let text = text.trim();
    match text.chars().count() {
        1..=500 => Ok(text.to_owned()),
        _ => Err("1 to 500 characters are wanted".to_owned()),
    }
}

#[derive(Debug, Parser)]
#[command(no_binary_name = true, disable_help_flag = true)]
struct Typed {
    #[command(flatten)]
    plan: PlanArgs,
}

/// The same options typed at a prompt, and then the reason, to the end of the line; says what is wrong in a line.
pub fn typed_plan(line: &str) -> Result<NewCampaign, String> {
    let mut rest = line.trim();
    let mut words = Vec::new();
    while rest.starts_with("--") {
        let (option, after) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        rest = after.trim_start();
        words.push(option.to_owned());
        if option == "--reason" {
            words.pop();
            break;
        }
        if option != "--all" && !option.contains('=') {
            let (value, after) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
            words.push(value.to_owned());
            rest = after.trim_start();
        }
    }
    if rest.is_empty() {
        return Err("a reason is wanted, after the options".to_owned());
    }
    words.push(format!("--reason={rest}"));
    Typed::try_parse_from(words)
        .map(|typed| typed.plan.new_campaign())
        .map_err(|error| {
            let text = error.to_string();
            let first = text.lines().next().unwrap_or("this cannot be read");
            first.trim_start_matches("error: ").to_owned()
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_words_are_those_of_the_command_line() {
        let new = typed_plan("--kind icon --kind model --limit 500 --rate 50 --auto 40 --reason new presets, sharper")
            .unwrap();
        assert_eq!(new.scope.kinds, ["icon", "model"]);
        assert!(new.scope.only_stale);
        assert_eq!(
            (new.scope.limit, new.rate_per_second, new.canary),
            (Some(500), Some(50), 20)
        );
        assert_eq!(new.auto, Some(Auto { min_psnr_db: 40.0 }));
        assert_eq!(new.reason, "new presets, sharper");
        let all = typed_plan("--all --canary=0 engine 2 -- at last").unwrap();
        assert_eq!(
            (all.scope.only_stale, all.canary, all.reason.as_str()),
            (false, 0, "engine 2 -- at last")
        );
        let stale = typed_plan(" --reason sharper").unwrap();
        assert_eq!((stale.scope, stale.reason.as_str()), (Scope::default(), "sharper"));
    }

    #[test]
    fn typed_nonsense_says_what_is_wrong_in_one_line() {
        for (line, words) in [
            ("", "a reason is wanted"),
            ("--reason", "a reason is wanted"),
            ("--kind font --reason x", "font"),
            ("--rate 0 --reason x", "0"),
            ("--canary 1001 --reason x", "1001"),
            ("--auto NaN --reason x", "NaN"),
            ("--stop-at 101 --reason x", "101"),
            ("--limit -1 --reason x", "-1"),
            ("--kind", "a reason is wanted"),
            ("--colour red x", "--colour"),
        ] {
            let why = typed_plan(line).unwrap_err();
            assert!(why.contains(words) && !why.contains('\n'), "{line:?}: {why}");
        }
    }
}
