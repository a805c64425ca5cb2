//! `tradepost orders`: the list, the story of one, a refund; `tradepost orders credit`.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use tradepost_common::ids::OrderId;
use tradepost_common::ledger::Credit;
use tradepost_common::money::money;
use tradepost_common::orders::{OrderColumn, OrderStory, Refund};

use super::acts::parse_amount;
use super::event::EventRow;
use super::view;
use crate::cli::{self, IdArg, NOT_CONFIRMED, Output, SearchArgs, Twin, confirm};
use crate::client::{Client, new_credit_key};
use crate::format::plural;
use crate::plain::{self, Styling};
use crate::query::Query;
use crate::text;

/// Orders, newest first; the story of one; refunds and store credit.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct OrdersArgs {
    #[command(subcommand)]
    act: Option<OrderCommand>,
    /// Id of an order, or its first digits.
    id: Option<IdArg<OrderId>>,
    /// Only orders in this state: `placed`, `paid`, `failed`, `refunded` …
    #[arg(long, value_name = "STATE")]
    only: Option<String>,
    /// Only orders of this account.
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    #[command(flatten)]
    search: SearchArgs<OrderColumn>,
}

#[derive(Debug, Subcommand)]
enum OrderCommand {
    /// Refund a paid order.
    Refund {
        /// Id of the order, or its first digits.
        id: IdArg<OrderId>,
        /// The buyer reads it.
        #[arg(long)]
        reason: String,
        /// A part of it, as 12.34; all of it by default.
        #[arg(long)]
        amount: Option<String>,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
    /// Mail the receipt again.
    Receipt {
        /// Id of the order, or its first digits.
        id: IdArg<OrderId>,
    },
    /// Let what an order bought be downloaded anew, whatever its limit.
    ResetDownloads {
        /// Id of the order, or its first digits.
        id: IdArg<OrderId>,
    },
    /// Give an account store credit.
    Credit {
        /// Name of the account.
        account: String,
        /// As 12.34.
        amount: String,
        /// ISO 4217, as EUR.
        currency: String,
        /// Recorded in the audit log.
        #[arg(long)]
        reason: String,
        /// A second credit with this key changes nothing. Default: a new key.
        #[arg(long)]
        key: Option<String>,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
}

impl Twin for OrdersArgs {
    const NAME: &'static str = "orders";

    async fn run(self, client: &Client, output: Output) -> anyhow::Result<ExitCode> {
        if let Some(act) = self.act {
            return act.run(client, output).await;
        }
        if let Some(id) = self.id {
            let story = client.order_story(id.resolve(client).await?).await?;
            output.print(&story, |styling| in_text(&story, styling))?;
        } else {
            let query = Query::default().with("state", self.only).with("account", self.account);
            let query = self.search.narrow(query);
            let page = cli::collect(self.search.limit, query, async |query| client.orders(&query).await).await?;
            output.print_rows(&page, &page.rows)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl OrderCommand {
    async fn run(self, client: &Client, output: Output) -> anyhow::Result<ExitCode> {
        match self {
            Self::Refund {
                id,
                reason,
                amount,
                yes,
            } => {
                let id = id.resolve(client).await?;
                let order = client.order_story(id).await?.view.order;
                let parsed = amount.map(|amount| parse_amount(&amount, &order.currency)).transpose();
                let amount_minor = parsed.map_err(anyhow::Error::msg)?;
                let left = order.total_minor - order.refunded_minor;
                let total = money(amount_minor.unwrap_or(left), &order.currency);
                let question = format!("Refund {total} to {}? Type yes:", text::clean(&order.account));
                if !yes && !is_confirmed(&question).await? {
                    return Ok(ExitCode::from(NOT_CONFIRMED));
                }
                let refunded = client.refund(id, &Refund { reason, amount_minor }).await?;
                output.print(&refunded, |_| {
                    let order = &refunded.order;
                    format!("the order of {} is {}\n", order.account, order.state)
                })?;
            }
            Self::Receipt { id } => {
                let order = client.mail_receipt(id.resolve(client).await?).await?.order;
                output.print(&order, |_| format!("the receipt of {} is on its way\n", order.account))?;
            }
            Self::ResetDownloads { id } => {
                let reset = client.reset_downloads(id.resolve(client).await?).await?;
                output.print(&reset, |_| {
                    let products = plural(reset.purchases, "product", "products");
                    format!("{products} can be downloaded anew\n")
                })?;
            }
            Self::Credit {
                account,
                amount,
                currency,
                reason,
                key,
                yes,
            } => {
                let amount_minor = parse_amount(&amount, &currency).map_err(anyhow::Error::msg)?;
                let question = format!("Give {account} {}? Type yes:", money(amount_minor, &currency));
                if !yes && !is_confirmed(&question).await? {
                    return Ok(ExitCode::from(NOT_CONFIRMED));
                }
                let credit = Credit {
                    amount_minor,
                    currency,
                    reason,
                    key: key.unwrap_or_else(new_credit_key),
                };
                let balance = client.credit(&account, &credit).await?;
                output.print(&balance, |_| {
                    format!("{account} has {}\n", money(balance.balance_minor, &balance.currency))
                })?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Without a terminal nobody can be asked, and nothing is done.
async fn is_confirmed(question: &str) -> anyhow::Result<bool> {
    if confirm::can_ask() {
        return confirm::ask(question, "yes").await;
    }
    eprintln!("{question} nobody can be asked: add --yes");
    Ok(false)
}

fn in_text(story: &OrderStory, styling: Styling) -> String {
    let order = &story.view.order;
    let facts = view::facts(order).into_iter();
    let mut out: String = facts
        .map(|(name, value)| format!("{name:<10}{}\n", text::clean(&value)))
        .collect();
    out.push_str("\nPRODUCTS\n");
    for line in &story.view.lines {
        let price = money(line.price_minor, &order.currency);
        let words = format!("{price:>12}  {} by {}, {}", line.name, line.contributor, line.licence);
        out.push_str(&format!("{}\n", text::clean(&words)));
    }
    out.push_str("\nEVENTS\n");
    out.push_str(&plain::print(
        &EventRow::all(&story.events),
        time::OffsetDateTime::now_utc(),
        styling,
    ));
    out
}
