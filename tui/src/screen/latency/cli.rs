//! `tradepost latency`.

use std::process::ExitCode;

use clap::Args;
use time::OffsetDateTime;

use crate::cli::{Output, Twin};
use crate::client::Client;
use crate::plain;

/// Latencies: routes, stages, queues, the database pool.
#[derive(Debug, Args)]
pub struct LatencyArgs {}

impl Twin for LatencyArgs {
    const NAME: &'static str = "latency";

    async fn run(self, client: &Client, output: Output) -> anyhow::Result<ExitCode> {
        let latency = client.latency().await?;
        output.print(&serde_json::json!({ "latency": latency }), |styling| {
            let table = plain::print(&latency, OffsetDateTime::now_utc(), styling);
            format!("milliseconds; 60s: the last minute, all: since the daemon started\n{table}")
        })?;
        Ok(ExitCode::SUCCESS)
    }
}
