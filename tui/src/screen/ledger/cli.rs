//! `tradepost ledger`: the proof, accounts, journal, export.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use tradepost_common::ledger::{AccountColumn, JournalOrder, LedgerView};
use tradepost_common::payments::PaymentsView;

use super::export::{Exporter, Format};
use super::trouble::TroubleRow;
use super::view;
use crate::cli::{self, Output, REFUSED, SearchArgs, Twin};
use crate::client::Client;
use crate::plain::{self, Styling};
use crate::query::Query;

/// The ledger: its proof, accounts, journal; as text of hledger or beancount.
#[derive(Debug, Args)]
pub struct LedgerArgs {
    #[command(subcommand)]
    part: Option<LedgerCommand>,
}

#[derive(Debug, Subcommand)]
enum LedgerCommand {
    /// Balances, in the order of opening.
    Accounts {
        #[command(flatten)]
        search: SearchArgs<AccountColumn>,
    },
    /// Transactions, newest first.
    Journal {
        /// Only transactions whose key, kind or account contains this text.
        #[arg(long, value_name = "TEXT")]
        text: Option<String>,
        /// Only transactions of which none of these contains this text.
        #[arg(long, value_name = "TEXT")]
        without: Option<String>,
        /// Maximum number of rows.
        #[arg(long, value_name = "N", default_value_t = 100)]
        limit: usize,
    },
    /// Prove the whole journal. Exit code 1 if the books are wrong.
    Prove,
    /// Write the whole journal to standard output, oldest first.
    Export {
        /// The program that reads it.
        #[arg(long, value_enum, default_value = "hledger")]
        format: Format,
    },
}

impl Twin for LedgerArgs {
    const NAME: &'static str = "ledger";

    async fn run(self, client: &Client, output: Output) -> anyhow::Result<ExitCode> {
        match self.part {
            None => {
                let (view, payments) = (client.ledger().await?, client.payments().await?);
                output.print(&view, |styling| in_text(&view, &payments, styling))?;
                return Ok(verdict(&view.differences()));
            }
            Some(LedgerCommand::Accounts { search }) => {
                let query = search.narrow(Query::default());
                let read = async |query| client.ledger_accounts(&query).await;
                let page = cli::collect(search.limit, query, read).await?;
                output.print_rows(&page, &page.rows)?;
            }
            Some(LedgerCommand::Journal { text, without, limit }) => {
                let query = Query::default().with("text", text).with("without", without);
                let page = cli::collect(limit, query, async |query| client.journal(&query).await).await?;
                output.print_rows(&page, &page.rows)?;
            }
            Some(LedgerCommand::Prove) => {
                let proof = client.prove_ledger().await?;
                output.print(&proof, |_| format!("{}\n", view::outcome(&proof)))?;
                return Ok(verdict(&proof.differences));
            }
            Some(LedgerCommand::Export { format }) => export(client, format).await?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn verdict<T>(differences: &[T]) -> ExitCode {
    match differences {
        [] => ExitCode::SUCCESS,
        _ => ExitCode::from(REFUSED),
    }
}

/// Page by page, so that a long journal takes no more memory than a short one.
async fn export(client: &Client, format: Format) -> anyhow::Result<()> {
    let mut exporter = Exporter::new(format);
    let mut cursor = None;
    loop {
        let query = Query::default()
            .with("order", Some(JournalOrder::Oldest))
            .with("limit", Some(tradepost_common::MAX_PAGE))
            .with("cursor", cursor.take());
        let page = client.journal(&query).await?;
        let text: String = page.rows.iter().map(|row| exporter.text(row)).collect();
        cli::print(&text)?;
        match page.next {
            Some(next) => cursor = Some(next),
            None => return Ok(()),
        }
    }
}

fn in_text(view: &LedgerView, payments: &PaymentsView, styling: Styling) -> String {
    let now = time::OffsetDateTime::now_utc();
    let mut out = String::new();
    for spans in view::lines(view, now) {
        let line: String = spans.iter().map(|(words, _)| words.as_str()).collect();
        out.push_str(&format!("{}\n", line.trim_end()));
    }
    let trouble = TroubleRow::all(view, payments);
    if !trouble.is_empty() {
        out.push_str("\nTROUBLE\n");
        out.push_str(&plain::print(&trouble, now, styling));
    }
    out
}
