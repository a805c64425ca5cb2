//! The journal as text of hledger or beancount. There, debit is positive.

use std::collections::HashSet;
use std::fmt::Write as _;

use tradepost_common::ledger::{JournalEntry, JournalRow};
use tradepost_common::money::{amount, decimals};

use crate::format;

/// A format of plain text accounting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    Hledger,
    Beancount,
}

/// Writes transactions; accounts and currencies are declared before their first use.
pub struct Exporter {
    format: Format,
    declared: HashSet<String>,
}

impl Exporter {
    pub fn new(format: Format) -> Self {
        Self {
            format,
            declared: HashSet::new(),
        }
    }

    /// A transaction, after the declarations that it needs.
    pub fn text(&mut self, transaction: &JournalRow) -> String {
        let mut out = String::new();
        for entry in &transaction.entries {
            self.declare(&mut out, entry);
        }
        let (date, key) = (format::date(transaction.at), &transaction.key);
        let _ = match self.format {
            Format::Hledger => writeln!(out, "{date} * {} | {key}  ; id:{}", transaction.kind, transaction.id),
            Format::Beancount => {
                let (kind, key, id) = (quoted(&transaction.kind), quoted(key), transaction.id);
                writeln!(out, "{date} * {kind} {key}\n  id: \"{id}\"")
            }
        };
        for entry in &transaction.entries {
            let debit = entry.amount_minor.checked_neg().map_or_else(
                || amount(i64::MIN, &entry.currency).replacen('-', "", 1),
                |debit| amount(debit, &entry.currency),
            );
            let _ = writeln!(out, "  {}  {debit} {}", self.name(&entry.account), entry.currency);
        }
        out.push('\n');
        out
    }

    fn declare(&mut self, out: &mut String, entry: &JournalEntry) {
        let (name, currency) = (self.name(&entry.account), &entry.currency);
        if self.declared.insert(format!("commodity {currency}")) {
            let _ = match self.format {
                Format::Hledger => {
                    // The sample says how many decimals there are; a point is required.
                    let point = if decimals(currency) == 0 { "." } else { "" };
                    let one = amount(10_i64.pow(decimals(currency) as u32 + 3), currency);
                    writeln!(out, "commodity {one}{point} {currency}\n")
                }
                Format::Beancount => writeln!(out, "1970-01-01 commodity {currency}\n"),
            };
        }
        if self.declared.insert(name.clone()) {
            let _ = match self.format {
                Format::Hledger => writeln!(out, "account {name}\n"),
                Format::Beancount => writeln!(out, "1970-01-01 open {name}\n"),
            };
        }
    }

    fn name(&self, account: &str) -> String {
        match self.format {
            Format::Hledger => account.to_owned(),
            Format::Beancount => beancount_name(account),
        }
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// `Liabilities:Wallet:Ann`. Different accounts have different names: what beancount does not know becomes a capital letter, which
/// no name of ours has.
fn beancount_name(account: &str) -> String {
    const ROOTS: [&str; 5] = ["assets", "liabilities", "equity", "income", "expenses"];
    let parts: Vec<_> = account.split(':').map(component).collect();
    match ROOTS.contains(&account.split(':').next().unwrap_or_default()) {
        true => parts.join(":"),
        false => format!("Equity:{}", parts.join(":")),
    }
}

fn component(part: &str) -> String {
    let mut out = String::with_capacity(part.len() + 1);
    for (at, c) in part.chars().enumerate() {
        match (at, c) {
            (0, 'a'..='z') => out.push(c.to_ascii_uppercase()),
            (0, '_') => out.push_str("0U"),
            (0, '-') => out.push_str("0D"),
            (_, '_') => out.push('U'),
            _ => out.push(c),
        }
    }
    if out.is_empty() {
        out.push_str("0E");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screen::ledger::tests::{sale, transaction};

    #[test]
    fn names_of_beancount_are_all_different() {
        let names = [
            "a_b",
            "a-b",
            "ab",
            "_b",
            "-b",
            "0b",
            "0-b",
            "a:b",
            "liabilities:wallet:a_b",
            "a::b",
        ];
        let mapped: HashSet<_> = names.iter().map(|name| beancount_name(name)).collect();
        assert_eq!(mapped.len(), names.len(), "{mapped:?}");
        assert_eq!(beancount_name("liabilities:wallet:ann-2"), "Liabilities:Wallet:Ann-2");
        assert_eq!(beancount_name("bank"), "Equity:Bank");
    }

    #[test]
    fn transactions_are_written_once_declared() {
        for (format, name) in [(Format::Hledger, "hledger"), (Format::Beancount, "beancount")] {
            let mut exporter = Exporter::new(format);
            let yen = transaction(
                3,
                "credit",
                &[("liabilities:wallet:b_o", 500), ("expenses:credit", -500)],
                "JPY",
            );
            let text: String = [sale(1), sale(2), yen].iter().map(|row| exporter.text(row)).collect();
            insta::assert_snapshot!(format!("export_{name}"), text);
        }
    }
}
