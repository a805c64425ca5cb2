//! Reads balances and the journal.

use std::collections::HashMap;

use sqlx::{PgExecutor, PgPool};
use time::OffsetDateTime;
use uuid::Uuid;

/// Balance of an account over all its shards, in minor units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub name: String,
    pub currency: String,
    pub balance: i64,
    pub held: i64,
}

/// A posted transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    pub id: Uuid,
    pub key: String,
    pub kind: String,
    pub reverses: Option<Uuid>,
    pub posted_at: OffsetDateTime,
}

/// An entry of a posted transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostedEntry {
    pub name: String,
    pub currency: String,
    /// Minor units; positive is credit.
    pub amount: i64,
}

/// Balances by name and currency: of these accounts, or of all.
pub async fn balances(db: impl PgExecutor<'_>, names: Option<&[String]>) -> sqlx::Result<Vec<Line>> {
    sqlx::query_as!(
        Line,
        r#"
        select name, currency, sum(balance)::bigint as "balance!", sum(held)::bigint as "held!" from ledger_accounts
        where $1::text[] is null or name = any($1) group by name, currency order by name, currency
        "#,
        names
    )
    .fetch_all(db)
    .await
}

/// The number of entries in the journal.
pub async fn entries(db: impl PgExecutor<'_>) -> sqlx::Result<i64> {
    sqlx::query_scalar!(r#"select coalesce(sum(seq), 0)::bigint as "entries!" from ledger_accounts"#)
        .fetch_one(db)
        .await
}

/// Transactions with their entries, by id from `after`: oldest first, as far as clocks of several machines agree.
pub async fn journal(
    db: &PgPool,
    after: Option<Uuid>,
    limit: i64,
) -> sqlx::Result<Vec<(Transaction, Vec<PostedEntry>)>> {
    let transactions = sqlx::query_as!(
        Transaction,
        r#"
        select id, key, kind, reverses, posted_at from ledger_transactions where $1::uuid is null or id > $1 order by id limit $2
        "#,
        after,
        limit
    )
    .fetch_all(db)
    .await?;
    let ids: Vec<_> = transactions.iter().map(|transaction| transaction.id).collect();
    let rows = sqlx::query!(
        r#"
        select entry.transaction_id, account.name, entry.currency, entry.amount
        from ledger_entries entry join ledger_accounts account on account.id = entry.account_id
        where entry.transaction_id = any($1) order by account.name, entry.currency
        "#,
        &ids
    )
    .fetch_all(db)
    .await?;
    let mut entries: HashMap<Uuid, Vec<PostedEntry>> = HashMap::new();
    for row in rows {
        let entry = PostedEntry {
            name: row.name,
            currency: row.currency,
            amount: row.amount,
        };
        entries.entry(row.transaction_id).or_default().push(entry);
    }
    let with_entries = transactions.into_iter().map(|transaction| {
        let entries = entries.remove(&transaction.id).unwrap_or_default();
        (transaction, entries)
    });
    Ok(with_entries.collect())
}
