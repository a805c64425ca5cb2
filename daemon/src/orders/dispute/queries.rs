use serde_json::Value;
use sqlx::{PgConnection, PgExecutor};
use time::OffsetDateTime;
use tradepost_common::ids::{DisputeId, OrderId, PaymentId};
use tradepost_common::payments::{DisputeRow, DisputeState};
use uuid::Uuid;

/// A dispute to be inserted.
pub struct NewDispute<'a> {
    pub id: DisputeId,
    pub provider_id: &'a str,
    pub payment: PaymentId,
    pub order: Option<OrderId>,
    pub amount_minor: i64,
    pub currency: &'a str,
    pub reason: &'a str,
    pub evidence: Value,
}

/// A dispute whose row is locked.
pub struct LockedDispute {
    pub id: DisputeId,
    pub state: DisputeState,
    pub amount_minor: i64,
    pub hold_ids: Vec<Uuid>,
}

pub async fn insert(tx: &mut PgConnection, new: &NewDispute<'_>) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into disputes (id, provider_id, payment_id, order_id, amount_minor, currency, reason, evidence)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        "#,
        new.id.0,
        new.provider_id,
        new.payment.0,
        new.order.map(|id| id.0),
        new.amount_minor,
        new.currency,
        new.reason,
        new.evidence
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Locks a dispute until the caller's transaction ends.
pub async fn lock(tx: &mut PgConnection, provider_id: &str) -> sqlx::Result<Option<LockedDispute>> {
    sqlx::query_as!(
        LockedDispute,
        r#"
        select id as "id: DisputeId", state as "state: DisputeState", amount_minor, hold_ids from disputes
        where provider_id = $1 for no key update
        "#,
        provider_id
    )
    .fetch_optional(tx)
    .await
}

pub async fn set_holds(tx: &mut PgConnection, id: DisputeId, holds: &[Uuid]) -> sqlx::Result<()> {
    sqlx::query!("update disputes set hold_ids = $2 where id = $1", id.0, holds)
        .execute(tx)
        .await?;
    Ok(())
}

pub async fn set_closed(tx: &mut PgConnection, id: DisputeId, state: DisputeState) -> sqlx::Result<()> {
    sqlx::query!(
        "update disputes set state = $2, closed_at = now(), checked_at = now() where id = $1",
        id.0,
        state.as_str()
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The provider's ids of open disputes, at most 500.
pub async fn open(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!("select provider_id from disputes where state = 'open' order by opened_at limit 500")
        .fetch_all(db)
        .await
}

/// The entitlements of an order, as JSON.
pub async fn granted(tx: &mut PgConnection, order: OrderId) -> sqlx::Result<Value> {
    sqlx::query_scalar!(
        r#"
        select coalesce(jsonb_agg(jsonb_build_object('kind', kind, 'product_id', product_id, 'licence', licence, 'granted_at', granted_at,
            'downloads', downloads)), '[]') as "granted!"
        from entitlements where order_id = $1
        "#,
        order.0
    )
    .fetch_one(tx)
    .await
}

/// The conditions of a list of disputes.
#[derive(Debug, Default, Clone, Copy)]
pub struct Filter {
    pub state: Option<DisputeState>,
    pub order: Option<OrderId>,
    pub before: Option<DisputeId>,
}

impl Filter {
    pub fn open() -> Self {
        Self {
            state: Some(DisputeState::Open),
            ..Self::default()
        }
    }
}

/// Disputes, newest first.
pub async fn list(db: impl PgExecutor<'_>, filter: Filter, limit: i64) -> sqlx::Result<Vec<DisputeRow>> {
    sqlx::query_as!(
        DisputeRow,
        r#"
        select dispute.id as "id: DisputeId", dispute.provider_id, payment_id as "payment_id: PaymentId",
            dispute.order_id as "order_id: OrderId", account.name as account, dispute.state as "state: DisputeState",
            dispute.amount_minor, dispute.currency, dispute.reason, opened_at, closed_at
        from disputes dispute join payments payment on payment.id = dispute.payment_id
            join accounts account on account.id = payment.account_id
        where ($1::text is null or dispute.state = $1) and ($2::uuid is null or dispute.id < $2)
            and ($3::uuid is null or dispute.order_id = $3)
        order by dispute.id desc limit $4
        "#,
        filter.state.map(DisputeState::as_str),
        filter.before.map(|id| id.0),
        filter.order.map(|id| id.0),
        limit
    )
    .fetch_all(db)
    .await
}

/// The evidence of a dispute as it was collected, with its order and the time when it was opened.
pub struct Evidence {
    pub order_id: Option<OrderId>,
    pub opened_at: OffsetDateTime,
    pub collected: Value,
}

pub async fn evidence(db: impl PgExecutor<'_>, id: DisputeId) -> sqlx::Result<Option<Evidence>> {
    sqlx::query_as!(
        Evidence,
        r#"select order_id as "order_id: OrderId", opened_at, evidence as collected from disputes where id = $1"#,
        id.0
    )
    .fetch_optional(db)
    .await
}
