//! Refunds and store credit.

use tradepost_common::ids::OrderId;
use tradepost_common::ledger::{AccountBalance, Credit};
use tradepost_common::money::{decimals, money};
use tradepost_common::orders::{OrderState, OrderView, Refund, ResetPurchases};
use tradepost_common::overview::Role;

use super::Orders;
use crate::client::{Client, Reply, new_credit_key};
use crate::format::plural;
use crate::input::parse_optional;
use crate::shell::{Confirm, Field, Fields, FormPrompt, Request, Shell};
use crate::theme::Tone;

const AMOUNT: &str = "amount_minor";
const REASON: &str = "reason";

#[derive(Debug, Clone, PartialEq)]
pub struct RefundOrder(pub OrderId, pub Refund);

impl Request for RefundOrder {
    type Owner = Orders;
    type Output = OrderView;

    async fn send(&self, client: &Client) -> Reply<OrderView> {
        client.refund(self.0, &self.1).await
    }

    fn answered(self, orders: &mut Orders, reply: Reply<OrderView>, cx: &mut Shell) {
        match reply {
            Ok(OrderView { order, .. }) => {
                let total = money(order.refunded_minor, &order.currency);
                cx.say(
                    Tone::Good,
                    format!(
                        "The order of {} is {}: {total} of it went back",
                        order.account, order.state
                    ),
                );
                orders.paged.list.update(order, cx.clock.utc);
                orders.changed();
            }
            Err(e) => cx.say(Tone::Bad, format!("Not refunded: {e}")),
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct MailReceipt(pub OrderId);

impl Request for MailReceipt {
    type Owner = Orders;
    type Output = OrderView;

    async fn send(&self, client: &Client) -> Reply<OrderView> {
        client.mail_receipt(self.0).await
    }

    fn answered(self, orders: &mut Orders, reply: Reply<OrderView>, cx: &mut Shell) {
        match reply {
            Ok(_) => {
                cx.say(Tone::Good, "The receipt is on its way again");
                orders.changed();
            }
            Err(e) => cx.say(Tone::Bad, format!("No receipt sent: {e}")),
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct ResetDownloads(pub OrderId);

impl Request for ResetDownloads {
    type Owner = Orders;
    type Output = ResetPurchases;

    async fn send(&self, client: &Client) -> Reply<ResetPurchases> {
        client.reset_downloads(self.0).await
    }

    fn answered(self, orders: &mut Orders, reply: Reply<ResetPurchases>, cx: &mut Shell) {
        match reply {
            Ok(reset) => {
                let products = plural(reset.purchases, "product", "products");
                cx.say(Tone::Good, format!("{products} can be downloaded anew"));
                orders.changed();
            }
            Err(e) => cx.say(Tone::Bad, format!("Not reset: {e}")),
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct GiveCredit(pub String, pub Credit);

impl Request for GiveCredit {
    type Owner = Orders;
    type Output = AccountBalance;

    async fn send(&self, client: &Client) -> Reply<AccountBalance> {
        client.credit(&self.0, &self.1).await
    }

    fn answered(self, orders: &mut Orders, reply: Reply<AccountBalance>, cx: &mut Shell) {
        match reply {
            Ok(balance) => {
                let total = money(balance.balance_minor, &balance.currency);
                cx.say(Tone::Good, format!("{} has {total} of store credit", self.0));
                orders.changed();
            }
            Err(e) => cx.say(Tone::Bad, format!("No credit given: {e}")),
        }
    }
}

impl Orders {
    pub fn ask_refund(&mut self, cx: &mut Shell) {
        let Some(order) = self.target(cx) else {
            return cx.say(Tone::Dim, "No order");
        };
        if order.state != OrderState::Paid {
            let words = format!("The order is {}: only a paid one can be refunded", order.state);
            return cx.say(Tone::Warn, words);
        }
        let (id, account) = (order.id, order.account.clone());
        let currency = order.currency.clone();
        let total = money(order.total_minor - order.refunded_minor, &currency);
        let note = format!("{currency}, of {total}");
        if !cx.may_write(Role::Operator) {
            return cx.refuse_typing();
        }
        let submit = move |_: &mut Self, fields: &mut Fields, cx: &mut Shell| {
            let amount = fields.read(AMOUNT, |typed| {
                parse_optional(typed, |typed| parse_amount(typed, &currency))
            });
            let reason = fields.read(REASON, parse_reason);
            let (amount_minor, reason) = (amount?, reason?);
            let question = match amount_minor {
                None => format!("Refund {total} to {account}? What was bought can no longer be downloaded."),
                Some(minor) => format!("Refund {} of {total} to {account}?", money(minor, &currency)),
            };
            ask(question, RefundOrder(id, Refund { reason, amount_minor }), cx);
            Some(())
        };
        let fields = vec![
            Field::text(REASON, "reason", "").with_note("the buyer reads it"),
            Field::text(AMOUNT, "amount", "")
                .with_empty("all of it")
                .with_note(note),
        ];
        cx.ask(FormPrompt::new("Refund the order", fields, submit));
    }

    /// Nothing is lost by it: no question.
    pub fn mail_receipt(&mut self, cx: &mut Shell) {
        let Some(order) = self.target(cx) else {
            return cx.say(Tone::Dim, "No order");
        };
        let (id, state) = (order.id, order.state);
        if !state.was_paid() {
            return cx.say(Tone::Warn, format!("The order is {state}: there is no receipt yet"));
        }
        if cx.may_write(Role::Operator) {
            cx.write(MailReceipt(id));
            cx.say(Tone::Dim, "Mailing …");
        }
    }

    /// Nothing is lost by it: no question.
    pub fn reset_downloads(&mut self, cx: &mut Shell) {
        let Some(order) = self.target(cx) else {
            return cx.say(Tone::Dim, "No order");
        };
        let (id, state) = (order.id, order.state);
        if state != OrderState::Paid {
            return cx.say(
                Tone::Warn,
                format!("The order is {state}: nothing of it can be downloaded"),
            );
        }
        if cx.may_write(Role::Operator) {
            cx.write(ResetDownloads(id));
            cx.say(Tone::Dim, "Resetting …");
        }
    }

    pub fn ask_credit(&mut self, cx: &mut Shell) {
        let Some(order) = self.target(cx) else {
            return cx.say(Tone::Dim, "No order");
        };
        let (account, currency) = (order.account.clone(), order.currency.clone());
        if !cx.may_write(Role::Operator) {
            return cx.refuse_typing();
        }
        let note = format!("{currency}, given to {account}");
        let submit = move |_: &mut Self, fields: &mut Fields, cx: &mut Shell| {
            let amount = fields.read(AMOUNT, |typed| parse_amount(typed, &currency));
            let reason = fields.read(REASON, parse_reason);
            let credit = Credit {
                amount_minor: amount?,
                currency: currency.clone(),
                reason: reason?,
                key: new_credit_key(),
            };
            let question = format!(
                "Give {account} {} of store credit?",
                money(credit.amount_minor, &currency)
            );
            ask(question, GiveCredit(account.clone(), credit), cx);
            Some(())
        };
        let fields = vec![
            Field::text(AMOUNT, "amount", "").with_note(note),
            Field::text(REASON, "reason", "").with_note("recorded in the audit log"),
        ];
        cx.ask(FormPrompt::new("Give store credit", fields, submit));
    }
}

fn ask(question: String, request: impl Request<Owner = Orders>, cx: &mut Shell) {
    cx.ask(Confirm::new(question, move |_: &mut Orders, cx| {
        if cx.may_write(Role::Operator) {
            cx.write(request);
            cx.say(Tone::Dim, "Posting …");
        }
    }));
}

fn parse_reason(typed: &str) -> Result<String, String> {
    match typed.chars().count() {
        1..=500 => Ok(typed.to_owned()),
        _ => Err("enter 1 to 500 characters".to_owned()),
    }
}

/// Minor units of `12`, `12.3` or `12.34`.
pub fn parse_amount(typed: &str, currency: &str) -> Result<i64, String> {
    let decimals = decimals(currency);
    let (whole, part) = typed.split_once('.').unwrap_or((typed, ""));
    let is_number = !whole.is_empty() && (whole.to_owned() + part).bytes().all(|byte| byte.is_ascii_digit());
    let minor = format!("{whole}{part:0<decimals$}").parse();
    match minor {
        Ok(minor) if is_number && part.len() <= decimals && minor > 0 => Ok(minor),
        _ => Err(format!(
            "enter an amount as {}",
            tradepost_common::money::amount(1050, currency)
        )),
    }
}
