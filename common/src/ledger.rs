//! Screen Ledger: accounts, journal, and the proof that they agree.
//!
//! - `GET /v1/ledger`: proves what is new, and tells of stuck orders ([`LedgerView`])
//! - `POST /v1/ledger/prove`: proves the whole journal and answers with the [`Proof`]
//! - `GET /v1/ledger/accounts?text=&without=&sort=&cursor=&limit=`: balances, in the order of opening (`Page<AccountRow>`)
//! - `GET /v1/ledger/journal?text=&without=&order=&cursor=&limit=`: transactions, newest first (`Page<JournalRow>`)
//! - `POST /v1/accounts/{name}/credit` [`Credit`]: gives store credit and answers with the [`AccountBalance`]

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::orders::OrderRow;

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

/// An account of the ledger in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountRow {
    /// Grows with every account that is opened.
    pub id: i64,
    /// Path as hledger writes it: `liabilities:wallet:ann`.
    pub name: String,
    pub currency: String,
    /// Minor units; positive is credit, what the marketplace owes.
    pub balance_minor: i64,
    /// The part that orders reserve which are not settled.
    pub held_minor: i64,
    pub entries: i64,
}

crate::text_enum! {
    /// A column that accounts can be sorted by.
    pub enum AccountColumn {
        Name = "name",
        Currency = "currency",
        Balance = "balance",
        Held = "held",
        Entries = "entries",
    }
}

/// A place where the books are wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// The rule that is broken: `balance`, `chain`, `checkpoint`, `fingerprint`, `held`, `sequence` or `zero-sum`.
    pub rule: String,
    /// An account, an entry or a transaction.
    pub subject: String,
    pub expected: String,
    pub found: String,
}

crate::text_enum! {
    /// The part of the journal that a proof reads.
    pub enum ProofScope {
        /// The entries after the last proof that found nothing.
        Recent = "recent",
        Whole = "whole",
    }
}

/// A comparison of all balances with the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    pub scope: ProofScope,
    /// Entries that were read.
    pub entries: i64,
    pub took_ms: i64,
    /// The first hundred. Empty: the books are right.
    pub differences: Vec<Difference>,
}

/// The state of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerView {
    /// Entries in the journal.
    pub entries: i64,
    /// The rules that are checked.
    pub rules: Vec<String>,
    /// Made now, from the last proof on.
    pub proof: Proof,
    /// The last one of the whole journal. `None`: there was none yet.
    pub whole: Option<Proof>,
    /// Orders that wait to be settled for more than five minutes, the oldest first; a hundred at most.
    pub stuck: Vec<OrderRow>,
}

impl LedgerView {
    /// All differences, each once.
    pub fn differences(&self) -> Vec<Difference> {
        let mut all = self.proof.differences.clone();
        for difference in self.whole.iter().flat_map(|whole| &whole.differences) {
            if !all.contains(difference) {
                all.push(difference.clone());
            }
        }
        all
    }
}

/// A part of a transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalEntry {
    pub account: String,
    pub currency: String,
    /// Minor units; positive is credit.
    pub amount_minor: i64,
}

crate::text_enum! {
    /// The order of the journal.
    pub enum JournalOrder {
        Newest = "newest",
        Oldest = "oldest",
    }
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
