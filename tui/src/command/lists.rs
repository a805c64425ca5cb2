//! `tradepost latency` and `audit`, and how pages are put together.

use serde::Serialize;
use tradepost_common::{MAX_PAGE, Page};

use super::Output;
use crate::client::{Client, Reply};
use crate::plain;
use crate::query::Query;

pub async fn latency(client: &Client, output: Output) -> anyhow::Result<()> {
    let latency = client.latency().await?;
    let now = time::OffsetDateTime::now_utc();
    output.print(&serde_json::json!({ "latency": latency }), |ink| {
        let table = plain::print(&latency, now, ink);
        format!("milliseconds; 60s: the last minute, all: since the daemon started\n{table}")
    })
}

pub async fn audit(client: &Client, limit: usize, output: Output) -> anyhow::Result<()> {
    let page = collect(limit, Query::default(), async |query| client.audit(&query).await).await?;
    output.print_rows(&page, &page.rows)
}

/// As many rows as asked for, page by page, and the cursor of what follows.
pub async fn collect<T: Serialize>(
    limit: usize,
    query: Query,
    read: impl AsyncFn(Query) -> Reply<Page<T>>,
) -> Reply<Page<T>> {
    let mut all = Page {
        rows: Vec::new(),
        next: None,
    };
    loop {
        let wanted = (limit - all.rows.len()).min(MAX_PAGE as usize);
        let page = read(
            query
                .clone()
                .with("cursor", all.next.take())
                .with("limit", Some(wanted)),
        )
        .await?;
        let is_last = page.rows.is_empty() || page.next.is_none();
        all.rows.extend(page.rows);
        all.next = page.next;
        if is_last || all.rows.len() >= limit {
            return Ok(all);
        }
    }
}
