//! `tradepost cases`, `approve` and `reject`.

mod args;
mod bulk;
mod cases;

use std::process::ExitCode;

use clap::Args;
use tradepost_common::ids::CaseId;

use crate::cli::{IdArg, Output, Subcommand, Twin};
use crate::client::Client;
use args::{CaseList, CasesCommand, Why};

pub fn subcommands() -> Vec<Subcommand> {
    vec![
        Subcommand::new::<CasesArgs>(),
        Subcommand::new::<ApproveArgs>(),
        Subcommand::new::<RejectArgs>(),
    ]
}

/// Review: list cases, show one, decide, ask, undo.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
struct CasesArgs {
    /// Id of a case, or its first digits.
    id: Option<IdArg<CaseId>>,
    #[command(flatten)]
    list: CaseList,
    #[command(subcommand)]
    act: Option<CasesCommand>,
}

impl Twin for CasesArgs {
    const NAME: &'static str = "cases";

    async fn run(self, client: &Client, output: Output) -> anyhow::Result<ExitCode> {
        match (self.act, self.id) {
            (Some(act), _) => return cases::run(client, act, output).await,
            (None, Some(id)) => cases::show(client, id.resolve(client).await?, output).await?,
            (None, None) => cases::list(client, self.list, output).await?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Publish the files of a case, except blocked ones and those named.
#[derive(Debug, Args)]
struct ApproveArgs {
    /// Id of the case, or its first digits.
    case: IdArg<CaseId>,
    /// File to leave out: its path in the pack or its item id. Repeatable.
    #[arg(long, value_name = "PATH|ITEM")]
    except: Vec<String>,
    #[command(flatten)]
    why: Why,
}

impl Twin for ApproveArgs {
    const NAME: &'static str = "approve";

    async fn run(self, client: &Client, output: Output) -> anyhow::Result<ExitCode> {
        cases::approve(client, self.case.resolve(client).await?, &self.except, self.why, output).await?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Reject a case: nothing of the pack is published.
#[derive(Debug, Args)]
struct RejectArgs {
    /// Id of the case, or its first digits.
    case: IdArg<CaseId>,
    #[command(flatten)]
    why: Why,
}

impl Twin for RejectArgs {
    const NAME: &'static str = "reject";

    async fn run(self, client: &Client, output: Output) -> anyhow::Result<ExitCode> {
        cases::reject(client, self.case.resolve(client).await?, self.why, output).await?;
        Ok(ExitCode::SUCCESS)
    }
}
