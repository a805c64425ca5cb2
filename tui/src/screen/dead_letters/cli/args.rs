//! Arguments of `tradepost dead`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use tradepost_common::ids::{MessageId, UploadId};
use tradepost_common::operations::Pace;

#[derive(Debug, Subcommand)]
pub enum DeadCommand {
    /// Groups with the same error, the largest first.
    Groups {
        #[arg(long, value_name = "NAME")]
        queue: Option<String>,
        /// Only those whose file name or error contains that text.
        #[arg(long)]
        text: Option<String>,
    },
    /// Dead letters, newest first.
    Ls(DeadList),
    /// Everything about one: payload, attempts, what it belongs to.
    Show { id: MessageId },
    /// Send them again as they are: plans, shows the plan, asks, starts.
    Redrive {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        pace: PaceArgs,
        #[command(flatten)]
        how: How,
    },
    /// Send one again with another payload; in an editor where no other way is named.
    Edit(EditArgs),
    /// Give up on them, with a reason that contributors are told.
    Discard(GiveUpArgs),
    /// As discard, and the payloads are not kept.
    Purge(GiveUpArgs),
}

#[derive(Debug, Args)]
pub struct EditArgs {
    pub id: MessageId,
    /// A file with the whole payload; `-` reads standard input.
    #[arg(long, value_name = "FILE", conflicts_with = "set")]
    pub file: Option<PathBuf>,
    /// One field: its name, or a JSON pointer such as /files/0/path. May be given again.
    #[arg(long, value_name = "KEY=JSON")]
    pub set: Vec<String>,
    /// Don't ask.
    #[arg(long)]
    pub yes: bool,
}

#[derive(Debug, Args)]
pub struct GiveUpArgs {
    #[command(flatten)]
    pub which: Which,
    #[arg(long)]
    pub reason: String,
    /// Messages a second at most, 1 to 100,000.
    #[arg(long, value_name = "N", default_value_t = Pace::default().rate_per_second)]
    pub rate: u32,
    #[command(flatten)]
    pub how: How,
}

#[derive(Debug, Args)]
pub struct DeadList {
    #[arg(long, value_name = "NAME")]
    pub queue: Option<String>,
    /// Only those of that group: its fingerprint.
    #[arg(long, value_name = "FINGERPRINT")]
    pub group: Option<String>,
    /// Only those whose file name or error contains that text.
    #[arg(long)]
    pub text: Option<String>,
    #[arg(long, value_name = "ID")]
    pub upload: Option<UploadId>,
    /// Only those that were redriven and failed again.
    #[arg(long)]
    pub redriven: bool,
    #[arg(long, default_value_t = 100)]
    pub limit: usize,
}

/// Selects dead letters that match all of these.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub struct Which {
    /// These ones.
    #[arg(value_name = "ID", conflicts_with_all = ["group", "queue", "text", "all"])]
    pub ids: Vec<MessageId>,
    /// Those of that group: its fingerprint.
    #[arg(long, value_name = "FINGERPRINT")]
    pub group: Option<String>,
    #[arg(long, value_name = "NAME")]
    pub queue: Option<String>,
    /// Those whose file name or error contains that text.
    #[arg(long)]
    pub text: Option<String>,
    /// Every dead letter there is.
    #[arg(long, conflicts_with_all = ["group", "queue", "text"])]
    pub all: bool,
}

/// Rate and caution.
#[derive(Debug, Clone, Copy, Args)]
pub struct PaceArgs {
    /// Messages a second at most, 1 to 100,000.
    #[arg(long, value_name = "N", default_value_t = Pace::default().rate_per_second)]
    rate: u32,
    /// So many are sent first and watched; 0: none.
    #[arg(long, value_name = "N", default_value_t = Pace::default().canary)]
    canary: u32,
    /// Stop when more than this share of the outcomes are failures, in percent; 100: never.
    #[arg(long, value_name = "PERCENT", default_value_t = Pace::default().stop_at_percent)]
    stop_at: u32,
}

impl PaceArgs {
    pub fn pace(self) -> Pace {
        Pace {
            rate_per_second: self.rate,
            canary: self.canary,
            stop_at_percent: self.stop_at,
            ..Pace::default()
        }
    }
}

/// Handling of the plan.
#[derive(Debug, Clone, Copy, Args)]
pub struct How {
    /// Print the plan, with the reason for each message that is skipped, and act on nothing.
    #[arg(long, conflicts_with_all = ["yes", "wait"])]
    pub dry_run: bool,
    /// Don't ask.
    #[arg(long)]
    pub yes: bool,
    /// Watch it to the end; ends with 1 unless it is done and nothing failed again.
    #[arg(long)]
    pub wait: bool,
}
