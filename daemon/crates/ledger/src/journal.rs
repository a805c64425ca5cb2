//! The journal: transactions are posted once for each key, and reversed, never changed.

use sqlx::{Acquire as _, PgConnection};
use uuid::Uuid;

use crate::{LedgerAccount, LedgerError, lock};

/// A part of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    pub account: LedgerAccount,
    /// Minor units: positive is credit, negative is debit.
    pub amount: i64,
}

/// A transaction to be posted.
#[derive(Debug, Clone)]
pub struct Posting<'a> {
    /// Identifies the transaction: a second one with this key and the same content changes nothing.
    pub key: &'a str,
    pub kind: &'a str,
    /// At most one for each account; they sum to zero in each currency.
    pub entries: &'a [Entry],
}

/// Outcome of posting a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Posted {
    Applied(Uuid),
    /// It was posted before.
    Replayed(Uuid),
}

impl Posted {
    pub fn id(self) -> Uuid {
        let (Self::Applied(id) | Self::Replayed(id)) = self;
        id
    }
}

/// Posts a transaction. Accounts are locked in the order of their ids until the caller's transaction ends.
///
/// # Errors
/// Nothing was written: see [`LedgerError`].
pub async fn post(tx: &mut PgConnection, posting: &Posting<'_>) -> Result<Posted, LedgerError> {
    write(tx, posting, None).await
}

/// Posts the opposite of a transaction.
///
/// # Errors
/// Nothing was written: see [`LedgerError`].
pub async fn reverse(tx: &mut PgConnection, key: &str, kind: &str, reversed: Uuid) -> Result<Posted, LedgerError> {
    let entries = sqlx::query!(
        "select account_id, amount from ledger_entries where transaction_id = $1",
        reversed
    )
    .fetch_all(&mut *tx)
    .await?;
    if entries.is_empty() {
        return Err(LedgerError::NotReversible);
    }
    let opposite = entries.iter().map(|entry| Entry {
        account: LedgerAccount(entry.account_id),
        amount: -entry.amount,
    });
    let entries: Vec<_> = opposite.collect();
    write(
        tx,
        &Posting {
            key,
            kind,
            entries: &entries,
        },
        Some(reversed),
    )
    .await
}

/// A part of a transaction to be reversed.
#[derive(Debug, Clone, Copy)]
pub struct PartialReversal<'a> {
    pub key: &'a str,
    pub kind: &'a str,
    pub transaction: Uuid,
    /// Reversed before, of `whole`.
    pub before: i64,
    /// To be reversed now.
    pub amount: i64,
    pub whole: i64,
    /// The account that paid, and the one that gets the amount in its place.
    pub payer: LedgerAccount,
    pub receiver: LedgerAccount,
    /// Takes what rounding leaves.
    pub rest: LedgerAccount,
}

/// Posts the opposite of a part of a transaction: each account gives back its share, and the receiver gets the amount.
///
/// Shares are rounded over everything that was reversed so far, so that parts add up to the whole exactly.
///
/// # Errors
/// Nothing was written: see [`LedgerError`].
pub async fn reverse_part(tx: &mut PgConnection, part: &PartialReversal<'_>) -> Result<Posted, LedgerError> {
    let entries = shares(tx, part).await?;
    post(
        tx,
        &Posting {
            key: part.key,
            kind: part.kind,
            entries: &entries,
        },
    )
    .await
}

/// The entries of a partial reversal.
///
/// # Errors
/// There is no such transaction.
pub async fn shares(tx: &mut PgConnection, part: &PartialReversal<'_>) -> Result<Vec<Entry>, LedgerError> {
    let posted = sqlx::query!(
        "select account_id, amount from ledger_entries where transaction_id = $1",
        part.transaction
    )
    .fetch_all(tx)
    .await?;
    if posted.is_empty() {
        return Err(LedgerError::NotReversible);
    }
    let mut entries = vec![Entry {
        account: part.receiver,
        amount: part.amount,
    }];
    let mut rest = -part.amount;
    let shared = posted
        .iter()
        .map(|entry| (LedgerAccount(entry.account_id), entry.amount))
        .filter(|(account, _)| ![part.payer, part.rest].contains(account));
    for (account, amount) in shared {
        let share = share_of(amount, part.before, part.whole) - share_of(amount, part.before + part.amount, part.whole);
        rest -= share;
        entries.push(Entry { account, amount: share });
    }
    entries.push(Entry {
        account: part.rest,
        amount: rest,
    });
    entries.retain(|entry| entry.amount != 0);
    Ok(entries)
}

