//! `tradepost alerts`: the list, or takes note of one.

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::cli::{Output, Twin};
use crate::client::Client;
use crate::rows::alert;

/// Alerts, the worst first; acknowledge one.
#[derive(Debug, Args)]
pub struct AlertsArgs {
    #[command(subcommand)]
    act: Option<AlertCommand>,
}

#[derive(Debug, Subcommand)]
enum AlertCommand {
    /// Acknowledge an alert: it stays until its condition clears.
    #[command(alias = "ack")]
    Acknowledge {
        /// Code of the alert: `scanner-down`.
        code: String,
    },
}

impl Twin for AlertsArgs {
    const NAME: &'static str = "alerts";

    async fn run(self, client: &Client, output: Output) -> anyhow::Result<ExitCode> {
        match self.act {
            Some(AlertCommand::Acknowledge { code }) => {
                let alert = client.acknowledge(&code).await?;
                let by = alert.acknowledged_by.as_deref().unwrap_or("nobody");
                output.print(&alert, |_| {
                    format!("{code} is acknowledged by {by}; it stays until its condition clears\n")
                })?;
            }
            None => {
                let alerts = alert::sorted(&client.alerts().await?);
                output.print_rows(&serde_json::json!({ "alerts": alerts }), &alerts)?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
