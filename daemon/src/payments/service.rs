//! Payments in the transactions of others.

use std::time::Duration;

use sqlx::PgConnection;
use tradepost_common::audit::AuditAct;
use tradepost_common::ids::{OrderId, PaymentId};
use tradepost_common::payments::{PaymentDifference, PaymentView, ResolveDifference};

pub use super::queries::{by_key, by_provider_id, lock, set_canceled, set_handled, set_open, set_succeeded};
use super::{NewPayment, Payment, SWEEP_EVENT, queries};
use crate::app::App;
use crate::audit::{self, Actor};
use crate::error::{ApiError, ApiResult};
use crate::jobs::{Job, PayJob, ProviderEventJob};
use crate::telemetry::alerts::AlertCode;

/// Minutes after which an open payment is shown to operators.
pub const STUCK_MINUTES: i32 = 15;
/// The request that made the payment drives it at once. The message is for the case that nobody does.
const SAFETY: Duration = Duration::from_secs(5);
/// Payments of one sweep.
const SWEPT: i64 = 200;

/// Inserts a payment, with the message that brings it on.
pub async fn insert(app: &App, tx: &mut PgConnection, new: &NewPayment<'_>) -> sqlx::Result<()> {
    queries::insert(&mut *tx, new).await?;
    let message = Job::Pay(PayJob { payment_id: new.id }).message().with_delay(SAFETY);
    app.broker.send(tx, &[message]).await
}

pub async fn find(db: impl sqlx::PgExecutor<'_>, id: PaymentId) -> sqlx::Result<Option<Payment>> {
    queries::find(db, Some(id), None).await
}

/// The payment of an order by card.
pub async fn of_order(db: impl sqlx::PgExecutor<'_>, order: OrderId) -> sqlx::Result<Option<Payment>> {
    queries::find(db, None, Some(order)).await
}

/// Asks for the end of a payment: it is canceled at the provider, unless it has succeeded.
pub async fn give_up(app: &App, tx: &mut PgConnection, id: PaymentId, note: &str) -> sqlx::Result<()> {
    queries::give_up(&mut *tx, id, note).await?;
    app.broker
        .send(tx, &[Job::Pay(PayJob { payment_id: id }).message()])
        .await
}

/// Sends messages for payments that expired, and for those that nobody looked at lately.
pub async fn sweep(app: &App) -> anyhow::Result<()> {
    let config = &app.config.payments;
    let minutes = config.expire_minutes;
    let note = format!("It was not paid within {minutes} minutes.");
    queries::expire(&app.db, i32::try_from(minutes)?, &note).await?;
    let seconds = i32::try_from(config.sweep_seconds)?;
    let mut tx = app.db.begin().await?;
    let due = queries::due(&mut tx, seconds, SWEPT).await?;
    let messages = due
        .into_iter()
        .map(|payment_id| Job::Pay(PayJob { payment_id }).message());
    let mut messages: Vec<_> = messages.collect();
    if queries::start_sweep(&mut tx, seconds).await? {
        let job = ProviderEventJob {
            object: "disputes".to_owned(),
            object_id: String::new(),
            event_id: Some(SWEEP_EVENT.to_owned()),
        };
        messages.push(Job::ProviderEvent(job).message());
    }
    app.broker.send(&mut tx, &messages).await?;
    tx.commit().await?;
    queries::forget(&app.db).await?;
    watch(app).await?;
    Ok(())
}

/// Keeps a difference between the provider and the books, and raises the alert.
pub async fn differs(app: &App, place: (&str, &str), expected: &str, found: &str) -> sqlx::Result<()> {
    queries::insert_difference(&app.db, place, expected, found).await?;
    watch(app).await
}

/// Raises the alert while there are differences.
async fn watch(app: &App) -> sqlx::Result<()> {
    match queries::differences(&app.db).await?.first() {
        None => app.alerts.clear(AlertCode::PaymentsDiffer),
        Some(first) => {
            let PaymentDifference {
                rule,
                subject,
                expected,
                found,
                ..
            } = first;
            let message = format!("{rule} of {subject}: expected {expected}, found {found}. See GET /v1/payments.");
            app.alerts.raise(AlertCode::PaymentsDiffer, message);
        }
    }
    Ok(())
}

/// Takes a difference off the list.
///
/// # Errors
/// Not found.
pub async fn resolve(app: &App, actor: &Actor, settled: &ResolveDifference) -> ApiResult<()> {
    let mut tx = app.db.begin().await?;
    if !queries::delete_difference(&mut tx, &settled.rule, &settled.subject).await? {
        return Err(ApiError::NotFound("difference"));
    }
    let subject = format!("payment:{}", settled.subject);
    let detail = serde_json::json!({ "rule": settled.rule, "reason": settled.reason });
    audit::record(&mut tx, actor, AuditAct::PaymentResolve, &subject, detail).await?;
    tx.commit().await?;
    watch(app).await?;
    Ok(())
}

pub async fn differences(app: &App) -> sqlx::Result<Vec<PaymentDifference>> {
    queries::differences(&app.db).await
}

/// Payments that are open for too long.
pub async fn stuck(app: &App) -> sqlx::Result<Vec<tradepost_common::payments::PaymentRow>> {
    queries::rows(&app.db, None, STUCK_MINUTES).await
}

/// A payment with its events.
///
/// # Errors
/// Not found.
pub async fn view(app: &App, id: PaymentId) -> ApiResult<PaymentView> {
    let payment = queries::rows(&app.db, Some(id), 0).await?.pop();
    Ok(PaymentView {
        payment: payment.ok_or(ApiError::NotFound("payment"))?,
        events: queries::events(&app.db, id).await?,
    })
}
