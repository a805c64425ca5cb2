//! Disputes: the bank took a payment back until it is decided. The sellers' parts are frozen, the buyer may not download, and
//! everything that speaks for the sale is kept as it was. Won: all is as before. Lost: the sellers give their parts back.

mod evidence;
mod postings;
pub(super) mod queries;

use std::time::Duration;

use anyhow::Context as _;
use sqlx::PgConnection;
use time::OffsetDateTime;
use tradepost_common::ids::{DisputeId, PaymentId};
use tradepost_common::orders::OrderState;
use tradepost_common::payments::{DisputeState, PaymentState};
use tradepost_ledger::{Ending, Entry, Hold, available, end_hold, hold};
use uuid::Uuid;

use super::{card, queries as orders};
use crate::app::App;
use crate::notices::{self, Event};
use crate::payments::{self, Payment, service};
use crate::stripe::{Dispute, DisputeStatus};
use queries::{self as disputes, LockedDispute, NewDispute};

/// Disputes that were opened within this time are looked for when no webhook told them.
const LATELY: Duration = Duration::from_secs(3 * 24 * 3_600);

/// Looks at a dispute. Answers with its payment.
pub(super) async fn look(app: &App, provider_id: &str) -> anyhow::Result<Option<PaymentId>> {
    let dispute = payments::client(app)?.dispute(provider_id).await?;
    apply(app, &dispute).await
}

/// Looks at the disputes that were opened lately, and at those that are still open.
pub(super) async fn look_at_all(app: &App) -> anyhow::Result<()> {
    let stripe = payments::client(app)?;
    let since = (OffsetDateTime::now_utc() - LATELY).unix_timestamp();
    let mut disputes = stripe.disputes_since(since).await?;
    for id in disputes::open(&app.db).await? {
        if !disputes.iter().any(|dispute| dispute.id == id) {
            disputes.push(stripe.dispute(&id).await?);
        }
    }
    for dispute in disputes {
        apply(app, &dispute).await?;
    }
    Ok(())
}

/// Brings the books to what the provider says. Idempotent.
async fn apply(app: &App, dispute: &Dispute) -> anyhow::Result<Option<PaymentId>> {
    let Some(intent) = &dispute.payment_intent else {
        return Ok(None);
    };
    let Some(id) = service::by_provider_id(&app.db, intent).await? else {
        return Ok(None);
    };
    if dispute.status == DisputeStatus::Inquiry {
        return Ok(Some(id));
    }
    // It may have been told before the payment was.
    card::advance(app, id).await?;
    let mut tx = app.db.begin().await?;
    service::lock(&mut tx, id).await?;
    let payment = service::find(&mut *tx, id).await?.context("the payment is gone")?;
    if payment.state != PaymentState::Succeeded {
        return Ok(Some(id));
    }
    let known = match disputes::lock(&mut tx, &dispute.id).await? {
        Some(known) => known,
        None => match open(app, &mut tx, &payment, dispute).await? {
            Some(opened) => opened,
            // The next sweep finds it, when the order is settled.
            None => return Ok(Some(id)),
        },
    };
    if known.state == DisputeState::Open && dispute.status != DisputeStatus::Open {
        close(app, &mut tx, (&payment, &known), dispute.status).await?;
    }
    tx.commit().await?;
    Ok(Some(id))
}

/// The money is gone for now. `None`: the order is not settled yet.
async fn open(
    app: &App,
    tx: &mut PgConnection,
    payment: &Payment,
    dispute: &Dispute,
) -> anyhow::Result<Option<LockedDispute>> {
    let order = match payment.order_id {
        Some(id) => orders::lock(&mut *tx, id).await?,
        None => None,
    };
    if order.as_ref().is_some_and(|order| order.state == OrderState::Placed) {
        return Ok(None);
    }
    let new = NewDispute {
        id: DisputeId::new(),
        provider_id: &dispute.id,
        payment: payment.id,
        order: payment.order_id,
        amount_minor: dispute.amount,
        currency: &payment.currency,
        reason: &dispute.reason,
        evidence: evidence::collect(tx, payment).await?,
    };
    disputes::insert(&mut *tx, &new).await?;
    let books = postings::lock(&mut *tx, payment, order.as_ref(), new.id).await?;
    let parts = postings::parts(&mut *tx, &books, dispute.amount).await?;
    let mut hold_ids = Vec::new();
    for part in parts
        .iter()
        .filter(|part| part.account != books.disputed && part.amount < 0)
    {
        hold_ids.extend(freeze(tx, new.id, part).await?);
    }
    disputes::set_holds(&mut *tx, new.id, &hold_ids).await?;
    let taken = (format!("dispute:{}", new.id), "dispute");
    postings::transfer(&mut *tx, taken, [books.disputed, books.provider], dispute.amount).await?;
    if let (Some(id), Some(OrderState::Paid)) = (payment.order_id, order.as_ref().map(|order| order.state)) {
        orders::rights::revoke(&mut *tx, id).await?;
        orders::set_state(&mut *tx, id, OrderState::Disputed).await?;
        notices::emit(&app.broker, &mut *tx, &[Event::DisputeOpened(id)]).await?;
    }
    disputes::lock(tx, &dispute.id).await.map_err(Into::into)
}

/// Holds a part of the money that may have to be given back, as far as it is there.
async fn freeze(tx: &mut PgConnection, dispute: DisputeId, part: &Entry) -> anyhow::Result<Option<Uuid>> {
    let amount = available(&mut *tx, part.account).await?.unwrap_or(0).min(-part.amount);
    if amount <= 0 {
        return Ok(None);
    }
    let wanted = Hold {
        key: &format!("dispute:{dispute}:{}", part.account.0),
        account: part.account,
        amount,
    };
    Ok(Some(hold(tx, wanted).await.context("freezing")?))
}

async fn close(
    app: &App,
    tx: &mut PgConnection,
    (payment, dispute): (&Payment, &LockedDispute),
    status: DisputeStatus,
) -> anyhow::Result<()> {
    let order = match payment.order_id {
        Some(id) => orders::lock(&mut *tx, id).await?,
        None => None,
    };
    let books = postings::lock(&mut *tx, payment, order.as_ref(), dispute.id).await?;
    for hold in &dispute.hold_ids {
        end_hold(&mut *tx, *hold, Ending::Released)
            .await
            .context("releasing what was frozen")?;
    }
    let is_won = status == DisputeStatus::Won;
    if is_won {
        postings::win(tx, &books, dispute).await?;
    } else {
        postings::lose(tx, &books, dispute).await?;
    }
    if let (Some(id), Some(OrderState::Disputed)) = (payment.order_id, order.as_ref().map(|order| order.state)) {
        let state = if is_won {
            orders::rights::restore(&mut *tx, id).await?;
            OrderState::Paid
        } else {
            OrderState::ChargedBack
        };
        orders::set_state(&mut *tx, id, state).await?;
        notices::emit(&app.broker, &mut *tx, &[Event::DisputeClosed(id)]).await?;
    }
    let state = if is_won { DisputeState::Won } else { DisputeState::Lost };
    disputes::set_closed(tx, dispute.id, state).await?;
    Ok(())
}
