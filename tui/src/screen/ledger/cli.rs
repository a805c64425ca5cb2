//! `tradepost ledger`: the proof, accounts, journal, export, rates of tax.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use tradepost_common::ledger::{AccountColumn, JournalOrder, LedgerView};
use tradepost_common::payments::PaymentsView;
use tradepost_common::sales::{NewTaxRate, TaxRate};

use super::export::{Exporter, Format};
use super::trouble::TroubleRow;
use super::view;
use crate::cli::{self, Output, REFUSED, SearchArgs, Twin};
use crate::client::Client;
use crate::plain::{self, Styling};
use crate::query::Query;
use crate::text;

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
    /// Rates of tax by country and day; with a country and a rate, sets one.
    Tax {
        /// ISO 3166-1, as DE.
        #[arg(requires = "percent")]
        country: Option<String>,
        /// Percent of the price without tax, as 19 or 5.5.
        percent: Option<String>,
        /// The first day, as 2027-01-31; today by default.
        #[arg(long, value_name = "DAY")]
        from: Option<String>,
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
            Some(LedgerCommand::Tax {
                country: Some(country),
                percent: Some(percent),
                from: valid_from,
            }) => {
                let basis_points = parse_percent(&percent).map_err(anyhow::Error::msg)?;
                let rate = NewTaxRate {
                    country,
                    valid_from,
                    basis_points,
                };
                let set = client.set_tax_rate(&rate).await?;
                output.print(&set, |_| tax_line(&set))?;
            }
            Some(LedgerCommand::Tax { .. }) => {
                let rates = client.tax_rates().await?;
                output.print(&rates, |_| rates.iter().map(tax_line).collect())?;
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

fn tax_line(rate: &TaxRate) -> String {
    let (whole, part) = (rate.basis_points / 100, rate.basis_points % 100);
    format!(
        "{}  {whole:>3}.{part:02} %  from {}  by {}\n",
        rate.country,
        rate.valid_from,
        text::clean(&rate.set_by)
    )
}

/// Basis points of `19`, `5.5` or `5.25` percent.
fn parse_percent(typed: &str) -> Result<i32, String> {
    let (whole, part) = typed.split_once('.').unwrap_or((typed, ""));
    let is_number = !whole.is_empty() && (whole.to_owned() + part).bytes().all(|byte| byte.is_ascii_digit());
    match format!("{whole}{part:0<2}").parse() {
        Ok(basis_points @ 0..=10_000) if is_number && part.len() <= 2 => Ok(basis_points),
        _ => Err(format!("{typed} is no rate: give percent from 0 to 100, as 19 or 5.5")),
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
    for spans in view::lines(view, &payments.balances, now) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percents_are_read_to_the_hundredth() {
        for (typed, basis_points) in [("19", 1_900), ("5.5", 550), ("0.25", 25), ("0", 0), ("100", 10_000)] {
            assert_eq!(parse_percent(typed), Ok(basis_points), "{typed}");
        }
        for wrong in ["", "-1", "100.01", "1.234", "1,5", ".5", "x"] {
            assert!(parse_percent(wrong).is_err(), "{wrong}");
        }
    }
}
