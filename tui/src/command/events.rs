//! `tradepost events`: the stream as it comes.

use crate::cli;
use crate::client::Client;
use crate::conn::Lines;

pub async fn run(client: &Client, count: Option<usize>) -> anyhow::Result<()> {
    let mut response = client.events().await?;
    let mut lines = Lines::default();
    let mut left = count.unwrap_or(usize::MAX);
    while left > 0 {
        let Some(chunk) = response.chunk().await.map_err(|e| client.explain(&e))? else {
            return Ok(());
        };
        lines.push(&chunk)?;
        while let Some(line) = lines.pop().filter(|_| left > 0) {
            cli::print(&format!("{}\n", String::from_utf8_lossy(&line)))?;
            left -= 1;
        }
    }
    Ok(())
}
