//! The job of a refund to a card: the provider pays it, and the books follow.

use anyhow::Context as _;
use tradepost_common::ids::{PaymentId, RefundId};
use tradepost_common::payments::RefundState;
use tradepost_ledger::{Ending, Entry, Posting, end_hold, holder, lock, post};
use tradepost_queue::Outcome;

use super::queries::{self, CardRefund};
use crate::app::App;
use crate::books;
use crate::jobs::RefundJob;
use crate::orders::card::provider_outcome;
use crate::payments::{self, service};
use crate::stripe::{self, OUR_ID, RefundStatus, StripeError};

/// The job `refund`.
pub async fn run(app: &App, job: RefundJob) -> anyhow::Result<Outcome> {
    provider_outcome(app, advance(app, job.refund_id).await)
}

/// Has the provider pay a refund, and the books follow what the provider says. Idempotent.
async fn advance(app: &App, id: RefundId) -> anyhow::Result<()> {
    let refund = queries::find(&app.db, id).await?.context("the refund is gone")?;
    if refund.state != RefundState::Pending {
        return Ok(());
    }
    match reach(app, &refund).await {
        Ok(reached) => apply(app, &refund, &reached).await,
        Err(StripeError::Refused { message, .. } | StripeError::Declined { message }) => {
            fail(app, &refund, &format!("The payment provider refused it: {message}")).await
        }
        Err(away) => Err(away.into()),
    }
}

/// The refund at the provider. It is looked for before it is made again: the answer to an earlier call may have got lost.
async fn reach(app: &App, refund: &CardRefund) -> Result<stripe::Refund, StripeError> {
    let stripe = payments::client(app)?;
    let our_id = refund.id.to_string();
    if let Some(id) = &refund.provider_id {
        return stripe.refund(id).await;
    }
    let made = async || -> Result<Option<stripe::Refund>, StripeError> {
        let all = stripe.refunds_of(&refund.intent).await?;
        Ok(all.into_iter().find(|made| made.metadata.get(OUR_ID) == Some(&our_id)))
    };
    if !refund.is_young
        && let Some(made) = made().await?
    {
        return Ok(made);
    }
    let new = stripe::NewRefund {
        our_id: &our_id,
        intent: &refund.intent,
        amount: refund.amount_minor,
    };
    match stripe.create_refund(new).await {
        Err(refused @ StripeError::Refused { .. }) => made().await?.ok_or(refused),
        answer => answer,
    }
}

async fn apply(app: &App, refund: &CardRefund, reached: &stripe::Refund) -> anyhow::Result<()> {
    match reached.status {
        RefundStatus::Succeeded => succeed(app, refund, &reached.id).await,
        RefundStatus::Failed | RefundStatus::Canceled => {
            let why = reached.failure_reason.as_deref().unwrap_or("no reason was given");
            fail(
                app,
                refund,
                &format!("The payment provider could not pay it back: {why}"),
            )
            .await
        }
        RefundStatus::Pending | RefundStatus::RequiresAction => {
            let mut tx = app.db.begin().await?;
            queries::set_provider(&mut tx, refund.id, &reached.id).await?;
            tx.commit().await?;
            Ok(())
        }
    }
}

/// The provider has paid: the money that was held leaves.
async fn succeed(app: &App, refund: &CardRefund, provider_id: &str) -> anyhow::Result<()> {
    let mut tx = app.db.begin().await?;
    if queries::lock(&mut tx, refund.id).await? != Some(RefundState::Pending) {
        return Ok(());
    }
    queries::set_provider(&mut tx, refund.id, provider_id).await?;
    let key = format!("refund-paid:{}", refund.id);
    let amount = refund.amount_minor;
    let entries = [
        Entry {
            account: holder(&mut tx, refund.hold_id).await.context("looking for the hold")?,
            amount: -amount,
        },
        Entry {
            account: books::provider(&mut tx, &refund.currency, &key).await?,
            amount,
        },
    ];
    lock(&mut tx, entries.map(|entry| entry.account)).await?;
    let captured = end_hold(&mut tx, refund.hold_id, Ending::Captured).await;
    captured.context("capturing the hold")?;
    let posting = Posting {
        key: &key,
        kind: "refund-paid",
        entries: &entries,
    };
    let posted = post(&mut tx, &posting).await.context("posting the refund")?;
    queries::set_succeeded(&mut tx, refund.id, posted.id()).await?;
    tx.commit().await?;
    Ok(())
}

/// The provider can not pay: the buyer keeps the money as store credit, and an operator is told.
async fn fail(app: &App, refund: &CardRefund, note: &str) -> anyhow::Result<()> {
    let mut tx = app.db.begin().await?;
    if queries::lock(&mut tx, refund.id).await? != Some(RefundState::Pending) {
        return Ok(());
    }
    let released = end_hold(&mut tx, refund.hold_id, Ending::Released).await;
    released.context("releasing the hold")?;
    queries::set_failed(&mut tx, refund.id, note).await?;
    tx.commit().await?;
    let id = refund.id.to_string();
    service::differs(
        app,
        ("refund-failed", &id),
        "paid back to the card",
        "given as store credit",
    )
    .await?;
    Ok(())
}

/// Looks at a refund that the provider told about. One that we did not ask for is a difference.
pub(in crate::orders) async fn look(app: &App, provider_id: &str) -> anyhow::Result<Option<PaymentId>> {
    let told = payments::client(app)?.refund(provider_id).await?;
    let payment = match &told.payment_intent {
        Some(intent) => service::by_provider_id(&app.db, intent).await?,
        None => None,
    };
    let ours: Option<RefundId> = told.metadata.get(OUR_ID).and_then(|id| id.parse().ok());
    let ours = match ours {
        Some(id) => queries::find(&app.db, id).await?,
        None => None,
    };
    match (ours, payment) {
        (Some(refund), _) if refund.state == RefundState::Pending => apply(app, &refund, &told).await?,
        (Some(_), _) | (None, None) => {}
        (None, Some(_)) => {
            let found = format!("{} at the provider", told.amount);
            service::differs(app, ("unknown-refund", provider_id), "a refund of ours", &found).await?;
        }
    }
    Ok(payment)
}
