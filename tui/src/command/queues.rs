//! `tradepost queues`.

use crate::args::QueueCommand;
use crate::cli::Output;
use crate::client::Client;

pub async fn run(client: &Client, act: Option<QueueCommand>, output: Output) -> anyhow::Result<()> {
    match act {
        None => {
            let queues = client.queues().await?;
            output.print_rows(&serde_json::json!({ "queues": queues }), &queues)
        }
        Some(QueueCommand::Pause { name }) => {
            let row = client.pause_queue(&name).await?;
            output.print(&row, |_| format!("{} is paused\n", row.name))
        }
        Some(QueueCommand::Resume { name }) => {
            let row = client.resume_queue(&name).await?;
            output.print(&row, |_| format!("{} is running\n", row.name))
        }
        Some(QueueCommand::Concurrency { name, handlers }) => {
            let row = client.set_concurrency(&name, handlers.0).await?;
            let configured = if row.concurrency_by.is_none() {
                ", as configured"
            } else {
                ""
            };
            output.print(&row, |_| {
                format!("{} runs {} handlers at once{configured}\n", row.name, row.concurrency)
            })
        }
    }
}
