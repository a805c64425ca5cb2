//! Events of the provider, declines and differences.

use sqlx::{PgConnection, PgExecutor};
use time::OffsetDateTime;
use tradepost_common::ids::PaymentId;
use tradepost_common::payments::{PaymentDifference, PaymentEvent};

use crate::payments::{LOST_AFTER, SWEEP_EVENT};

/// Keeps an event. `true`: it is new.
pub async fn insert_event(tx: &mut PgConnection, id: &str, kind: &str, object_id: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"
        insert into payment_events (id, kind, object_id) values ($1, $2, $3)
        on conflict (id) do update set deliveries = payment_events.deliveries + 1 returning deliveries = 1 as "is_new!"
        "#,
        id,
        kind,
        object_id
    )
    .fetch_one(tx)
    .await
}

pub async fn set_handled(db: impl PgExecutor<'_>, event: &str, payment: Option<PaymentId>) -> sqlx::Result<()> {
    sqlx::query!(
        "update payment_events set handled_at = now(), payment_id = $2 where id = $1",
        event,
        payment.map(|id| id.0)
    )
    .execute(db)
    .await?;
    Ok(())
}

/// `true`: the last sweep of disputes is longer ago, and was handled or lost; this one counts.
pub async fn start_sweep(tx: &mut PgConnection, seconds: i32) -> sqlx::Result<bool> {
    let started = sqlx::query!(
        r#"
        insert into payment_events (id, kind, object_id) values ($3, 'sweep', 'disputes')
        on conflict (id) do update set received_at = now(), handled_at = null
            where payment_events.received_at < now() - make_interval(secs => case
                when payment_events.handled_at is null then $2::integer else $1::integer end)
        "#,
        seconds,
        seconds.saturating_mul(LOST_AFTER),
        SWEEP_EVENT
    )
    .execute(tx)
    .await?;
    Ok(started.rows_affected() == 1)
}

/// Forgets events that are older than 30 days, and declines that count no more.
pub async fn forget(db: impl PgExecutor<'_>) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        with declines as (delete from payment_declines where at < now() - interval '1 day')
        delete from payment_events where received_at < now() - interval '30 days'
        "#
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn insert_decline(tx: &mut PgConnection, kind: &str, key: &str) -> sqlx::Result<()> {
    sqlx::query!("insert into payment_declines (kind, key) values ($1, $2)", kind, key)
        .execute(tx)
        .await?;
    Ok(())
}

/// The time of the `limit`-th last decline of the last hour; `None`: there were fewer.
pub async fn decline_at(
    db: impl PgExecutor<'_>,
    kind: &str,
    key: &str,
    limit: u32,
) -> sqlx::Result<Option<OffsetDateTime>> {
    sqlx::query_scalar!(
        r#"
        select at from payment_declines where kind = $1 and key = $2 and at > now() - interval '1 hour'
        order by at desc offset $3 limit 1
        "#,
        kind,
        key,
        i64::from(limit) - 1
    )
    .fetch_optional(db)
    .await
}

pub async fn insert_difference(
    db: impl PgExecutor<'_>,
    (rule, subject): (&str, &str),
    expected: &str,
    found: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into payment_differences (rule, subject, expected, found) values ($1, $2, $3, $4)
        on conflict (rule, subject) do update set expected = $3, found = $4
        "#,
        rule,
        subject,
        expected,
        found
    )
    .execute(db)
    .await?;
    Ok(())
}

/// `true`: there was such a difference.
pub async fn delete_difference(tx: &mut PgConnection, rule: &str, subject: &str) -> sqlx::Result<bool> {
    let deleted = sqlx::query!(
        "delete from payment_differences where rule = $1 and subject = $2",
        rule,
        subject
    )
    .execute(tx)
    .await?;
    Ok(deleted.rows_affected() == 1)
}

pub async fn differences(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<PaymentDifference>> {
    sqlx::query_as!(
        PaymentDifference,
        "select rule, subject, expected, found, seen_at from payment_differences order by seen_at limit 100"
    )
    .fetch_all(db)
    .await
}

/// The first hundred events about a payment.
pub async fn events(db: impl PgExecutor<'_>, id: PaymentId) -> sqlx::Result<Vec<PaymentEvent>> {
    sqlx::query_as!(
        PaymentEvent,
        r#"
        select id, kind, object_id, deliveries, received_at, handled_at from payment_events
        where payment_id = $1 order by received_at limit 100
        "#,
        id.0
    )
    .fetch_all(db)
    .await
}
