//! `tradepost ops`: what operators started.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use tradepost_common::ids::OperationId;
use tradepost_common::operations::{ItemState, OperationColumn};

use crate::cli::{self, IdArg, Output, SearchArgs, Twin};
use crate::client::{Client, MAX_RATE, Turn};
use crate::plain::paint;
use crate::query::Query;
use crate::rows::operation::{in_text, pace_in_words, state};
use crate::text;

/// Operations on dead letters.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct OpsArgs {
    #[command(subcommand)]
    act: Option<OpsCommand>,
    #[command(flatten)]
    search: SearchArgs<OperationColumn>,
}

#[derive(Debug, Subcommand)]
enum OpsCommand {
    /// Operations, newest first.
    Ls(SearchArgs<OperationColumn>),
    /// One operation: state, progress and skipped messages.
    Show {
        /// Id of the operation, or its first digits.
        id: IdArg<OperationId>,
    },
    /// The messages of one operation.
    Items {
        /// Id of the operation, or its first digits.
        id: IdArg<OperationId>,
        /// Only those in this state: `left_out`, `sent`, `done`, `failed` or `discarded`.
        #[arg(long, value_name = "STATE")]
        only: Option<ItemState>,
        /// Maximum number of rows.
        #[arg(long, value_name = "N", default_value_t = 100)]
        limit: usize,
    },
    /// Pause: nothing more is sent.
    Pause {
        /// Id of the operation, or its first digits.
        id: IdArg<OperationId>,
    },
    /// Resume after a pause or a stop.
    Resume {
        /// Id of the operation, or its first digits.
        id: IdArg<OperationId>,
    },
    /// Finished items stay finished.
    Cancel {
        /// Id of the operation, or its first digits.
        id: IdArg<OperationId>,
    },
    /// Change the rate, in messages per second.
    Rate {
        /// Id of the operation, or its first digits.
        id: IdArg<OperationId>,
        /// Messages per second, 1 to 100,000.
        #[arg(value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_RATE)))]
        rate: u32,
    },
}

impl Twin for OpsArgs {
    const NAME: &'static str = "ops";

    async fn run(self, client: &Client, output: Output) -> anyhow::Result<ExitCode> {
        match self.act.unwrap_or(OpsCommand::Ls(self.search)) {
            OpsCommand::Ls(search) => {
                let read = async |query| client.operations(&query).await;
                let page = cli::collect(search.limit, search.narrow(Query::default()), read).await?;
                output.print_rows(&page, &page.rows)?;
            }
            OpsCommand::Show { id } => {
                let operation = client.operation(id.resolve(client).await?).await?;
                output.print(&operation, |styling| in_text(&operation, styling))?;
            }
            OpsCommand::Items { id, only, limit } => {
                let id = id.resolve(client).await?;
                let query = Query::default().with("state", only.map(ItemState::as_str));
                let read = async |query| client.operation_items(id, &query).await;
                let page = cli::collect(limit, query, read).await?;
                output.print_rows(&page, &page.rows)?;
            }
            OpsCommand::Pause { id } => turn(client, id, Turn::Pause, output).await?,
            OpsCommand::Resume { id } => turn(client, id, Turn::Resume, output).await?,
            OpsCommand::Cancel { id } => turn(client, id, Turn::Cancel, output).await?,
            OpsCommand::Rate { id, rate } => {
                let operation = client.set_rate(id.resolve(client).await?, rate).await?;
                output.print(&operation, |_| format!("{}\n", pace_in_words(&operation)))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

async fn turn(client: &Client, id: IdArg<OperationId>, turn: Turn, output: Output) -> anyhow::Result<()> {
    let id = id.resolve(client).await?;
    let operation = client.turn_operation(id, turn).await?;
    output.print(&operation, |styling| {
        let (kind, what) = (operation.kind.as_str(), text::clean(&operation.what));
        let shown = state(operation.state);
        format!("{kind} of {what} is {}\n", paint(&shown.text, shown.tone, styling))
    })
}
