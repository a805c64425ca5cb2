//! Proves the stored balances against the journal.

use sqlx::PgExecutor;

/// A place where the books are wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The rule: `balance`, `chain`, `fingerprint`, `held`, `sequence` or `zero-sum`.
    pub rule: String,
    /// An account or a transaction.
    pub subject: String,
    pub expected: String,
    pub found: String,
}

/// Compares everything that is stored with the journal, and the journal with its hashes. Empty: the books are right.
///
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
