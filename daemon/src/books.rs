//! The accounts of the ledger, by name.

use sqlx::PgConnection;
use tradepost_ledger::{AccountSpec, LedgerAccount, Shards, open};

/// Rows of an account that everybody pays into or out of.
const SHARDS: u8 = 16;

/// Store credit of a buyer: never below zero.
pub async fn wallet(tx: &mut PgConnection, account: &str, currency: &str) -> sqlx::Result<LedgerAccount> {
    let spec = AccountSpec {
        name: &wallet_name(account),
        currency,
        floor: Some(0),
        shards: Shards::One,
    };
    open(tx, &spec).await
}

pub fn wallet_name(account: &str) -> String {
    format!("liabilities:wallet:{account}")
}

/// Royalties of a contributor. A refund may take back more than there is, down to the limit; later sales make up for it.
pub async fn earnings(
    tx: &mut PgConnection,
    account: &str,
    currency: &str,
    clawback_limit_minor: i64,
) -> sqlx::Result<LedgerAccount> {
    let spec = AccountSpec {
        name: &earnings_name(account),
        currency,
        floor: Some(-clawback_limit_minor),
        shards: Shards::One,
    };
    open(tx, &spec).await
}

pub fn earnings_name(account: &str) -> String {
    format!("liabilities:earnings:{account}")
}

/// Fees of the marketplace. `key` is that of the transaction.
pub async fn fees(tx: &mut PgConnection, currency: &str, key: &str) -> sqlx::Result<LedgerAccount> {
    of_the_marketplace(tx, "income:fees", currency, key).await
}

/// Money that the payment provider holds for the marketplace. `key` is that of the transaction.
pub async fn provider(tx: &mut PgConnection, currency: &str, key: &str) -> sqlx::Result<LedgerAccount> {
    of_the_marketplace(tx, "assets:provider", currency, key).await
}

/// Fees of the payment provider. `key` is that of the transaction.
pub async fn provider_fees(tx: &mut PgConnection, currency: &str, key: &str) -> sqlx::Result<LedgerAccount> {
    of_the_marketplace(tx, "expenses:provider", currency, key).await
}

/// Money that the bank took back until a dispute is decided. `key` is that of the transaction.
pub async fn disputed(tx: &mut PgConnection, currency: &str, key: &str) -> sqlx::Result<LedgerAccount> {
    of_the_marketplace(tx, "assets:disputed", currency, key).await
}

/// Money of the marketplace at its bank. `key` is that of the transaction.
pub async fn bank(tx: &mut PgConnection, currency: &str, key: &str) -> sqlx::Result<LedgerAccount> {
    of_the_marketplace(tx, "assets:bank", currency, key).await
}

/// Lost disputes that nobody else pays for. `key` is that of the transaction.
pub async fn losses(tx: &mut PgConnection, currency: &str, key: &str) -> sqlx::Result<LedgerAccount> {
    of_the_marketplace(tx, "expenses:disputes", currency, key).await
}

/// The cost of store credit that operators gave. `key` is that of the transaction.
pub async fn credits(tx: &mut PgConnection, currency: &str, key: &str) -> sqlx::Result<LedgerAccount> {
    of_the_marketplace(tx, "expenses:credit", currency, key).await
}

/// Tax that the marketplace owes. `key` is that of the transaction.
pub async fn tax(tx: &mut PgConnection, currency: &str, key: &str) -> sqlx::Result<LedgerAccount> {
    of_the_marketplace(tx, "liabilities:tax", currency, key).await
}

/// The cost of discounts that the marketplace gave. `key` is that of the transaction.
pub async fn coupons(tx: &mut PgConnection, currency: &str, key: &str) -> sqlx::Result<LedgerAccount> {
    of_the_marketplace(tx, "expenses:coupons", currency, key).await
}

async fn of_the_marketplace(
    tx: &mut PgConnection,
    name: &str,
    currency: &str,
    key: &str,
) -> sqlx::Result<LedgerAccount> {
    let spec = AccountSpec {
        name,
        currency,
        floor: None,
        shards: Shards::ByKey { count: SHARDS, key },
    };
    open(tx, &spec).await
}
