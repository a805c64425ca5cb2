//! `tradepost events`: the stream as it comes.

use std::process::ExitCode;

use clap::Args;

use crate::cli::{self, Output, Twin};
use crate::client::Client;
use crate::conn::Lines;

/// The event stream as NDJSON: a snapshot, then what changes.
#[derive(Debug, Args)]
pub struct EventsArgs {
    /// Stop after that many lines.
    #[arg(long)]
    count: Option<usize>,
}

impl Twin for EventsArgs {
    const NAME: &'static str = "events";

    async fn run(self, client: &Client, _output: Output) -> anyhow::Result<ExitCode> {
        let mut response = client.events().await?;
        let mut lines = Lines::default();
        let mut left = self.count.unwrap_or(usize::MAX);
        while left > 0 {
            let Some(chunk) = response.chunk().await.map_err(|e| client.explain(&e))? else {
                break;
            };
            lines.push(&chunk)?;
            while let Some(line) = lines.pop().filter(|_| left > 0) {
                cli::print(&format!("{}\n", String::from_utf8_lossy(&line)))?;
                left -= 1;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
