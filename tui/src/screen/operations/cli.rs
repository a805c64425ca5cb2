//! `tradepost ops`: what operators started.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use tradepost_common::ids::OperationId;
use tradepost_common::operations::ItemState;

use crate::cli::{self, Output, Twin};
use crate::client::{Client, MAX_RATE, Turn};
use crate::plain::paint;
use crate::query::Query;
use crate::rows::operation::{in_text, pace_in_words, state};
use crate::text;

/// Operations on dead letters.
#[derive(Debug, Args)]
pub struct OpsArgs {
    #[command(subcommand)]
    act: Option<OpsCommand>,
}

#[derive(Debug, Subcommand)]
enum OpsCommand {
    /// Operations, newest first.
    Ls {
        #[arg(long, default_value_t = 100)]
        limit: usize,
    },
    /// One operation: state, progress and skipped messages.
    Show {
        id: OperationId,
    },
    /// The messages of one operation.
    Items {
        id: OperationId,
        /// Only those in this state: `left_out`, `sent`, `done`, `failed` or `discarded`.
        #[arg(long, value_name = "STATE")]
        only: Option<ItemState>,
        #[arg(long, default_value_t = 100)]
        limit: usize,
    },
    Pause {
        id: OperationId,
    },
    /// Resume after a pause or a stop.
    Resume {
        id: OperationId,
    },
    /// Finished items stay finished.
    Cancel {
        id: OperationId,
    },
    /// Change the rate, in messages per second.
    Rate {
        id: OperationId,
        #[arg(value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_RATE)))]
        rate: u32,
    },
}

impl Twin for OpsArgs {
    const NAME: &'static str = "ops";

    async fn run(self, client: &Client, output: Output) -> anyhow::Result<ExitCode> {
        match self.act.unwrap_or(OpsCommand::Ls { limit: 100 }) {
            OpsCommand::Ls { limit } => {
                let read = async |query| client.operations(&query).await;
                let page = cli::collect(limit, Query::default(), read).await?;
                output.print_rows(&page, &page.rows)?;
            }
            OpsCommand::Show { id } => {
                let operation = client.operation(id).await?;
                output.print(&operation, |styling| in_text(&operation, styling))?;
            }
            OpsCommand::Items { id, only, limit } => {
                let query = Query::default().with("state", only.map(ItemState::as_str));
                let read = async |query| client.operation_items(id, &query).await;
                let page = cli::collect(limit, query, read).await?;
                output.print_rows(&page, &page.rows)?;
            }
            OpsCommand::Pause { id } => turn(client, id, Turn::Pause, output).await?,
            OpsCommand::Resume { id } => turn(client, id, Turn::Resume, output).await?,
            OpsCommand::Cancel { id } => turn(client, id, Turn::Cancel, output).await?,
            OpsCommand::Rate { id, rate } => {
                let operation = client.set_rate(id, rate).await?;
                output.print(&operation, |_| format!("{}\n", pace_in_words(&operation)))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

async fn turn(client: &Client, id: OperationId, turn: Turn, output: Output) -> anyhow::Result<()> {
    let operation = client.turn_operation(id, turn).await?;
    output.print(&operation, |styling| {
        let (kind, what) = (operation.kind.as_str(), text::clean(&operation.what));
        let shown = state(operation.state);
        format!("{kind} of {what} is {}\n", paint(&shown.text, shown.tone, styling))
    })
}
