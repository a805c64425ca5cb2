//! `tradepost payouts`: what contributors are paid.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use tradepost_common::ids::{PayoutBatchId, PayoutId};
use tradepost_common::money::money;
use tradepost_common::payouts::{NewPayouts, PayoutBatch, PayoutBatchView, PayoutFormat, SettlePayouts};

use crate::cli::{self, Output, Twin};
use crate::client::{Client, new_credit_key};
use crate::format;
use crate::screen::orders::parse_amount;
use crate::text;

/// Batches of payouts, newest first; request one, write its file for the bank, note what the bank has done.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct PayoutsArgs {
    #[command(subcommand)]
    act: Option<PayoutCommand>,
    /// Id of a batch: its payouts.
    id: Option<PayoutBatchId>,
}

#[derive(Debug, Subcommand)]
enum PayoutCommand {
    /// Hold what contributors with a bank account earned, to be paid.
    Request {
        /// ISO 4217, as EUR.
        currency: String,
        /// Contributors who earned less wait; as 12.34.
        minimum: String,
        /// A second request with this key changes nothing. Default: a new key.
        #[arg(long)]
        key: Option<String>,
    },
    /// Write the file for the bank to standard output.
    File {
        /// Id of the batch.
        id: PayoutBatchId,
        /// `pain` (ISO 20022) or `csv`.
        #[arg(long, default_value = "pain")]
        format: PayoutFormat,
    },
    /// Note that the bank has the file.
    Sent {
        /// Id of the batch.
        id: PayoutBatchId,
    },
    /// Note that the bank has paid all of a batch, or one payout.
    Paid {
        /// Id of the batch.
        id: PayoutBatchId,
        /// Only this payout.
        #[arg(long, value_name = "ID")]
        only: Option<PayoutId>,
    },
    /// Note that the bank has not paid a payout: the contributor has the money again.
    Failed {
        /// Id of the batch.
        id: PayoutBatchId,
        /// Id of the payout.
        payout: PayoutId,
        /// The contributor reads it.
        #[arg(long)]
        reason: String,
    },
}

impl Twin for PayoutsArgs {
    const NAME: &'static str = "payouts";

    async fn run(self, client: &Client, output: Output) -> anyhow::Result<ExitCode> {
        let view = match (self.act, self.id) {
            (None, None) => {
                let batches = client.payouts().await?;
                output.print(&batches, |_| batches.iter().map(batch_line).collect())?;
                return Ok(ExitCode::SUCCESS);
            }
            (None, Some(id)) => client.payout_batch(id).await?,
            (Some(PayoutCommand::File { id, format }), _) => {
                cli::print(&client.payout_file(id, format).await?.text)?;
                return Ok(ExitCode::SUCCESS);
            }
            (Some(act), _) => act.run(client).await?,
        };
        output.print(&view, |_| in_text(&view))?;
        Ok(ExitCode::SUCCESS)
    }
}

impl PayoutCommand {
    async fn run(self, client: &Client) -> anyhow::Result<PayoutBatchView> {
        let settled = |payout, failed| SettlePayouts { payout, failed };
        Ok(match self {
            Self::Request { currency, minimum, key } => {
                let new = NewPayouts {
                    minimum_minor: parse_amount(&minimum, &currency).map_err(anyhow::Error::msg)?,
                    currency,
                    key: key.unwrap_or_else(new_credit_key),
                };
                client.request_payouts(&new).await?
            }
            Self::Sent { id } => client.send_payouts(id).await?,
            Self::Paid { id, only } => client.settle_payouts(id, &settled(only, None)).await?,
            Self::Failed { id, payout, reason } => {
                client.settle_payouts(id, &settled(Some(payout), Some(reason))).await?
            }
            Self::File { id, .. } => client.payout_batch(id).await?,
        })
    }
}

fn batch_line(batch: &PayoutBatch) -> String {
    let state = match (batch.sent_at, batch.open) {
        (_, 0) => "settled",
        (Some(_), _) => "sent",
        (None, _) => "requested",
    };
    format!(
        "{}  {state:<9}  {:>14}  {}, {} open, {} failed  {} UTC by {}\n",
        batch.id,
        money(batch.total_minor, &batch.currency),
        format::plural(batch.payouts, "payout", "payouts"),
        batch.open,
        batch.failed,
        format::stamp(batch.requested_at),
        text::clean(&batch.requested_by)
    )
}

fn in_text(view: &PayoutBatchView) -> String {
    let mut out = batch_line(&view.batch);
    for row in &view.rows {
        let note = row.note.as_deref().map(|note| format!(": {note}")).unwrap_or_default();
        let words = format!(
            "{}  {:<9}  {:>14}  {} to {} {}{note}",
            row.id,
            row.state,
            money(row.amount_minor, &view.batch.currency),
            row.account,
            row.holder,
            row.iban
        );
        out.push_str(&format!("{}\n", text::clean(&words)));
    }
    out
}
