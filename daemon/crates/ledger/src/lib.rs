//! A double-entry ledger on PostgreSQL.
//!
//! A transaction moves money between accounts: its entries sum to zero in each currency. Amounts are minor units (cents) of one
//! currency; positive is credit, negative is debit. The journal is append-only: a mistake is corrected by a reversal. Each account has
//! a stored balance, a numbered sequence of entries and a hash chain over them; [`proof::differences`] compares the first with the
//! others. A hold reserves a part of a balance until it is captured or released.
//!
//! Every function works in the caller's transaction, so that money moves exactly when what it pays for happens. The names of accounts
//! and the kinds of transactions are the caller's.

mod accounts;
mod holds;
mod journal;
pub mod proof;
pub mod statement;

pub use accounts::{AccountSpec, Shards, available, lock, open, unheld};
pub use holds::{Ending, Hold, end_hold, hold, holder};
pub use journal::{Entry, PartialReversal, Posted, Posting, accounts_of, post, reverse, reverse_part, shares};

/// An account of the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LedgerAccount(pub i64);

/// Reason why nothing was written. The caller's transaction can go on.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    #[error("the entries of the transaction {key} do not sum to zero in each currency")]
    Unbalanced { key: String },
    #[error("the balance of the account is too low")]
    InsufficientFunds,
    #[error("the key {key} was used for something else")]
    KeyReused { key: String },
    #[error(
        "the transaction {key} is empty, or has two entries of one account, an entry of nothing, or one of an unknown account"
    )]
    Malformed { key: String },
    #[error("the transaction does not exist, or was reversed before")]
    NotReversible,
    #[error("the hold does not exist, or has ended otherwise")]
    NotHeld,
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl LedgerError {
    /// Tells a broken rule of the schema from other errors of a statement about the transaction `key`.
    fn from_statement(error: sqlx::Error, key: &str) -> Self {
        let constraint = error.as_database_error().and_then(|error| error.constraint());
        match constraint {
            Some("ledger_accounts_above_floor") => Self::InsufficientFunds,
            Some("ledger_entries_balanced") => Self::Unbalanced { key: key.to_owned() },
            Some("ledger_transactions_reversed_once") => Self::NotReversible,
            Some("ledger_entries_amount_not_zero") => Self::Malformed { key: key.to_owned() },
            _ => Self::Database(error),
        }
    }
}
