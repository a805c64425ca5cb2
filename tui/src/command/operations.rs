//! `tradepost ops`: what operators started.

use serde::Serialize;
use tradepost_common::ids::OperationId;
use tradepost_common::operations::{Operation, OperationItem};

use crate::args::OpsCommand;
use crate::cli::{self, Output};
use crate::client::{Client, Turn};
use crate::plain::paint;
use crate::query::Query;
use crate::rows::operation::{in_text, pace_in_words, state};
use crate::text;

pub async fn run(client: &Client, act: Option<OpsCommand>, output: Output) -> anyhow::Result<()> {
    match act.unwrap_or(OpsCommand::Ls { limit: 100 }) {
        OpsCommand::Ls { limit } => {
            let page = cli::collect(limit, Query::default(), async |query| client.operations(&query).await).await?;
            output.print_rows(&page, &page.rows)
        }
        OpsCommand::Show { id } => {
            let operation = client.operation(id).await?;
            output.print(&operation, |styling| in_text(&operation, styling))
        }
        OpsCommand::Items { id, only, limit } => {
            let query = Query::default().with("state", only.map(|s| s.as_str()));
            let page = cli::collect(limit, query, async |query| client.operation_items(id, &query).await).await?;
            output.print_rows(&page, &page.rows)
        }
        OpsCommand::Pause { id } => turn(client, id, Turn::Pause, output).await,
        OpsCommand::Resume { id } => turn(client, id, Turn::Resume, output).await,
        OpsCommand::Cancel { id } => turn(client, id, Turn::Cancel, output).await,
        OpsCommand::Rate { id, rate } => {
            let operation = client.set_rate(id, rate).await?;
            output.print(&operation, |_| format!("{}\n", pace_in_words(&operation)))
        }
    }
}

async fn turn(client: &Client, id: OperationId, turn: Turn, output: Output) -> anyhow::Result<()> {
    let operation = client.turn_operation(id, turn).await?;
    output.print(&operation, |styling| {
        let shown = state(operation.state);
        format!(
            "{} of {} is {}\n",
            operation.kind.as_str(),
            text::clean(&operation.what),
            paint(&shown.text, shown.tone, styling)
        )
    })
}

/// A plan that was only looked at: the operation, and every message that it leaves out.
#[derive(Serialize)]
pub struct DryRun {
    pub operation: Operation,
    pub left_out: Vec<OperationItem>,
}
