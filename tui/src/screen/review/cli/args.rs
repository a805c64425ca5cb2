//! `tradepost cases`.

use clap::{Args, Subcommand};
use tradepost_common::ids::CaseId;
use tradepost_common::review::{CaseColumn, REASONS};
use uuid::Uuid;

use crate::cli::{IdArg, SearchArgs};

#[derive(Debug, Subcommand)]
pub enum CasesCommand {
    /// Cases, most severe first, then oldest.
    Ls(CaseList),
    /// One case: record, letters, findings, look-alikes, files.
    Show {
        /// Id of the case, or its first digits.
        id: IdArg<CaseId>,
    },
    /// Claim the first unclaimed case that you did not skip.
    Next,
    /// Publish the files of a case, except blocked ones and those named.
    Approve {
        /// Id of the case, or its first digits.
        case: IdArg<CaseId>,
        /// File to leave out: its path in the pack or its item id. Repeatable.
        #[arg(long, value_name = "PATH|ITEM")]
        except: Vec<String>,
        #[command(flatten)]
        why: Why,
    },
    /// Reject a case: nothing of the pack is published.
    Reject {
        /// Id of the case, or its first digits.
        case: IdArg<CaseId>,
        #[command(flatten)]
        why: Why,
    },
    /// Skip a case for an hour.
    Skip {
        /// Id of the case, or its first digits.
        case: IdArg<CaseId>,
    },
    /// Ask the contributor; the case waits for the answer.
    Ask {
        /// Id of the case, or its first digits.
        case: IdArg<CaseId>,
        /// Text for the contributor.
        question: String,
    },
    /// Reject a case and ban its contributor.
    Ban(BanArgs),
    /// Lift the ban of an account.
    Unban {
        /// Name of the account.
        account: String,
    },
    /// Undo the decision on a case, within ten minutes.
    Undo {
        /// Id of the case, or its first digits.
        case: IdArg<CaseId>,
    },
    /// Decide many cases: plans, shows the plan, asks, decides.
    Bulk {
        #[command(subcommand)]
        act: BulkCommand,
    },
    /// The text of a file, around a line.
    Source {
        /// Id of the case, or its first digits.
        case: IdArg<CaseId>,
        /// Path of the file in the pack, or its item id.
        #[arg(value_name = "PATH|ITEM")]
        file: String,
        /// The line in the middle.
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(i32).range(1..))]
        line: i32,
        /// The column in the middle, of a long line.
        #[arg(long, value_parser = clap::value_parser!(i32).range(1..))]
        column: Option<i32>,
        /// Number of lines.
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(i32).range(1..=500))]
        lines: i32,
    },
}

#[derive(Debug, Args)]
pub struct BanArgs {
    /// Id of the case, or its first digits.
    pub case: IdArg<CaseId>,
    #[command(flatten)]
    pub why: Why,
    /// Reject every other open case of the contributor too.
    #[arg(long)]
    pub reject_open: bool,
    /// Do not ask for confirmation.
    #[arg(long)]
    pub yes: bool,
}

/// The cases that are listed.
#[derive(Debug, Args)]
pub struct CaseList {
    /// `open`, `waiting` (for the contributor's answer) or `decided`.
    #[arg(long, default_value = "open", value_parser = ["open", "waiting", "decided"], value_name = "STATE")]
    pub only: String,
    /// Only cases of this look-alike group.
    #[arg(long, value_name = "ID")]
    pub cluster: Option<Uuid>,
    /// Only those of this account.
    #[arg(long, value_name = "NAME")]
    pub contributor: Option<String>,
    #[command(flatten)]
    pub search: SearchArgs<CaseColumn>,
}

/// The text that the contributor reads: a template, words of one's own, or both.
#[derive(Debug, Args)]
pub struct Why {
    /// A reason with its text: malware, active-content, copy, licence, quality, misleading, offensive, duplicate, broken.
    #[arg(long, value_name = "ID", value_parser = template)]
    pub template: Option<String>,
    /// Text for the contributor, after the text of the template.
    #[arg(long)]
    pub reason: Option<String>,
}

fn template(text: &str) -> Result<String, String> {
    if REASONS.iter().any(|reason| reason.id == text) {
        return Ok(text.to_owned());
    }
    let ids: Vec<&str> = REASONS.iter().map(|reason| reason.id).collect();
    Err(format!("must be one of {}", ids.join(", ")))
}

#[derive(Debug, Subcommand)]
pub enum BulkCommand {
    /// Approve every case, without blocked files.
    Approve(BulkArgs),
    /// Reject every case.
    Reject {
        #[command(flatten)]
        which: BulkArgs,
        #[command(flatten)]
        why: Why,
    },
}

/// The cases of a bulk decision, and how it is confirmed.
#[derive(Debug, Args)]
pub struct BulkArgs {
    /// The ids of the cases, or their first digits; at most 1,000.
    #[arg(value_name = "CASE", required_unless_present_any = ["cluster", "contributor"])]
    pub cases: Vec<IdArg<CaseId>>,
    /// All open cases of this look-alike group.
    #[arg(long, value_name = "ID", conflicts_with_all = ["cases", "contributor"])]
    pub cluster: Option<Uuid>,
    /// All open cases of this account.
    #[arg(long, value_name = "NAME", conflicts_with = "cases")]
    pub contributor: Option<String>,
    /// Show the plan and decide nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask for confirmation.
    #[arg(long)]
    pub yes: bool,
}
