//! Screen Ledger: accounts, journal, and the proof that they agree.
//!
//! - `GET /v1/ledger`: balances by name and currency, and the last proof ([`LedgerView`])
//! - `GET /v1/ledger/journal?cursor=&limit=`: transactions, oldest first (`Page<JournalRow>`)
//! - `POST /v1/accounts/{name}/credit` [`Credit`]: gives store credit and answers with the [`AccountBalance`]

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

/// Balance of an account in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccountBalance {
    /// Path as hledger writes it: `liabilities:wallet:ann`.
    #[cfg_attr(feature = "openapi", schema(max_length = 200))]
    pub name: String,
    #[cfg_attr(feature = "openapi", schema(pattern = "^[A-Z]{3}$", max_length = 3))]
    pub currency: String,
    /// Minor units; positive is credit, what the marketplace owes.
    pub balance_minor: i64,
    /// The part that orders reserve which are not settled.
    pub held_minor: i64,
}

/// A place where the books are wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// The rule that is broken: `balance`, `chain`, `fingerprint`, `held`, `sequence` or `zero-sum`.
    pub rule: String,
    /// An account, an entry or a transaction.
    pub subject: String,
    pub expected: String,
    pub found: String,
}

/// A comparison of all balances with the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// Entries that were read.
    pub entries: i64,
    /// Empty: the books are right.
    pub differences: Vec<Difference>,
}

/// The whole ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerView {
    pub accounts: Vec<AccountBalance>,
    pub proof: Proof,
}

/// A part of a transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalEntry {
    pub account: String,
    pub currency: String,
    /// Minor units; positive is credit.
    pub amount_minor: i64,
}

/// A transaction of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalRow {
    pub id: Uuid,
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// `credit`, `order`, `refund`.
    pub kind: String,
    pub key: String,
    pub reverses: Option<Uuid>,
    pub entries: Vec<JournalEntry>,
}

/// Body of a credit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credit {
    /// Minor units.
    pub amount_minor: i64,
    /// ISO 4217.
    pub currency: String,
    pub reason: String,
    /// A second credit with this key is the first one.
    pub key: String,
}
