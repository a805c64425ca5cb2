use sqlx::{PgConnection, PgExecutor};
use time::OffsetDateTime;
use tradepost_common::ids::{AccountId, PayoutBatchId, PayoutId};
use tradepost_common::payouts::{NewPayouts, PayoutBatch, PayoutRow, PayoutState};
use uuid::Uuid;

/// A contributor who can be paid.
pub struct BankAccount {
    pub account_id: AccountId,
    pub name: String,
    pub holder: String,
    pub iban: String,
}

/// A payout to be inserted.
pub struct NewPayout<'a> {
    pub id: PayoutId,
    pub batch: PayoutBatchId,
    pub contributor: &'a BankAccount,
    pub amount_minor: i64,
    pub hold_id: Uuid,
}

/// A payout whose row is locked.
pub struct LockedPayout {
    pub id: PayoutId,
    pub account: String,
    pub currency: String,
    pub amount_minor: i64,
    pub state: PayoutState,
    pub hold_id: Uuid,
    /// The transaction that paid it.
    pub transaction_id: Option<Uuid>,
}

/// `false`: the key has a batch.
pub async fn insert_batch(
    tx: &mut PgConnection,
    id: PayoutBatchId,
    new: &NewPayouts,
    user: &str,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        insert into payout_batches (id, key, currency, minimum_minor, requested_by) values ($1, $2, $3, $4, $5)
        on conflict (key) do nothing
        "#,
        id.0,
        new.key,
        new.currency,
        new.minimum_minor,
        user
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The batch of the same request.
pub async fn by_key(tx: &mut PgConnection, new: &NewPayouts) -> sqlx::Result<Option<PayoutBatchId>> {
    sqlx::query_scalar!(
        r#"select id as "id: PayoutBatchId" from payout_batches where key = $1 and currency = $2 and minimum_minor = $3"#,
        new.key,
        new.currency,
        new.minimum_minor
    )
    .fetch_optional(tx)
    .await
}

pub async fn is_known(db: impl PgExecutor<'_>, key: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from payout_batches where key = $1) as "is_known!""#,
        key
    )
    .fetch_one(db)
    .await
}

/// Contributors with a bank account who are not suspended.
pub async fn bank_accounts(tx: &mut PgConnection) -> sqlx::Result<Vec<BankAccount>> {
    sqlx::query_as!(
        BankAccount,
        r#"
        select account.id as "account_id: AccountId", account.name, bank.holder, bank.iban
        from payout_accounts bank join accounts account on account.id = bank.account_id
        where account.banned_at is null order by account.name
        "#
    )
    .fetch_all(tx)
    .await
}

pub async fn insert(tx: &mut PgConnection, new: &NewPayout<'_>) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into payouts (id, batch_id, account_id, holder, iban, amount_minor, hold_id) values ($1, $2, $3, $4, $5, $6, $7)",
        new.id.0,
        new.batch.0,
        new.contributor.account_id.0,
        new.contributor.holder,
        new.contributor.iban,
        new.amount_minor,
        new.hold_id
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Payouts of a batch, or one of them, locked until the transaction ends.
pub async fn lock(
    tx: &mut PgConnection,
    batch: PayoutBatchId,
    payout: Option<PayoutId>,
) -> sqlx::Result<Vec<LockedPayout>> {
    sqlx::query_as!(
        LockedPayout,
        r#"
        select payout.id as "id: PayoutId", account.name as account, batch.currency, payout.amount_minor,
            payout.state as "state: PayoutState", payout.hold_id, payout.transaction_id
        from payouts payout join payout_batches batch on batch.id = payout.batch_id join accounts account on account.id = payout.account_id
        where payout.batch_id = $1 and ($2::uuid is null or payout.id = $2) order by payout.id for no key update of payout
        "#,
        batch.0,
        payout.map(|id| id.0)
    )
    .fetch_all(tx)
    .await
}

/// `false`: it was sent before, or is not there.
pub async fn set_sent(tx: &mut PgConnection, batch: PayoutBatchId) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update payout_batches set sent_at = now() where id = $1 and sent_at is null",
        batch.0
    )
    .execute(&mut *tx)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query!(
        "update payouts set state = 'sent' where batch_id = $1 and state = 'requested'",
        batch.0
    )
    .execute(tx)
    .await?;
    Ok(true)
}