/// The accounts that a transaction moved money between.
pub async fn accounts_of(tx: &mut PgConnection, transaction: Uuid) -> sqlx::Result<Vec<LedgerAccount>> {
    let accounts = sqlx::query_scalar!(
        "select account_id from ledger_entries where transaction_id = $1",
        transaction
    )
    .fetch_all(tx)
    .await?;
    Ok(accounts.into_iter().map(LedgerAccount).collect())
}

fn share_of(amount: i64, part: i64, whole: i64) -> i64 {
    let share = i128::from(amount) * i128::from(part) / i128::from(whole.max(1));
    i64::try_from(share).expect("a part is no larger than the whole")
}

/// In a savepoint: a refused transaction leaves no trace, so its key is free.
async fn write(tx: &mut PgConnection, posting: &Posting<'_>, reverses: Option<Uuid>) -> Result<Posted, LedgerError> {
    let mut savepoint = tx.begin().await?;
    let posted = write_in(&mut savepoint, posting, reverses).await;
    match posted {
        Ok(posted) => {
            savepoint.commit().await?;
            Ok(posted)
        }
        Err(error) => {
            savepoint.rollback().await?;
            Err(error)
        }
    }
}

async fn write_in(tx: &mut PgConnection, posting: &Posting<'_>, reverses: Option<Uuid>) -> Result<Posted, LedgerError> {
    let key = posting.key;
    let accounts: Vec<i64> = posting.entries.iter().map(|entry| entry.account.0).collect();
    let amounts: Vec<i64> = posting.entries.iter().map(|entry| entry.amount).collect();
    let id = Uuid::now_v7();
    let inserted = sqlx::query!(
        r#"
        insert into ledger_transactions (id, key, kind, fingerprint, reverses)
        values ($1, $2, $3, coalesce(ledger_fingerprint($2, $3, $4, $5), sha256('')), $6) on conflict (key) do nothing
        "#,
        id,
        key,
        posting.kind,
        &accounts,
        &amounts,
        reverses
    )
    .execute(&mut *tx)
    .await
    .map_err(|error| LedgerError::from_statement(error, key))?;
    if inserted.rows_affected() == 0 {
        return replayed(tx, posting, (&accounts, &amounts)).await;
    }
    let locked = lock(&mut *tx, posting.entries.iter().map(|entry| entry.account)).await?;
    if accounts.is_empty() || locked.len() != accounts.len() {
        return Err(LedgerError::Malformed { key: key.to_owned() });
    }
    // The statement after the lock sees what those who held it before have written.
    sqlx::query!(
        r#"
        with moved as (
            update ledger_accounts account set balance = account.balance + entry.amount, seq = account.seq + 1,
                head = ledger_hash(account.head, transaction.fingerprint, account.seq + 1, entry.amount)
            from unnest($2::bigint[], $3::bigint[]) entry(account, amount), ledger_transactions transaction
            where account.id = entry.account and transaction.id = $1
            returning account.id, account.seq, entry.amount, account.currency, account.head)
        insert into ledger_entries (account_id, seq, transaction_id, amount, currency, hash)
        select id, seq, $1, amount, currency, head from moved
        "#,
        id,
        &accounts,
        &amounts
    )
    .execute(&mut *tx)
    .await
    .map_err(|error| LedgerError::from_statement(error, key))?;
    Ok(Posted::Applied(id))
}

async fn replayed(
    tx: &mut PgConnection,
    posting: &Posting<'_>,
    (accounts, amounts): (&[i64], &[i64]),
) -> Result<Posted, LedgerError> {
    let earlier = sqlx::query!(
        r#"
        select id, fingerprint = ledger_fingerprint($1, $2, $3, $4) as "is_same!"
        from ledger_transactions where key = $1
        "#,
        posting.key,
        posting.kind,
        accounts,
        amounts
    )
    .fetch_one(tx)
    .await?;
    if earlier.is_same {
        Ok(Posted::Replayed(earlier.id))
    } else {
        Err(LedgerError::KeyReused {
            key: posting.key.to_owned(),
        })
    }
}
