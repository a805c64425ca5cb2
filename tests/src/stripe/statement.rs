//! The statement of the account, which the server lacks: of its payments and refunds, with fees, disputes and transfers to the bank.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::disputes::{Dispute, Outcome, now};

/// Rows of a page, however many are asked for: every reader has to turn pages.
const PAGE: usize = 3;

/// Movements that the server does not have.
#[derive(Debug, Clone, Default)]
pub struct Statement {
    /// Minor units of each charge.
    pub fee: i64,
    others: Vec<Value>,
}

impl Statement {
    /// A movement of a reporting category, of an amount in EUR.
    pub fn add(&mut self, category: &str, amount: i64) {
        let id = format!("txn_{}", uuid::Uuid::now_v7().simple());
        self.others.push(row(&id, category, (amount, "eur"), now()));
    }

    /// The page that is asked for, of the server's lists and more.
    pub fn page(
        &self,
        (intents, refunds): (&Value, &Value),
        disputes: &[Dispute],
        query: &HashMap<String, String>,
    ) -> Value {
        let mut rows = self.others.clone();
        for intent in all(intents).filter(|intent| intent["status"] == "succeeded") {
            let mut charge = movement(intent, "charge", 1);
            charge["fee"] = json!(self.fee);
            rows.push(charge);
        }
        rows.extend(all(refunds).map(|refund| movement(refund, "refund", -1)));
        for dispute in disputes {
            let money = |amount| (amount, dispute.currency.as_str());
            let id = format!("txn_{}", dispute.id);
            rows.push(row(&id, "dispute", money(-dispute.amount), dispute.created));
            if dispute.outcome == Some(Outcome::Won) {
                let id = format!("{id}_won");
                rows.push(row(&id, "dispute_reversal", money(dispute.amount), dispute.created));
            }
        }
        let number = |name: &str| query.get(name).and_then(|text| text.parse::<u64>().ok());
        let (from, to) = (
            number("created[gte]").unwrap_or(0),
            number("created[lte]").unwrap_or(u64::MAX),
        );
        rows.retain(|row| row["created"].as_u64().is_some_and(|at| (from..=to).contains(&at)));
        rows.sort_by_key(|row| std::cmp::Reverse((row["created"].as_u64(), row["id"].to_string())));
        let start = match query.get("starting_after") {
            Some(after) => rows
                .iter()
                .position(|row| row["id"] == after.as_str())
                .map_or(rows.len(), |at| at + 1),
            None => 0,
        };
        let rest = &rows[start..];
        let page = &rest[..rest.len().min(PAGE)];
        json!({ "object": "list", "data": page, "has_more": rest.len() > PAGE })
    }
}

fn all(list: &Value) -> impl Iterator<Item = &Value> {
    list["data"].as_array().into_iter().flatten()
}

fn movement(object: &Value, category: &str, sign: i64) -> Value {
    let text = |name: &str| object[name].as_str().expect("an object has it");
    let amount = sign * object["amount"].as_i64().expect("an amount is a number");
    let created = object["created"].as_u64().expect("an object has a time");
    row(
        &format!("txn_{}", text("id")),
        category,
        (amount, text("currency")),
        created,
    )
}

fn row(id: &str, category: &str, (amount, currency): (i64, &str), created: u64) -> Value {
    json!({ "id": id, "object": "balance_transaction", "reporting_category": category, "amount": amount, "fee": 0, "currency": currency,
        "created": created, "exchange_rate": null })
}