pub async fn set_paid(tx: &mut PgConnection, id: PayoutId, transaction: Uuid) -> sqlx::Result<()> {
    sqlx::query!(
        "update payouts set state = 'paid', transaction_id = $2, settled_at = now() where id = $1",
        id.0,
        transaction
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub async fn set_failed(tx: &mut PgConnection, id: PayoutId, note: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "update payouts set state = 'failed', note = $2, settled_at = now() where id = $1",
        id.0,
        note
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Batches, newest first, at most 200; or one.
pub async fn batches(db: impl PgExecutor<'_>, id: Option<PayoutBatchId>) -> sqlx::Result<Vec<PayoutBatch>> {
    sqlx::query_as!(
        PayoutBatch,
        r#"
        select batch.id as "id: PayoutBatchId", batch.currency, batch.requested_by, batch.requested_at, batch.sent_at,
            count(*) as "payouts!", sum(payout.amount_minor)::bigint as "total_minor!",
            count(*) filter (where payout.state in ('requested', 'sent')) as "open!",
            count(*) filter (where payout.state = 'failed') as "failed!"
        from payout_batches batch join payouts payout on payout.batch_id = batch.id
        where $1::uuid is null or batch.id = $1
        group by batch.id order by batch.id desc limit 200
        "#,
        id.map(|id| id.0)
    )
    .fetch_all(db)
    .await
}

pub async fn of_batch(tx: &mut PgConnection, batch: PayoutBatchId) -> sqlx::Result<Vec<PayoutRow>> {
    sqlx::query_as!(
        PayoutRow,
        r#"
        select payout.id as "id: PayoutId", account.name as account, payout.holder, payout.iban, payout.amount_minor,
            payout.state as "state: PayoutState", payout.note, payout.settled_at
        from payouts payout join accounts account on account.id = payout.account_id
        where payout.batch_id = $1 order by payout.id
        "#,
        batch.0
    )
    .fetch_all(tx)
    .await
}

/// A payout as its contributor sees it.
pub struct OwnPayout {
    pub id: PayoutId,
    pub currency: String,
    pub amount_minor: i64,
    pub state: PayoutState,
    pub note: Option<String>,
    pub requested_at: OffsetDateTime,
    pub settled_at: Option<OffsetDateTime>,
}

/// Payouts of an account, newest first, at most 200.
pub async fn of_account(db: impl PgExecutor<'_>, account: AccountId) -> sqlx::Result<Vec<OwnPayout>> {
    sqlx::query_as!(
        OwnPayout,
        r#"
        select payout.id as "id: PayoutId", batch.currency, payout.amount_minor, payout.state as "state: PayoutState", payout.note,
            batch.requested_at, payout.settled_at
        from payouts payout join payout_batches batch on batch.id = payout.batch_id
        where payout.account_id = $1 order by payout.id desc limit 200
        "#,
        account.0
    )
    .fetch_all(db)
    .await
}

/// A payout and whom it belongs to.
pub struct ToldPayout {
    pub account_id: AccountId,
    pub currency: String,
    pub amount_minor: i64,
    pub iban: String,
    pub state: PayoutState,
    pub note: Option<String>,
}

pub async fn told(tx: &mut PgConnection, id: PayoutId) -> sqlx::Result<Option<ToldPayout>> {
    sqlx::query_as!(
        ToldPayout,
        r#"
        select payout.account_id as "account_id: AccountId", batch.currency, payout.amount_minor, payout.iban,
            payout.state as "state: PayoutState", payout.note
        from payouts payout join payout_batches batch on batch.id = payout.batch_id where payout.id = $1
        "#,
        id.0
    )
    .fetch_optional(tx)
    .await
}

pub async fn set_bank_account(
    db: impl PgExecutor<'_>,
    account: AccountId,
    holder: &str,
    iban: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into payout_accounts (account_id, holder, iban) values ($1, $2, $3)
        on conflict (account_id) do update set holder = excluded.holder, iban = excluded.iban, set_at = now()
        "#,
        account.0,
        holder,
        iban
    )
    .execute(db)
    .await?;
    Ok(())
}
