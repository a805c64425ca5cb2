use sqlx::{PgConnection, PgExecutor, PgPool};
use tradepost_common::ids::AccountId;
use uuid::Uuid;

use super::{Delivery, DeliveryState, Webhook, WebhookEvent};

/// A delivery with all that an attempt needs.
pub struct DueDelivery {
    pub webhook_id: Uuid,
    pub event_id: Uuid,
    pub body: String,
    pub url: String,
    pub secret: Vec<u8>,
}

pub async fn insert(
    tx: &mut PgConnection,
    id: Uuid,
    account: AccountId,
    url: &str,
    events: &[WebhookEvent],
    secret: &[u8],
) -> sqlx::Result<()> {
    let events: Vec<_> = events.iter().map(|event| event.as_str().to_owned()).collect();
    sqlx::query!(
        "insert into webhooks (id, account_id, url, events, secret) values ($1, $2, $3, $4, $5)",
        id,
        account.0,
        url,
        &events,
        secret
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Webhooks of an account, newest first.
pub async fn list(db: impl PgExecutor<'_>, account: AccountId) -> sqlx::Result<Vec<Webhook>> {
    sqlx::query_as!(
        Webhook,
        r#"
        select id, url, events as "events: Vec<WebhookEvent>", created_at, failing_since, disabled_at
        from webhooks where account_id = $1 and deleted_at is null order by id desc
        "#,
        account.0
    )
    .fetch_all(db)
    .await
}

/// Webhooks of an account that want an event.
pub async fn wanting(tx: &mut PgConnection, account: AccountId, event: WebhookEvent) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        r#"
        select id from webhooks
        where account_id = $1 and $2 = any(events) and deleted_at is null and disabled_at is null order by id
        "#,
        account.0,
        event.as_str()
    )
    .fetch_all(tx)
    .await
}

pub async fn delete(db: &PgPool, account: AccountId, id: Uuid) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update webhooks set deleted_at = now() where id = $1 and account_id = $2 and deleted_at is null",
        id,
        account.0
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// `None`: the webhook has a delivery of this event already.
pub async fn insert_delivery(
    tx: &mut PgConnection,
    id: Uuid,
    webhook: Uuid,
    (event_id, event): (Uuid, WebhookEvent),
    body: &str,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        insert into webhook_deliveries (id, webhook_id, event_id, event, body) values ($1, $2, $3, $4, $5)
        on conflict on constraint webhook_deliveries_once do nothing
        "#,
        id,
        webhook,
        event_id,
        event.as_str(),
        body
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// A queued delivery of a webhook that is neither deleted nor disabled.
pub async fn due(db: &PgPool, id: Uuid) -> sqlx::Result<Option<DueDelivery>> {
    sqlx::query_as!(
        DueDelivery,
        r#"
        select delivery.webhook_id, delivery.event_id, delivery.body, webhook.url, webhook.secret
        from webhook_deliveries delivery join webhooks webhook on webhook.id = delivery.webhook_id
        where delivery.id = $1 and delivery.state = 'queued' and webhook.deleted_at is null and webhook.disabled_at is null
        "#,
        id
    )
    .fetch_optional(db)
    .await
}

pub async fn set_delivered(tx: &mut PgConnection, id: Uuid, status: i32) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update webhook_deliveries set state = 'delivered', delivered_at = now(), attempts = attempts + 1, last_status = $2,
            last_error = null
        where id = $1
        "#,
        id,
        status
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub async fn set_working(tx: &mut PgConnection, webhook: Uuid) -> sqlx::Result<()> {
    sqlx::query!(
        "update webhooks set failing_since = null where id = $1 and failing_since is not null",
        webhook
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub async fn note_failure(tx: &mut PgConnection, id: Uuid, status: Option<i32>, error: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "update webhook_deliveries set attempts = attempts + 1, last_status = $2, last_error = $3 where id = $1",
        id,
        status,
        error
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Notes that a webhook fails. `true`: it has only failed for so long, and is disabled now.
pub async fn set_failing(tx: &mut PgConnection, webhook: Uuid, hours: i32) -> sqlx::Result<bool> {
    let disabled = sqlx::query_scalar!(
        r#"
        update webhooks set failing_since = coalesce(failing_since, now()),
            disabled_at = case when failing_since < now() - make_interval(hours => $2) then now() end
        where id = $1 and disabled_at is null
        returning disabled_at is not null as "is_disabled!"
        "#,
        webhook,
        hours
    )
    .fetch_optional(tx)
    .await?;
    Ok(disabled.unwrap_or(false))
}

pub async fn set_failed(tx: &mut PgConnection, id: Uuid, reason: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "update webhook_deliveries set state = 'failed', last_error = left($2, 500) where id = $1 and state = 'queued'",
        id,
        reason
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Deliveries of a webhook, newest first.
pub async fn deliveries(
    db: &PgPool,
    account: AccountId,
    webhook: Uuid,
    before: Option<Uuid>,
    limit: i64,
) -> sqlx::Result<Vec<Delivery>> {
    sqlx::query_as!(
        Delivery,
        r#"
        select delivery.id, event_id, event as "event: WebhookEvent", state as "state: DeliveryState", attempts, last_status,
            last_error, delivery.created_at, delivered_at
        from webhook_deliveries delivery join webhooks webhook on webhook.id = delivery.webhook_id
        where webhook.account_id = $1 and webhook.id = $2 and webhook.deleted_at is null and ($3::uuid is null or delivery.id < $3)
        order by delivery.id desc limit $4
        "#,
        account.0,
        webhook,
        before,
        limit
    )
    .fetch_all(db)
    .await
}

/// Queues a delivery of an account again. `false`: there is none, or its webhook is disabled.
pub async fn requeue(tx: &mut PgConnection, account: AccountId, id: Uuid) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        update webhook_deliveries delivery set state = 'queued', delivered_at = null from webhooks webhook
        where delivery.id = $2 and webhook.id = delivery.webhook_id and webhook.account_id = $1 and webhook.deleted_at is null
            and webhook.disabled_at is null
        "#,
        account.0,
        id
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The account and the URL of a webhook.
pub async fn owner(tx: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<(String, String)>> {
    let row = sqlx::query!(
        "select account.name, webhook.url from webhooks webhook join accounts account on account.id = webhook.account_id where webhook.id = $1",
        id
    )
    .fetch_optional(tx)
    .await?;
    Ok(row.map(|row| (row.name, row.url)))
}

pub async fn tidy(db: &PgPool) -> sqlx::Result<()> {
    sqlx::query!("delete from webhook_deliveries where created_at < now() - interval '30 days'")
        .execute(db)
        .await?;
    Ok(())
}
