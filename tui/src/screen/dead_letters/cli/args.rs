//! Arguments of `tradepost dead`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use tradepost_common::ids::{MessageId, UploadId};
use tradepost_common::operations::Pace;

use crate::cli::IdArg;

#[derive(Debug, Subcommand)]
pub enum DeadCommand {
    /// Groups with the same error, the largest first.
    Groups {
        /// Only those of this queue.
        #[arg(long, value_name = "NAME")]
        queue: Option<String>,
        /// Only those whose file name or error contains this text.
        #[arg(long)]
        text: Option<String>,
    },
    /// Dead letters, newest first.
    Ls(DeadList),
    /// One dead letter: payload, attempts, upload.
    Show {
        /// Id of the message, or its first digits.
        id: IdArg<MessageId>,
    },
    /// Redrive: plans, shows the plan, asks, starts.
    Redrive {
        #[command(flatten)]
        which: SelectionArgs,
        #[command(flatten)]
        pace: PaceArgs,
        #[command(flatten)]
        options: RunOptions,
    },
    /// Edit the payload of one and redrive it; in an editor without --file or --set.
    Edit(EditArgs),
    /// Discard, with a reason that the contributors read.
    Discard(DiscardArgs),
    /// Discard and delete the payloads.
    Purge(DiscardArgs),
}

#[derive(Debug, Args)]
pub struct EditArgs {
    /// Id of the message, or its first digits.
    pub id: IdArg<MessageId>,
    /// File with the whole payload; `-` reads standard input.
    #[arg(long, value_name = "FILE", conflicts_with = "set")]
    pub file: Option<PathBuf>,
    /// One field: its name, or a JSON pointer such as /files/0/path. Repeatable.
    #[arg(long, value_name = "KEY=JSON")]
    pub set: Vec<String>,
    /// Do not ask for confirmation.
    #[arg(long)]
    pub yes: bool,
}

#[derive(Debug, Args)]
pub struct DiscardArgs {
    #[command(flatten)]
    pub which: SelectionArgs,
    /// The text that contributors read.
    #[arg(long)]
    pub reason: String,
    /// Maximum rate in messages per second, 1 to 100,000.
    #[arg(long, value_name = "N", default_value_t = Pace::default().rate_per_second)]
    pub rate: u32,
    #[command(flatten)]
    pub options: RunOptions,
}

#[derive(Debug, Args)]
pub struct DeadList {
    /// Only those of this queue.
    #[arg(long, value_name = "NAME")]
    pub queue: Option<String>,
    /// Only those of the group with this fingerprint.
    #[arg(long, value_name = "FINGERPRINT")]
    pub group: Option<String>,
    /// Only those whose file name or error contains this text.
    #[arg(long)]
    pub text: Option<String>,
    /// Only those of this upload: its id, or the first digits.
    #[arg(long, value_name = "ID")]
    pub upload: Option<IdArg<UploadId>>,
    /// Only those that were redriven and failed again.
    #[arg(long)]
    pub redriven: bool,
    /// Maximum number of rows.
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub limit: usize,
}

/// Selects dead letters that match all of these.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub struct SelectionArgs {
    /// Ids of the messages, or their first digits.
    #[arg(value_name = "ID", conflicts_with_all = ["group", "queue", "text", "all"])]
    pub ids: Vec<IdArg<MessageId>>,
    /// Those of the group with this fingerprint.
    #[arg(long, value_name = "FINGERPRINT")]
    pub group: Option<String>,
    /// Only those of this queue.
    #[arg(long, value_name = "NAME")]
    pub queue: Option<String>,
    /// Those whose file name or error contains this text.
    #[arg(long)]
    pub text: Option<String>,
    /// All dead letters.
    #[arg(long, conflicts_with_all = ["group", "queue", "text"])]
    pub all: bool,
}

/// Rate and caution.
#[derive(Debug, Clone, Copy, Args)]
pub struct PaceArgs {
    /// Maximum rate in messages per second, 1 to 100,000.
    #[arg(long, value_name = "N", default_value_t = Pace::default().rate_per_second)]
    rate: u32,
    /// Number of messages of the canary, sent first and watched; 0: none.
    #[arg(long, value_name = "N", default_value_t = Pace::default().canary)]
    canary: u32,
    /// Stop when more than this percentage of the outcomes are failures; 100: never.
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
pub struct RunOptions {
    /// Print the plan, with the reason for each skipped message, and change nothing.
    #[arg(long, conflicts_with_all = ["yes", "wait"])]
    pub dry_run: bool,
    /// Do not ask for confirmation.
    #[arg(long)]
    pub yes: bool,
    /// Wait for the end. Exits with 1 unless it is done and nothing failed again.
    #[arg(long)]
    pub wait: bool,
}
