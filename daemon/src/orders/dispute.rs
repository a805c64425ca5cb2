//! Disputes: the bank took a payment back until it is decided. The sellers' parts are frozen, the buyer may not download, and
//! everything that speaks for the sale is kept as it was. Won: all is as before. Lost: the sellers give their parts back.

mod evidence;
pub(super) mod queries;

use std::time::Duration;

use anyhow::Context as _;
use sqlx::PgConnection;
use time::OffsetDateTime;
use tradepost_common::ids::{DisputeId, PaymentId};
use tradepost_common::orders::OrderState;
use tradepost_common::payments::{DisputeState, PaymentState};
use tradepost_ledger::{
    Ending, Entry, Hold, LedgerAccount, LedgerError, PartialReversal, Posting, available, end_hold, hold, post, shares,
};
use uuid::Uuid;

use super::queries::LockedOrder;
use super::{books, card, queries as orders};
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
    let key = format!("dispute:{}", new.id);
    let provider = books::provider(&mut *tx, &payment.currency, &key).await?;
    let disputed = books::disputed(&mut *tx, &payment.currency, &key).await?;
    let parts = parts(tx, payment, order.as_ref(), (new.id, dispute.amount)).await?;
    let mut hold_ids = Vec::new();
    for part in parts.iter().filter(|part| part.account != disputed && part.amount < 0) {
        hold_ids.extend(freeze(tx, new.id, part).await?);
    }
    disputes::set_holds(&mut *tx, new.id, &hold_ids).await?;
    transfer(&mut *tx, (&key, "dispute"), [disputed, provider], dispute.amount).await?;
    if let (Some(id), Some(OrderState::Paid)) = (payment.order_id, order.as_ref().map(|order| order.state)) {
        orders::revoke(&mut *tx, id).await?;
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

/// The entries of a lost dispute: who gives back what, and the claim that ends.
async fn parts(
    tx: &mut PgConnection,
    payment: &Payment,
    order: Option<&LockedOrder>,
    (dispute, amount): (DisputeId, i64),
) -> anyhow::Result<Vec<Entry>> {
    let key = format!("dispute:{dispute}");
    let disputed = books::disputed(&mut *tx, &payment.currency, &key).await?;
    let wallet = books::wallet(&mut *tx, &payment.account, &payment.currency).await?;
    let paid = order.and_then(|order| Some((order.payment_id?, order)));
    let (mut entries, given_back) = match (payment.order_id, paid) {
        (Some(id), Some((transaction, order))) => {
            let part = PartialReversal {
                key: &key,
                kind: "dispute-lost",
                transaction,
                before: order.refunded_minor,
                amount: amount.min(order.total_minor - order.refunded_minor),
                whole: order.total_minor,
                payer: wallet,
                receiver: disputed,
                rest: books::fees(&mut *tx, &payment.currency, &format!("order:{id}")).await?,
            };
            let entries = if part.amount > 0 {
                shares(tx, &part).await?
            } else {
                Vec::new()
            };
            (entries, part.amount)
        }
        // A top-up: the buyer gives back what is not spent.
        _ => {
            let left = available(&mut *tx, wallet).await?.unwrap_or(0).clamp(0, amount);
            let entries = vec![
                Entry {
                    account: wallet,
                    amount: -left,
                },
                Entry {
                    account: disputed,
                    amount: left,
                },
            ];
            (entries, left)
        }
    };
    if given_back < amount {
        let losses = books::losses(&mut *tx, &payment.currency, &key).await?;
        entries.retain(|entry| entry.account != disputed && entry.amount != 0);
        entries.extend([
            Entry {
                account: losses,
                amount: given_back - amount,
            },
            Entry {
                account: disputed,
                amount,
            },
        ]);
    }
    Ok(entries)
}

async fn close(
    app: &App,
    tx: &mut PgConnection,
    (payment, dispute): (&Payment, &LockedDispute),
    status: DisputeStatus,
) -> anyhow::Result<()> {
    for hold in &dispute.hold_ids {
        end_hold(&mut *tx, *hold, Ending::Released)
            .await
            .context("releasing what was frozen")?;
    }
    let order = match payment.order_id {
        Some(id) => orders::lock(&mut *tx, id).await?,
        None => None,
    };
    let is_won = status == DisputeStatus::Won;
    if is_won {
        win(tx, payment, dispute).await?;
    } else {
        lose(tx, payment, order.as_ref(), dispute).await?;
    }
    if let (Some(id), Some(OrderState::Disputed)) = (payment.order_id, order.as_ref().map(|order| order.state)) {
        let state = if is_won {
            orders::restore(&mut *tx, id).await?;
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

/// The bank gives the money back.
async fn win(tx: &mut PgConnection, payment: &Payment, dispute: &LockedDispute) -> anyhow::Result<()> {
    let opened = format!("dispute:{}", dispute.id);
    let provider = books::provider(&mut *tx, &payment.currency, &opened).await?;
    let disputed = books::disputed(&mut *tx, &payment.currency, &opened).await?;
    let key = format!("dispute-won:{}", dispute.id);
    transfer(tx, (&key, "dispute-won"), [provider, disputed], dispute.amount_minor).await
}

/// Those who got the money give it back. What can not be taken back is the marketplace's loss.
async fn lose(
    tx: &mut PgConnection,
    payment: &Payment,
    order: Option<&LockedOrder>,
    dispute: &LockedDispute,
) -> anyhow::Result<()> {
    let entries = parts(&mut *tx, payment, order, (dispute.id, dispute.amount_minor)).await?;
    let key = format!("dispute-lost:{}", dispute.id);
    let posting = Posting {
        key: &key,
        kind: "dispute-lost",
        entries: &entries,
    };
    match post(&mut *tx, &posting).await {
        Ok(_) => Ok(()),
        Err(LedgerError::InsufficientFunds) => {
            let opened = format!("dispute:{}", dispute.id);
            let losses = books::losses(&mut *tx, &payment.currency, &opened).await?;
            let disputed = books::disputed(&mut *tx, &payment.currency, &opened).await?;
            transfer(tx, (&key, "dispute-lost"), [losses, disputed], dispute.amount_minor).await
        }
        Err(error) => Err(error).context("posting the loss"),
    }
}

async fn transfer(
    tx: &mut PgConnection,
    (key, kind): (&str, &str),
    [from, to]: [LedgerAccount; 2],
    amount: i64,
) -> anyhow::Result<()> {
    let entries = [
        Entry {
            account: from,
            amount: -amount,
        },
        Entry { account: to, amount },
    ];
    let posting = Posting {
        key,
        kind,
        entries: &entries,
    };
    post(tx, &posting).await.with_context(|| format!("posting {key}"))?;
    Ok(())
}
