//! Holds: a part of a balance that is reserved.

use sqlx::{Acquire as _, PgConnection};
use uuid::Uuid;

use crate::{LedgerAccount, LedgerError};

/// A hold to be placed.
#[derive(Debug, Clone, Copy)]
pub struct Hold<'a> {
    /// A second hold of this key is the first one.
    pub key: &'a str,
    pub account: LedgerAccount,
    /// Minor units.
    pub amount: i64,
}

/// The end of a hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The amount is about to be posted, in the same transaction of the database.
    Captured,
    /// The amount is available again.
    Released,
}

impl Ending {
    fn as_str(self) -> &'static str {
        match self {
            Self::Captured => "captured",
            Self::Released => "released",
        }
    }
}

/// Places a hold. Answers with its id.
///
/// # Errors
/// Insufficient funds, or the key was used for another hold.
pub async fn hold(tx: &mut PgConnection, hold: Hold<'_>) -> Result<Uuid, LedgerError> {
    let mut savepoint = tx.begin().await?;
    let id = Uuid::now_v7();
    let placed = sqlx::query!(
        "insert into ledger_holds (id, key, account_id, amount) values ($1, $2, $3, $4) on conflict (key) do nothing",
        id,
        hold.key,
        hold.account.0,
        hold.amount
    )
    .execute(&mut *savepoint)
    .await?;
    if placed.rows_affected() == 0 {
        savepoint.rollback().await?;
        return earlier(tx, hold).await;
    }
    let held = sqlx::query!(
        "update ledger_accounts set held = held + $2 where id = $1",
        hold.account.0,
        hold.amount
    )
    .execute(&mut *savepoint)
    .await;
    match held {
        Ok(_) => {
            savepoint.commit().await?;
            Ok(id)
        }
        Err(error) => {
            savepoint.rollback().await?;
            Err(LedgerError::from_statement(error, hold.key))
        }
    }
}

async fn earlier(tx: &mut PgConnection, hold: Hold<'_>) -> Result<Uuid, LedgerError> {
    let earlier = sqlx::query!(
        "select id, account_id, amount from ledger_holds where key = $1",
        hold.key
    )
    .fetch_one(tx)
    .await?;
    if (earlier.account_id, earlier.amount) == (hold.account.0, hold.amount) {
        Ok(earlier.id)
    } else {
        Err(LedgerError::KeyReused {
            key: hold.key.to_owned(),
        })
    }
}

/// The account that a hold is on.
///
/// # Errors
/// There is no such hold.
pub async fn holder(tx: &mut PgConnection, id: Uuid) -> Result<LedgerAccount, LedgerError> {
    let account = sqlx::query_scalar!("select account_id from ledger_holds where id = $1", id)
        .fetch_optional(tx)
        .await?;
    account.map(LedgerAccount).ok_or(LedgerError::NotHeld)
}

/// Ends a hold. Idempotent. A transaction that posts as well calls [`crate::lock`] before.
///
/// # Errors
/// There is no such hold, or it ended otherwise.
pub async fn end_hold(tx: &mut PgConnection, id: Uuid, ending: Ending) -> Result<(), LedgerError> {
    let ended = sqlx::query!(
        r#"
        with ended as (
            update ledger_holds set state = $2, ended_at = now() where id = $1 and state = 'open' returning account_id, amount)
        update ledger_accounts account set held = account.held - ended.amount from ended where account.id = ended.account_id
        "#,
        id,
        ending.as_str()
    )
    .execute(&mut *tx)
    .await?;
    if ended.rows_affected() == 1 {
        return Ok(());
    }
    let state = sqlx::query_scalar!("select state from ledger_holds where id = $1", id)
        .fetch_optional(tx)
        .await?;
    match state {
        Some(state) if state == ending.as_str() => Ok(()),
        _ => Err(LedgerError::NotHeld),
    }
}
