//! The accounts of the ledger, by name, and the split of a price.

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

/// Money that the bank took back until a dispute is decided. `key` is that of the transaction.
pub async fn disputed(tx: &mut PgConnection, currency: &str, key: &str) -> sqlx::Result<LedgerAccount> {
    of_the_marketplace(tx, "assets:disputed", currency, key).await
}

/// Lost disputes that nobody else pays for. `key` is that of the transaction.
pub async fn losses(tx: &mut PgConnection, currency: &str, key: &str) -> sqlx::Result<LedgerAccount> {
    of_the_marketplace(tx, "expenses:disputes", currency, key).await
}

/// The cost of store credit that operators gave. `key` is that of the transaction.
pub async fn credits(tx: &mut PgConnection, currency: &str, key: &str) -> sqlx::Result<LedgerAccount> {
    of_the_marketplace(tx, "expenses:credit", currency, key).await
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

/// The seller's part of a price, rounded down to a minor unit. `fee` is in basis points.
pub fn royalty(price_minor: i64, fee: u16) -> i64 {
    let part = i128::from(price_minor) * i128::from(10_000 - fee.min(10_000)) / 10_000;
    i64::try_from(part).expect("a part is no larger than the whole")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn royalty_and_fee_are_the_whole_price_and_neither_is_negative() {
        let cases = [(0, 0), (1, 0), (2, 1), (900, 630), (i64::MAX, i64::MAX / 10 * 7 + 4)];
        for (price, expected) in cases {
            assert_eq!(royalty(price, 3_000), expected, "{price}");
        }
        assert_eq!((royalty(100, 0), royalty(100, 10_000)), (100, 0));
    }
}
