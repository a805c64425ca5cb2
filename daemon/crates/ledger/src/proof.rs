//! Proves the stored balances against the journal: what came after the checkpoints, or the whole journal.
//!
//! A checkpoint is what an account was when a proof found all books right: its last entry, its balance, the end of its hash chain.
//! [`recent`] starts from the checkpoints and moves them on when nothing is wrong; its work grows with the new entries, not with the
//! journal. [`whole`] trusts nothing: it reads the journal from the first entry and compares the checkpoints with it.

use sqlx::{PgConnection, PgExecutor};

/// A place where the books are wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// One of [`RULES`].
    pub rule: String,
    /// An account or a transaction.
    pub subject: String,
    pub expected: String,
    pub found: String,
}

/// The rules that a proof checks.
pub const RULES: [&str; 7] = [
    "balance",
    "chain",
    "checkpoint",
    "fingerprint",
    "held",
    "sequence",
    "zero-sum",
];

/// Outcome of a proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven {
    /// Entries that were read.
    pub entries: i64,
    /// The first hundred. Empty: the books are right.
    pub differences: Vec<Difference>,
}

/// Compares what is stored with the checkpoints and the entries after them. If nothing is wrong, the checkpoints move on.
///
/// One statement sees one moment: what is committed meanwhile is proven by the next one.
pub async fn recent(db: &mut PgConnection) -> sqlx::Result<Proven> {
    let rows = sqlx::query_as!(
        Found,
        r#"
        with accounts as (
            select account.id, account.name || ' ' || account.currency || '/' || account.shard as name, account.balance, account.held,
                account.seq, account.head, coalesce(point.seq, 0) as from_seq, coalesce(point.balance, 0) as from_balance,
                coalesce(point.head, '\x') as from_head
            from ledger_accounts account left join ledger_checkpoints point on point.account_id = account.id),
        entries as materialized (
            select entry.account_id, entry.seq, entry.amount, entry.currency, entry.hash, entry.transaction_id
            from accounts account join ledger_entries entry on entry.account_id = account.id and entry.seq > account.from_seq
            where account.seq <> account.from_seq or account.balance <> account.from_balance or account.head <> account.from_head),
        chained as (
            select account.name, entry.seq, entry.amount, entry.hash, transaction.fingerprint,
                lag(entry.hash, 1, account.from_head) over of_account as previous,
                account.from_seq + row_number() over of_account as number
            from entries entry join accounts account on account.id = entry.account_id
                join ledger_transactions transaction on transaction.id = entry.transaction_id
            window of_account as (partition by entry.account_id order by entry.seq)),
        journal as (
            select account_id, sum(amount) as balance, count(*) as entries, (array_agg(hash order by seq desc))[1] as head
            from entries group by account_id),
        touched as (select distinct transaction_id as id from entries),
        open_holds as (select account_id, sum(amount) as held from ledger_holds where state = 'open' group by account_id),
        expected as (
            select account.*, account.from_balance + coalesce(journal.balance, 0) as journal_balance,
                account.from_seq + coalesce(journal.entries, 0) as journal_seq, coalesce(journal.head, account.from_head) as journal_head,
                coalesce(open_holds.held, 0) as open_held
            from accounts account left join journal on journal.account_id = account.id
                left join open_holds on open_holds.account_id = account.id),
        found as (
            select 'balance' as rule, name as subject, journal_balance::text as expected, balance::text as found
            from expected where balance <> journal_balance
            union all
            select 'held', name, open_held::text, held::text from expected where held <> open_held
            union all
            select 'sequence', name, journal_seq::text, seq::text from expected where seq <> journal_seq
            union all
            select 'chain', name, encode(journal_head, 'hex'), encode(head, 'hex') from expected where head <> journal_head
            union all
            select 'sequence', name || ' entry ' || seq, number::text, seq::text from chained where seq <> number
            union all
            select 'chain', name || ' entry ' || seq, encode(ledger_hash(previous, fingerprint, seq, amount), 'hex'), encode(hash, 'hex')
            from chained where hash <> ledger_hash(previous, fingerprint, seq, amount)
            union all
            select 'zero-sum', 'transaction ' || entry.transaction_id || ' ' || entry.currency, '0', sum(entry.amount)::text
            from ledger_entries entry where entry.transaction_id in (select id from touched)
            group by entry.transaction_id, entry.currency having sum(entry.amount) <> 0
            union all
            select 'fingerprint', 'transaction ' || transaction.id, encode(content.fingerprint, 'hex'),
                encode(transaction.fingerprint, 'hex')
            from touched join ledger_transactions transaction on transaction.id = touched.id left join lateral (
                select ledger_fingerprint(transaction.key, transaction.kind, array_agg(account_id), array_agg(amount)) as fingerprint
                from ledger_entries where transaction_id = transaction.id) content on true
            where transaction.fingerprint is distinct from content.fingerprint),
        moved as (
            insert into ledger_checkpoints (account_id, seq, balance, head)
            select id, seq, balance, head from accounts where seq > from_seq and not exists (select from found) order by id
            on conflict (account_id) do update
                set seq = excluded.seq, balance = excluded.balance, head = excluded.head, proven_at = now()
                where ledger_checkpoints.seq < excluded.seq)
        select (select count(*) from entries) as "entries!", rule, subject, expected, found
        from (select 1) one left join (select * from found limit 100) found on true
        "#
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into())
}

