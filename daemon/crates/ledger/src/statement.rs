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

/// Balances of these accounts by name and currency.
pub async fn balances(db: impl PgExecutor<'_>, names: &[String]) -> sqlx::Result<Vec<Line>> {
    sqlx::query_as!(
        Line,
        r#"
        select name, currency, sum(balance)::bigint as "balance!", sum(held)::bigint as "held!" from ledger_accounts
        where name = any($1) group by name, currency order by name, currency
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

/// The conditions and the place of a page of accounts. Texts are patterns for `ilike`.
#[derive(Debug, Default, Clone, Copy)]
pub struct AccountSearch<'a> {
    pub with: Option<&'a str>,
    pub without: Option<&'a str>,
    /// `name`, `currency`, `balance`, `held` or `entries`. `None`: the order of opening.
    pub column: Option<&'a str>,
    pub is_falling: bool,
    pub after: Option<(&'a str, i64)>,
    pub limit: i64,
}

/// An account over all its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountLine {
    /// The first of its rows.
    pub id: i64,
    pub name: String,
    pub currency: String,
    pub balance: i64,
    pub held: i64,
    pub entries: i64,
    /// Its place in the order that was asked for.
    pub key: String,
}

/// A page of accounts.
pub async fn accounts(db: impl PgExecutor<'_>, search: &AccountSearch<'_>) -> sqlx::Result<Vec<AccountLine>> {
    sqlx::query_as!(
        AccountLine,
        r#"
        with accounts as (
            select min(id) as id, name, currency, sum(balance)::bigint as balance, sum(held)::bigint as held, sum(seq)::bigint as entries
            from ledger_accounts where ($1::text is null or (name || ' ' || currency) ilike $1)
                and ($2::text is null or (name || ' ' || currency) not ilike $2)
            group by name, currency)
        select id as "id!", name, currency, balance as "balance!", held as "held!", entries as "entries!", key as "key!"
        from accounts cross join lateral (select case $3::text
            when 'name' then name
            when 'currency' then currency
            -- Moved up, so that texts of one length compare as the numbers do.
            when 'balance' then lpad((balance::numeric + 9223372036854775808)::text, 20, '0')
            when 'held' then lpad(held::text, 20, '0')
            when 'entries' then lpad(entries::text, 20, '0')
            else lpad(id::text, 20, '0') end collate "C" as key) sorted
        where $4::text is null or (key = $4 and id > $5) or case when $6 then key < $4 else key > $4 end
        order by case when $6::bool then key end desc, case when not $6 then key end, id limit $7
        "#,
        search.with,
        search.without,
        search.column,
        search.after.map(|(key, _)| key),
        search.after.map(|(_, id)| id),
        search.is_falling,
        search.limit
    )
    .fetch_all(db)
    .await
}

pub async fn count_accounts(db: impl PgExecutor<'_>, with: Option<&str>, without: Option<&str>) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"
        select count(distinct (name, currency)) as "accounts!" from ledger_accounts
        where ($1::text is null or (name || ' ' || currency) ilike $1) and ($2::text is null or (name || ' ' || currency) not ilike $2)
        "#,
        with,
        without
    )
    .fetch_one(db)
    .await
}

/// The place of a page of the journal, in the order of ids: that of time, as far as the clocks of several machines agree.
#[derive(Debug, Clone, Copy)]
pub enum JournalPage {
    /// Oldest first.
    After(Option<Uuid>),
    /// Newest first.
    Before(Option<Uuid>),
}

/// Transactions with their entries. `texts`: patterns that key, kind or the name of an account match, or none of them matches.
pub async fn journal(
    db: &PgPool,
    page: JournalPage,
    texts: Texts<'_>,
    limit: i64,
) -> sqlx::Result<Vec<(Transaction, Vec<PostedEntry>)>> {
    let transactions = match page {
        JournalPage::After(after) => transactions_after(db, after, texts, limit).await?,
        JournalPage::Before(before) => transactions_before(db, before, texts, limit).await?,
    };
    with_entries(db, transactions).await
}

/// The transactions of these keys, oldest first.
pub async fn by_keys(db: &PgPool, keys: &[String]) -> sqlx::Result<Vec<(Transaction, Vec<PostedEntry>)>> {
    let transactions = sqlx::query_as!(
        Transaction,
        "select id, key, kind, reverses, posted_at from ledger_transactions where key = any($1) order by id",
        keys
    )
    .fetch_all(db)
    .await?;
    with_entries(db, transactions).await
}

/// Transactions that match texts: `$1` and `$2`.
macro_rules! matching {
    ($row:ty, $select:literal, $rest:literal, $texts:expr $(, $parameter:expr)*) => {
        sqlx::query_as!(
            $row,
            $select + r#" from ledger_transactions posted
            where ($1::text is null or posted.key ilike $1 or posted.kind ilike $1
                    or exists (select from ledger_entries entry join ledger_accounts account on account.id = entry.account_id
                        where entry.transaction_id = posted.id and account.name ilike $1))
                and ($2::text is null or not (posted.key ilike $2 or posted.kind ilike $2
                    or exists (select from ledger_entries entry join ledger_accounts account on account.id = entry.account_id
                        where entry.transaction_id = posted.id and account.name ilike $2)))
            "# + $rest,
            $texts.0,
            $texts.1
            $(, $parameter)*
        )
    };
}

type Texts<'a> = (Option<&'a str>, Option<&'a str>);

async fn transactions_after(
    db: &PgPool,
    after: Option<Uuid>,
    texts: Texts<'_>,
    limit: i64,
) -> sqlx::Result<Vec<Transaction>> {
    matching!(
        Transaction,
        "select id, key, kind, reverses, posted_at",
        "and ($3::uuid is null or posted.id > $3) order by posted.id limit $4",
        texts,
        after,
        limit
    )
    .fetch_all(db)
    .await
}

async fn transactions_before(
    db: &PgPool,
    before: Option<Uuid>,
    texts: Texts<'_>,
    limit: i64,
) -> sqlx::Result<Vec<Transaction>> {
    matching!(
        Transaction,
        "select id, key, kind, reverses, posted_at",
        "and ($3::uuid is null or posted.id < $3) order by posted.id desc limit $4",
        texts,
        before,
        limit
    )
    .fetch_all(db)
    .await
}

struct Count {
    transactions: i64,
}

/// The number of transactions that match the texts.
pub async fn count_transactions(db: &PgPool, texts: Texts<'_>) -> sqlx::Result<i64> {
    let row = matching!(Count, r#"select count(*) as "transactions!""#, "", texts);
    Ok(row.fetch_one(db).await?.transactions)
}

async fn with_entries(
    db: &PgPool,
    transactions: Vec<Transaction>,
) -> sqlx::Result<Vec<(Transaction, Vec<PostedEntry>)>> {
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
