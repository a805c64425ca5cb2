//! `tradepost machines`: the list, or drains or resumes one.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use tradepost_common::text::Text;

use super::act::{Duty, TurnOne};
use crate::cli::{Output, Twin};
use crate::client::Client;
use crate::shell::Request;

/// The daemons on this database: list, drain, resume.
#[derive(Debug, Args)]
pub struct MachinesArgs {
    #[command(subcommand)]
    act: Option<MachineCommand>,
}

#[derive(Debug, Subcommand)]
enum MachineCommand {
    /// Drain: load balancers hear 503, no message is received any more, leases go to other machines.
    Drain(TurnArgs),
    /// Let a drained machine work again.
    Resume(TurnArgs),
}

#[derive(Debug, Args)]
struct TurnArgs {
    /// Name of the machine.
    name: String,
    /// Goes into the audit log.
    #[arg(long, value_name = "TEXT", value_parser = Text::<200>::parse)]
    reason: Text<200>,
}

impl Twin for MachinesArgs {
    const NAME: &'static str = "machines";

    async fn run(self, client: &Client, output: Output) -> anyhow::Result<ExitCode> {
        let turn = match self.act {
            None => {
                let machines = client.machines().await?;
                output.print_rows(&machines, &machines)?;
                return Ok(ExitCode::SUCCESS);
            }
            Some(MachineCommand::Drain(args)) => TurnOne::new(&args.name, Duty::Drained, args.reason),
            Some(MachineCommand::Resume(args)) => TurnOne::new(&args.name, Duty::Serving, args.reason),
        };
        let machine = turn.send(client).await?;
        output.print(&machine, |_| format!("{}\n", turn.outcome()))?;
        Ok(ExitCode::SUCCESS)
    }
}
