//! Accounts: opened when they are first used.

use sqlx::{PgConnection, PgExecutor};

use crate::LedgerAccount;

/// An account to be opened.
#[derive(Debug, Clone)]
pub struct AccountSpec<'a> {
    /// Path as hledger writes it: `liabilities:wallet:ann`.
    pub name: &'a str,
    /// ISO 4217.
    pub currency: &'a str,
    /// The available balance is never below it. `None`: no limit.
    pub floor: Option<i64>,
    /// Rows of the account: more than one when everybody pays into it.
    pub shards: Shards<'a>,
}

/// The rows of an account.
#[derive(Debug, Clone, Copy)]
pub enum Shards<'a> {
    One,
    /// One of this many, always the same for a key: a transaction that is posted again has the same entries.
    ByKey {
        count: u8,
        key: &'a str,
    },
}

impl Shards<'_> {
    fn pick(self) -> i16 {
        match self {
            Self::One => 0,
            Self::ByKey { count, key } => {
                let hash = key
                    .bytes()
                    .fold(0u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into()));
                (hash % u32::from(count.max(1))) as i16
            }
        }
    }
}

/// The account of that name and currency, which is opened when there is none.
pub async fn open(tx: &mut PgConnection, spec: &AccountSpec<'_>) -> sqlx::Result<LedgerAccount> {
    let shard = spec.shards.pick();
    let known = find(&mut *tx, spec, shard).await?;
    if let Some(account) = known {
        return Ok(account);
    }
    sqlx::query!(
        "insert into ledger_accounts (name, currency, shard, floor) values ($1, $2, $3, $4) on conflict do nothing",
        spec.name,
        spec.currency,
        shard,
        spec.floor
    )
    .execute(&mut *tx)
    .await?;
    let opened = find(&mut *tx, spec, shard).await?;
    opened.ok_or(sqlx::Error::RowNotFound)
}

/// Locks accounts in the order of their ids, until the caller's transaction ends, and answers with them in this order.
///
/// Every transaction locks all its accounts in this order before it changes the first one, so that no two of them wait for each
/// other. [`crate::post`] does so for its entries; who ends a hold or reads a balance before calls this first.
pub async fn lock(
    tx: &mut PgConnection,
    accounts: impl IntoIterator<Item = LedgerAccount>,
) -> sqlx::Result<Vec<LedgerAccount>> {
    let accounts: Vec<_> = accounts.into_iter().map(|account| account.0).collect();
    let locked = sqlx::query_scalar!(
        "select id from ledger_accounts where id = any($1) order by id for no key update",
        &accounts
    )
    .fetch_all(tx)
    .await?;
    Ok(locked.into_iter().map(LedgerAccount).collect())
}

/// The part of a balance that can be posted or held, and locks the account. `None`: there is no limit.
pub async fn available(tx: &mut PgConnection, account: LedgerAccount) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar!(
        "select balance - held - floor from ledger_accounts where id = $1 for no key update",
        account.0
    )
    .fetch_one(tx)
    .await
}

/// The balance without what is held, of an account that the caller has locked.
pub async fn unheld(tx: &mut PgConnection, account: LedgerAccount) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select balance - held as "unheld!" from ledger_accounts where id = $1"#,
        account.0
    )
    .fetch_one(tx)
    .await
}

async fn find(db: impl PgExecutor<'_>, spec: &AccountSpec<'_>, shard: i16) -> sqlx::Result<Option<LedgerAccount>> {
    let id = sqlx::query_scalar!(
        "select id from ledger_accounts where name = $1 and currency = $2 and shard = $3",
        spec.name,
        spec.currency,
        shard
    )
    .fetch_optional(db)
    .await?;
    Ok(id.map(LedgerAccount))
}