/// A row of a proof: entries that were read, and a difference if there is one.
struct Found {
    entries: i64,
    rule: Option<String>,
    subject: Option<String>,
    expected: Option<String>,
    found: Option<String>,
}

impl From<Vec<Found>> for Proven {
    fn from(rows: Vec<Found>) -> Self {
        let entries = rows.first().map_or(0, |row| row.entries);
        let differences = rows.into_iter().filter_map(|row| {
            Some(Difference {
                rule: row.rule?,
                subject: row.subject?,
                expected: row.expected.unwrap_or_else(|| "none".to_owned()),
                found: row.found.unwrap_or_else(|| "none".to_owned()),
            })
        });
        Self {
            entries,
            differences: differences.collect(),
        }
    }
}

/// Compares everything that is stored with the whole journal, and the journal with its hashes and the checkpoints.
pub async fn whole(db: &mut PgConnection) -> sqlx::Result<Proven> {
    let entries = sqlx::query_scalar!(r#"select count(*) as "entries!" from ledger_entries"#)
        .fetch_one(&mut *db)
        .await?;
    let differences = differences(db).await?;
    Ok(Proven { entries, differences })
}

/// The first hundred differences; the whole journal is read.
pub async fn differences(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<Difference>> {
    sqlx::query_as!(
        Difference,
        r#"
        with chained as (
            select entry.account_id, entry.seq, entry.amount, entry.hash, transaction.fingerprint,
                lag(entry.hash, 1, '\x') over account as previous, row_number() over account as number
            from ledger_entries entry join ledger_transactions transaction on transaction.id = entry.transaction_id
            window account as (partition by entry.account_id order by entry.seq)),
        journal as (
            select account_id, sum(amount) as balance, count(*) as entries, (array_agg(hash order by seq desc))[1] as head
            from ledger_entries group by account_id),
        open_holds as (select account_id, sum(amount) as held from ledger_holds where state = 'open' group by account_id),
        accounts as (
            select account.id, account.name || ' ' || account.currency || '/' || account.shard as name, account.balance, account.held,
                account.seq, account.head, coalesce(journal.balance, 0) as journal_balance, coalesce(journal.entries, 0) as entries,
                coalesce(journal.head, '\x') as journal_head, coalesce(open_holds.held, 0) as open_held
            from ledger_accounts account left join journal on journal.account_id = account.id
                left join open_holds on open_holds.account_id = account.id),
        found as (
            select 'balance' as rule, name as subject, journal_balance::text as expected, balance::text as found
            from accounts where balance <> journal_balance
            union all
            select 'held', name, open_held::text, held::text from accounts where held <> open_held
            union all
            select 'sequence', name, entries::text, seq::text from accounts where seq <> entries
            union all
            select 'chain', name, encode(journal_head, 'hex'), encode(head, 'hex') from accounts where head <> journal_head
            union all
            select 'sequence', account.name || ' entry ' || chained.seq, number::text, chained.seq::text
            from chained join accounts account on account.id = chained.account_id where chained.seq <> number
            union all
            select 'chain', account.name || ' entry ' || chained.seq,
                encode(ledger_hash(previous, fingerprint, chained.seq, amount), 'hex'), encode(hash, 'hex')
            from chained join accounts account on account.id = chained.account_id
            where hash <> ledger_hash(previous, fingerprint, chained.seq, amount)
            union all
            select 'checkpoint', account.name || ' entry ' || point.seq, encode(point.head, 'hex'), encode(entry.hash, 'hex')
            from ledger_checkpoints point join accounts account on account.id = point.account_id
                left join ledger_entries entry on entry.account_id = point.account_id and entry.seq = point.seq
            where entry.hash is distinct from point.head
            union all
            select 'zero-sum', 'transaction ' || transaction_id || ' ' || currency, '0', sum(amount)::text
            from ledger_entries group by transaction_id, currency having sum(amount) <> 0
            union all
            select 'fingerprint', 'transaction ' || transaction.id, encode(content.fingerprint, 'hex'),
                encode(transaction.fingerprint, 'hex')
            from ledger_transactions transaction left join lateral (
                select ledger_fingerprint(transaction.key, transaction.kind, array_agg(account_id), array_agg(amount)) as fingerprint
                from ledger_entries where transaction_id = transaction.id) content on true
            where transaction.fingerprint is distinct from content.fingerprint)
        select rule as "rule!", subject as "subject!", coalesce(expected, 'none') as "expected!", coalesce(found, 'none') as "found!"
        from found limit 100
        "#
    )
    .fetch_all(db)
    .await
}
