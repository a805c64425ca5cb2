use sqlx::{PgConnection, PgExecutor};
use tradepost_common::ids::{AccountId, OrderId, PaymentId};
use tradepost_common::payments::{PaymentPurpose, PaymentRow, PaymentState};
use uuid::Uuid;

use super::{LOST_AFTER, NewPayment, Payment};

mod notes;

pub use notes::{
    decline_at, delete_difference, differences, events, forget, insert_decline, insert_difference, insert_event,
    set_handled, start_sweep,
};

pub async fn insert(tx: &mut PgConnection, new: &NewPayment<'_>) -> sqlx::Result<()> {
    let purpose = if new.order.is_some() {
        PaymentPurpose::Order
    } else {
        PaymentPurpose::TopUp
    };
    sqlx::query!(
        r#"
        insert into payments (id, account_id, purpose, order_id, idempotency_key, amount_minor, currency, method, network, products)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        "#,
        new.id.0,
        new.account.0,
        purpose.as_str(),
        new.order.map(|id| id.0),
        new.idempotency_key,
        new.amount_minor,
        new.currency,
        new.method,
        new.network,
        new.products
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// By the id of the payment, or by that of its order.
pub async fn find(
    db: impl PgExecutor<'_>,
    id: Option<PaymentId>,
    order: Option<OrderId>,
) -> sqlx::Result<Option<Payment>> {
    sqlx::query_as!(
        Payment,
        r#"
        select payment.id as "id: PaymentId", account_id as "account_id: AccountId", account.name as account,
            purpose as "purpose: PaymentPurpose", order_id as "order_id: OrderId", amount_minor, currency,
            state as "state: PaymentState", method, provider_id, client_secret, fingerprint, network, products, note,
            cancel_asked_at is not null as "is_given_up!"
        from payments payment join accounts account on account.id = payment.account_id
        where ($1::uuid is null or payment.id = $1) and ($2::uuid is null or payment.order_id = $2)
            and ($1::uuid is not null or $2::uuid is not null)
        "#,
        id.map(|id| id.0),
        order.map(|id| id.0)
    )
    .fetch_optional(db)
    .await
}

/// Locks a payment until the caller's transaction ends.
pub async fn lock(tx: &mut PgConnection, id: PaymentId) -> sqlx::Result<bool> {
    let locked = sqlx::query_scalar!("select id from payments where id = $1 for no key update", id.0)
        .fetch_optional(tx)
        .await?;
    Ok(locked.is_some())
}

/// The top-up that a key has started, with its amount, currency and method.
pub async fn by_key(tx: &mut PgConnection, account: AccountId, key: &str) -> sqlx::Result<Option<PaymentId>> {
    sqlx::query_scalar!(
        r#"select id as "id: PaymentId" from payments where account_id = $1 and idempotency_key = $2"#,
        account.0,
        key
    )
    .fetch_optional(tx)
    .await
}

pub async fn by_provider_id(db: impl PgExecutor<'_>, provider_id: &str) -> sqlx::Result<Option<PaymentId>> {
    sqlx::query_scalar!(
        r#"select id as "id: PaymentId" from payments where provider_id = $1"#,
        provider_id
    )
    .fetch_optional(db)
    .await
}

pub async fn set_provider(
    db: impl PgExecutor<'_>,
    id: PaymentId,
    provider_id: &str,
    secret: Option<&str>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update payments set provider_id = $2, client_secret = coalesce($3, client_secret) where id = $1 and state = 'new'",
        id.0,
        provider_id,
        secret
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn set_fingerprint(db: impl PgExecutor<'_>, id: PaymentId, fingerprint: &str) -> sqlx::Result<()> {
    sqlx::query!("update payments set fingerprint = $2 where id = $1", id.0, fingerprint)
        .execute(db)
        .await?;
    Ok(())
}

/// Sets the state of a payment that is open, and when it was looked at.
pub async fn set_open(tx: &mut PgConnection, id: PaymentId, state: PaymentState) -> sqlx::Result<()> {
    sqlx::query!(
        "update payments set state = $2, checked_at = now(), swept_at = null where id = $1",
        id.0,
        state.as_str()
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub async fn set_succeeded(tx: &mut PgConnection, id: PaymentId, transaction: Uuid) -> sqlx::Result<()> {
    sqlx::query!(
        "update payments set state = 'succeeded', transaction_id = $2, note = null, checked_at = now(), settled_at = now() where id = $1",
        id.0,
        transaction
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub async fn set_canceled(tx: &mut PgConnection, id: PaymentId, note: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "update payments set state = 'canceled', note = $2, checked_at = now(), settled_at = now() where id = $1",
        id.0,
        note
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Asks for the end of a payment that is open.
pub async fn give_up(db: impl PgExecutor<'_>, id: PaymentId, note: &str) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update payments set cancel_asked_at = coalesce(cancel_asked_at, now()), note = coalesce(note, $2)
        where id = $1 and state not in ('succeeded', 'canceled')
        "#,
        id.0,
        note
    )
    .execute(db)
    .await?;
    Ok(())
}

/// `true`: this is the first time that the decline is seen.
pub async fn set_declined(tx: &mut PgConnection, id: PaymentId) -> sqlx::Result<bool> {
    let declined = sqlx::query!(
        "update payments set declined_at = now() where id = $1 and declined_at is null",
        id.0
    )
    .execute(tx)
    .await?;
    Ok(declined.rows_affected() == 1)
}

/// Asks for the end of payments that nobody paid in time. Answers with their number.
pub async fn expire(db: impl PgExecutor<'_>, minutes: i32, note: &str) -> sqlx::Result<u64> {
    let expired = sqlx::query!(
        r#"
        update payments set cancel_asked_at = now(), note = coalesce(note, $2), checked_at = 'epoch'
        where state not in ('succeeded', 'canceled') and cancel_asked_at is null
            and created_at < now() - make_interval(mins => $1)
        "#,
        minutes,
        note
    )
    .execute(db)
    .await?;
    Ok(expired.rows_affected())
}

/// Open payments that nobody looked at for so many seconds. The sweep sends a message for each, and no other before that one was handled or, after
/// [`LOST_AFTER`] times as long, counts as lost.
pub async fn due(tx: &mut PgConnection, seconds: i32, limit: i64) -> sqlx::Result<Vec<PaymentId>> {
    sqlx::query_scalar!(
        r#"
        update payments set checked_at = now(), swept_at = now() where id in (
            select id from payments where state not in ('succeeded', 'canceled')
                and checked_at < now() - make_interval(secs => $1::integer)
                and coalesce(swept_at < now() - make_interval(secs => $3::integer), true)
            order by checked_at limit $2 for no key update skip locked)
        returning id as "id: PaymentId"
        "#,
        seconds,
        limit,
        seconds.saturating_mul(LOST_AFTER)
    )
    .fetch_all(tx)
    .await
}

/// Open payments older than so many minutes, or one payment.
pub async fn rows(db: impl PgExecutor<'_>, id: Option<PaymentId>, minutes: i32) -> sqlx::Result<Vec<PaymentRow>> {
    sqlx::query_as!(
        PaymentRow,
        r#"
        select payment.id as "id: PaymentId", account.name as account, purpose as "purpose: PaymentPurpose",
            order_id as "order_id: OrderId", state as "state: PaymentState", amount_minor, currency, provider_id, note,
            payment.created_at, checked_at, settled_at
        from payments payment join accounts account on account.id = payment.account_id
        where case when $1::uuid is null
            then state not in ('succeeded', 'canceled') and payment.created_at < now() - make_interval(mins => $2)
            else payment.id = $1 end
        order by payment.id limit 100
        "#,
        id.map(|id| id.0),
        minutes
    )
    .fetch_all(db)
    .await
}
