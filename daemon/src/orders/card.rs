//! Payments by card, on our side: what came in is store credit, held at once for the order that it pays.

use std::time::Duration;

use anyhow::Context as _;
use sqlx::PgConnection;
use tradepost_common::ids::{OrderId, PaymentId};
use tradepost_common::orders::OrderState;
use tradepost_common::payments::PaymentState;
use tradepost_ledger::{Entry, Hold, Posting, hold, post};
use tradepost_queue::Outcome;
use uuid::Uuid;

use super::{dispute, job, queries, refund};
use crate::app::App;
use crate::books;
use crate::jobs::{Job, PayJob, ProviderEventJob, SettleJob};
use crate::payments::{self, Payment, Reached, is_final, service};
use crate::stripe::{Intent, IntentStatus, OUR_ID, StripeError};
use crate::telemetry::alerts::AlertCode;

/// The next try while the provider is away. No attempt is counted.
const AWAY: Duration = Duration::from_secs(3);
/// A buyer waits no longer for the provider.
const AT_ONCE: Duration = Duration::from_secs(10);

/// The job `pay`.
pub async fn run(app: &App, job: PayJob) -> anyhow::Result<Outcome> {
    provider_outcome(app, advance(app, job.payment_id).await)
}

/// The job `provider_event`: looks at the object of an event.
pub async fn look(app: &App, job: ProviderEventJob) -> anyhow::Result<Outcome> {
    let looked = match job.object.as_str() {
        "payment_intent" => look_at_intent(app, &job.object_id).await,
        "refund" => refund::look(app, &job.object_id).await,
        "dispute" => dispute::look(app, &job.object_id).await,
        "disputes" => dispute::look_at_all(app).await.map(|()| None),
        _ => return Ok(Outcome::Discard(format!("there is no object {}", job.object))),
    };
    if let (Ok(payment), Some(event)) = (&looked, &job.event_id) {
        service::set_handled(&app.db, event, *payment).await?;
    }
    provider_outcome(app, looked.map(|_| ()))
}

/// While the provider is away its jobs wait; every answer of it ends the alert.
pub(super) fn provider_outcome(app: &App, result: anyhow::Result<()>) -> anyhow::Result<Outcome> {
    match result {
        Ok(()) => {
            app.alerts.clear(AlertCode::PaymentsDown);
            Ok(Outcome::Done)
        }
        Err(error) => match error.downcast_ref::<StripeError>() {
            Some(StripeError::Away(why)) => {
                let message = format!("the payment provider does not answer; payments and refunds wait: {why}");
                app.alerts.raise(AlertCode::PaymentsDown, message);
                Ok(Outcome::Retry(AWAY))
            }
            _ => Err(error),
        },
    }
}

/// The payment may not be known by this id yet: the answer that told it got lost, or is still on its way.
async fn look_at_intent(app: &App, provider_id: &str) -> anyhow::Result<Option<PaymentId>> {
    let known = service::by_provider_id(&app.db, provider_id).await?;
    let id = match known {
        Some(id) => Some(id),
        None => {
            let intent = payments::client(app)?.intent(provider_id).await?;
            intent.metadata.get(OUR_ID).and_then(|id| id.parse().ok())
        }
    };
    // Without our id it is not a payment of this marketplace.
    let Some(id) = id else { return Ok(None) };
    if service::find(&app.db, id).await?.is_none() {
        service::differs(app, ("unknown-payment", provider_id), "a payment of ours", "none").await?;
        return Ok(None);
    }
    advance(app, id).await?;
    Ok(Some(id))
}

/// Brings a payment on at the provider, and the books to what the provider says. Idempotent.
///
/// # Errors
/// [`StripeError::Away`] when the provider does not answer.
pub async fn advance(app: &App, id: PaymentId) -> anyhow::Result<()> {
    let payment = service::find(&app.db, id).await?.context("the payment is gone")?;
    if payment.state == PaymentState::Succeeded {
        return Ok(());
    }
    let reached = payments::reach(app, &payment).await?;
    let mut tx = app.db.begin().await?;
    service::lock(&mut tx, id).await?;
    let payment = service::find(&mut *tx, id).await?.context("the payment is gone")?;
    let difference = apply(app, &mut tx, &payment, &reached).await?;
    tx.commit().await?;
    if let Some([rule, expected, found]) = difference {
        service::differs(app, (&rule, &id.to_string()), &expected, &found).await?;
    }
    Ok(())
}

