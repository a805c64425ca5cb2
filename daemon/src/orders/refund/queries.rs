use sqlx::{PgConnection, PgExecutor};
use tradepost_common::ids::{OrderId, PaymentId, RefundId};
use tradepost_common::payments::{PendingRefund, RefundRow, RefundState};
use uuid::Uuid;

use crate::payments::LOST_AFTER;

/// A refund to be inserted: one that the provider pays is pending and held, the others are paid.
pub struct NewRefund<'a> {
    pub id: RefundId,
    pub order: OrderId,
    pub payment: Option<PaymentId>,
    pub amount_minor: i64,
    pub currency: &'a str,
    pub reason: &'a str,
    pub asked_by: Option<&'a str>,
    pub hold_id: Option<Uuid>,
    pub transaction_id: Option<Uuid>,
}

/// A refund that the provider pays.
pub struct CardRefund {
    pub id: RefundId,
    pub state: RefundState,
    pub amount_minor: i64,
    pub currency: String,
    /// The provider's ids of the payment and of the refund.
    pub intent: String,
    pub provider_id: Option<String>,
    pub hold_id: Uuid,
    /// Its idempotency key is younger than the provider remembers.
    pub is_young: bool,
}

pub async fn insert(tx: &mut PgConnection, new: &NewRefund<'_>) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into refunds (id, order_id, payment_id, amount_minor, currency, reason, asked_by, hold_id, transaction_id, state, settled_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, case when $3::uuid is null then 'succeeded' else 'pending' end,
            case when $3::uuid is null then now() end)
        "#,
        new.id.0,
        new.order.0,
        new.payment.map(|id| id.0),
        new.amount_minor,
        new.currency,
        new.reason,
        new.asked_by,
        new.hold_id,
        new.transaction_id
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub async fn find(db: impl PgExecutor<'_>, id: RefundId) -> sqlx::Result<Option<CardRefund>> {
    sqlx::query_as!(
        CardRefund,
        r#"
        select refund.id as "id: RefundId", refund.state as "state: RefundState",
            refund.amount_minor, refund.currency,
            payment.provider_id as "intent!", refund.provider_id, refund.hold_id as "hold_id!",
            refund.created_at > now() - interval '12 hours' as "is_young!"
        from refunds refund join payments payment on payment.id = refund.payment_id
        where refund.id = $1
        "#,
        id.0
    )
    .fetch_optional(db)
    .await
}

/// Locks a refund until the caller's transaction ends.
pub async fn lock(tx: &mut PgConnection, id: RefundId) -> sqlx::Result<Option<RefundState>> {
    sqlx::query_scalar!(
        r#"select state as "state: RefundState" from refunds where id = $1 for no key update"#,
        id.0
    )
    .fetch_optional(tx)
    .await
}

pub async fn set_provider(tx: &mut PgConnection, id: RefundId, provider_id: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "update refunds set provider_id = $2, checked_at = now(), swept_at = null where id = $1",
        id.0,
        provider_id
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub async fn set_succeeded(tx: &mut PgConnection, id: RefundId, transaction: Uuid) -> sqlx::Result<()> {
    sqlx::query!(
        "update refunds set state = 'succeeded', transaction_id = $2, settled_at = now() where id = $1",
        id.0,
        transaction
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub async fn set_failed(tx: &mut PgConnection, id: RefundId, note: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "update refunds set state = 'failed', note = $2, settled_at = now() where id = $1",
        id.0,
        note
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Pending refunds that were not looked at for so many seconds; they count as looked at now.
pub async fn due(tx: &mut PgConnection, seconds: i32, limit: i64) -> sqlx::Result<Vec<RefundId>> {
    sqlx::query_scalar!(
        r#"
        update refunds set checked_at = now(), swept_at = now() where id in (
            select id from refunds where state = 'pending' and checked_at < now() - make_interval(secs => $1::integer)
                and coalesce(swept_at < now() - make_interval(secs => $3::integer), true)
            order by checked_at limit $2 for no key update skip locked)
        returning id as "id: RefundId"
        "#,
        seconds,
        limit,
        seconds.saturating_mul(LOST_AFTER)
    )
    .fetch_all(tx)
    .await
}

/// The refunds of an order, oldest first.
pub async fn of_order(tx: &mut PgConnection, order: OrderId) -> sqlx::Result<Vec<RefundRow>> {
    sqlx::query_as!(
        RefundRow,
        r#"
        select id as "id: RefundId", state as "state: RefundState", amount_minor, reason, provider_id, note, created_at, settled_at
        from refunds where order_id = $1 order by id limit 200
        "#,
        order.0
    )
    .fetch_all(tx)
    .await
}

/// Refunds that are pending for longer than so many minutes.
pub async fn stuck(db: impl PgExecutor<'_>, minutes: i32) -> sqlx::Result<Vec<PendingRefund>> {
    let rows = sqlx::query!(
        r#"
        select order_id as "order_id: OrderId", id as "id: RefundId", state as "state: RefundState", amount_minor, reason, provider_id,
            note, created_at, settled_at
        from refunds where state = 'pending' and created_at < now() - make_interval(mins => $1) order by id limit 100
        "#,
        minutes
    )
    .fetch_all(db)
    .await?;
    let refunds = rows.into_iter().map(|row| PendingRefund {
        order_id: row.order_id,
        refund: RefundRow {
            id: row.id,
            state: row.state,
            amount_minor: row.amount_minor,
            reason: row.reason,
            provider_id: row.provider_id,
            note: row.note,
            created_at: row.created_at,
            settled_at: row.settled_at,
        },
    });
    Ok(refunds.collect())
}
