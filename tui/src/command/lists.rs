//! `tradepost latency`.

use crate::cli::Output;
use crate::client::Client;
use crate::plain;

pub async fn latency(client: &Client, output: Output) -> anyhow::Result<()> {
    let latency = client.latency().await?;
    let now = time::OffsetDateTime::now_utc();
    output.print(&serde_json::json!({ "latency": latency }), |styling| {
        let table = plain::print(&latency, now, styling);
        format!("milliseconds; 60s: the last minute, all: since the daemon started\n{table}")
    })
}