/// The rule that the provider breaks, with what was expected and what was found.
type Difference = [String; 3];

/// Brings the books of a locked payment to what the provider said.
async fn apply(
    app: &App,
    tx: &mut PgConnection,
    payment: &Payment,
    reached: &Reached,
) -> anyhow::Result<Option<Difference>> {
    let intent = match reached {
        _ if payment.state == PaymentState::Succeeded => return Ok(None),
        Reached::Refused(note) if !is_final(payment.state) => {
            cancel(app, tx, payment, note).await?;
            return Ok(None);
        }
        Reached::Refused(_) => return Ok(None),
        Reached::Intent(intent) => intent,
    };
    if let Some(difference) = difference(payment, intent) {
        return Ok(Some(difference));
    }
    match intent.status {
        _ if is_final(payment.state) => {}
        IntentStatus::Succeeded => take_in(app, tx, payment).await?,
        IntentStatus::Canceled => {
            let note = payment
                .note
                .as_deref()
                .unwrap_or("The payment was canceled at the provider.");
            cancel(app, tx, payment, note).await?;
        }
        status => service::set_open(tx, payment.id, payments::state_of(status)).await?,
    }
    Ok(None)
}

/// Money that is not what was asked for moves nothing until somebody has looked at it.
fn difference(payment: &Payment, intent: &Intent) -> Option<Difference> {
    if payment.state == PaymentState::Canceled && intent.status == IntentStatus::Succeeded {
        let texts = ["paid-after-cancel", "canceled", "succeeded"];
        return Some(texts.map(str::to_owned));
    }
    let expected = format!("{} {}", payment.amount_minor, payment.currency);
    let found = format!("{} {}", intent.amount, intent.currency.to_ascii_uppercase());
    (expected != found).then(|| ["amount".to_owned(), expected, found])
}

/// The money came in.
async fn take_in(app: &App, tx: &mut PgConnection, payment: &Payment) -> anyhow::Result<()> {
    let order = match payment.order_id {
        Some(id) => Some((id, queries::lock(&mut *tx, id).await?.context("the order is gone")?)),
        None => None,
    };
    let key = format!("payment:{}", payment.id);
    let amount = payment.amount_minor;
    let wallet = books::wallet(&mut *tx, &payment.account, &payment.currency).await?;
    let provider = books::provider(&mut *tx, &payment.currency, &key).await?;
    let entries = [
        Entry {
            account: provider,
            amount: -amount,
        },
        Entry {
            account: wallet,
            amount,
        },
    ];
    let posting = Posting {
        key: &key,
        kind: "payment",
        entries: &entries,
    };
    let posted = post(&mut *tx, &posting).await.context("posting the payment")?;
    service::set_succeeded(&mut *tx, payment.id, posted.id()).await?;
    if let Some((id, order)) = order
        && order.state == OrderState::AwaitingPayment
    {
        let held = Hold {
            key: &format!("order:{id}"),
            account: wallet,
            amount,
        };
        let held = hold(&mut *tx, held).await.context("holding what was paid")?;
        place(app, tx, id, held).await?;
    }
    Ok(())
}

async fn place(app: &App, tx: &mut PgConnection, id: OrderId, hold: Uuid) -> anyhow::Result<()> {
    queries::set_placed(&mut *tx, id, hold).await?;
    let settle = Job::Settle(SettleJob { order_id: id }).message();
    app.broker.send(tx, &[settle]).await?;
    Ok(())
}

/// Nothing was paid, and nothing can be any more.
async fn cancel(app: &App, tx: &mut PgConnection, payment: &Payment, note: &str) -> anyhow::Result<()> {
    service::set_canceled(&mut *tx, payment.id, note).await?;
    if let Some(order) = payment.order_id {
        job::fail(app, tx, order, note).await?;
    }
    Ok(())
}

/// Drives a new payment while its buyer waits. Whatever fails is tried again by its message.
pub async fn try_at_once(app: &App, id: PaymentId) {
    match tokio::time::timeout(AT_ONCE, advance(app, id)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::info!(payment.id = %id, error = format!("{error:#}"), "a payment waits for the provider")
        }
        Err(_) => tracing::info!(payment.id = %id, "a payment waits for the provider: it is slow"),
    }
}
