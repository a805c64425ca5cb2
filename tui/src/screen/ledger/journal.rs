//! Transactions as rows.

use tradepost_common::ledger::JournalRow;
use tradepost_common::money::money;
use uuid::Uuid;

use crate::canvas::document::Document;
use crate::format;
use crate::table::{Cell, Column, Key, Row, Width};
use crate::theme::Tone;

impl Row for JournalRow {
    type Id = Uuid;

    fn id(&self) -> Uuid {
        self.id
    }

    fn columns() -> &'static [Column<Self>] {
        &COLUMNS
    }
}

type Col = Column<JournalRow>;

static COLUMNS: [Col; 6] = [
    Col::left(
        "TIME (UTC)",
        Width::Fixed(14),
        |t, _| Cell::dim(format::stamp(t.at)),
        |t| Key::time(t.at),
    ),
    Col::left(
        "KIND",
        Width::Fixed(6),
        |t, _| Cell::plain(&t.kind),
        |t| Key::text(&t.kind),
    ),
    Col::right(
        "AMOUNT",
        Width::Fixed(12),
        |t, _| Cell::plain(moved(t)),
        |t| Key::text(moved(t)),
    ),
    Col::left(
        "ACCOUNTS",
        Width::Grow(16),
        |t, _| Cell::plain(accounts(t)),
        |t| Key::text(accounts(t)),
    ),
    Col::left("KEY", Width::Grow(12), |t, _| Cell::dim(&t.key), |t| Key::text(&t.key)).rank(1),
    Col::left(
        "ID",
        Width::Fixed(36),
        |t, _| Cell::dim(t.id.to_string()),
        |t| Key::text(t.id.to_string()),
    )
    .rank(2),
];

/// The credits, in each currency.
fn moved(transaction: &JournalRow) -> String {
    let mut sums: Vec<(&str, i64)> = Vec::new();
    for entry in transaction.entries.iter().filter(|entry| entry.amount_minor > 0) {
        match sums.iter_mut().find(|(currency, _)| *currency == entry.currency) {
            Some((_, sum)) => *sum = sum.saturating_add(entry.amount_minor),
            None => sums.push((&entry.currency, entry.amount_minor)),
        }
    }
    let sums: Vec<_> = sums.into_iter().map(|(currency, sum)| money(sum, currency)).collect();
    sums.join(" ")
}

/// `liabilities:wallet:bob > income:fees, liabilities:earnings:ann`.
fn accounts(transaction: &JournalRow) -> String {
    let (from, to): (Vec<_>, Vec<_>) = transaction.entries.iter().partition(|entry| entry.amount_minor < 0);
    let names = |entries: Vec<&tradepost_common::ledger::JournalEntry>| {
        let names: Vec<_> = entries.iter().map(|entry| entry.account.as_str()).collect();
        names.join(", ")
    };
    format!("{} > {}", names(from), names(to))
}

pub fn document(transaction: &JournalRow) -> Document {
    let mut document = Document::new(format!("{} {}", transaction.kind, moved(transaction)));
    document.fact("at", format!("{} UTC", format::stamp(transaction.at)));
    document.fact("key", &transaction.key);
    document.fact("id", transaction.id.to_string());
    if let Some(reversed) = transaction.reverses {
        document.fact("reverses", reversed.to_string());
    }
    for entry in &transaction.entries {
        let line = format!("{:>14}  {}", money(entry.amount_minor, &entry.currency), entry.account);
        document.spans(vec![(line, Tone::Plain)]);
    }
    document
}
