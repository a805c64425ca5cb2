//! The job of the queue `settle`: moves the money of an order and grants what it bought. An order that costs nothing needs no message.

use anyhow::Context as _;
use sqlx::PgConnection;
use tradepost_common::ids::OrderId;
use tradepost_common::orders::OrderState;
use tradepost_common::queues::Lane;
use tradepost_ledger::{Ending, Entry, LedgerAccount, Posting, end_hold, holder, lock, post};
use tradepost_queue::Outcome;
use uuid::Uuid;

use super::queries::{self, LockedOrder};
use super::refund;
use crate::app::App;
use crate::books;
use crate::database::begin_by_key;
use crate::error::{ApiError, ApiResult};
use crate::jobs::SettleJob;
use crate::mail;
use crate::notices::{self, Event};
use crate::payments::service as payments;
use crate::sales::coupons;

const NOT_GRANTED: &str =
    "You bought a product of this order with another one, or the licence that it upgrades was taken back meanwhile.";

/// Settles an order once, however often the message is received.
pub async fn run(app: &App, job: SettleJob) -> anyhow::Result<Outcome> {
    let id = job.order_id;
    let mut tx = begin_by_key(&app.db).await?;
    let Some(order) = queries::lock(&mut tx, id).await? else {
        return Ok(Outcome::Discard("the order is gone".to_owned()));
    };
    if order.state != OrderState::Placed {
        return Ok(Outcome::Done);
    }
    queries::rights::lock_upgraded(&mut tx, id).await?;
    queries::lock_buyer(&mut tx, order.buyer_id).await?;
    if !queries::rights::grant(&mut tx, id).await? {
        // While it was being paid, the buyer came to own a part of it, or lost what it upgrades.
        drop(tx);
        let mut tx = app.db.begin().await?;
        fail(app, &mut tx, id, NOT_GRANTED).await?;
        tx.commit().await?;
        return Ok(Outcome::Done);
    }
    let payment = pay(app, &mut tx, id, &order).await?;
    queries::set_paid(&mut tx, id, payment).await?;
    notices::emit(&app.broker, &mut tx, &[Event::OrderPaid(id)]).await?;
    tx.commit().await?;
    Ok(Outcome::Done)
}

/// Settles an order that costs nothing in the transaction that places it: a flood of them leaves no messages behind.
///
/// # Errors
/// A conflict: the right that it upgrades was revoked.
pub(super) async fn settle_free(app: &App, tx: &mut PgConnection, id: OrderId, products: &[Uuid]) -> ApiResult<()> {
    queries::rights::lock_upgraded(&mut *tx, id).await?;
    if !queries::rights::grant(&mut *tx, id).await? {
        return Err(ApiError::conflict("not-granted", NOT_GRANTED));
    }
    queries::set_paid(&mut *tx, id, None).await?;
    // The mail of a flooded product will be held back: nobody else's waits for it.
    let lane = match mail::is_flooded(app, &mut *tx, products).await? {
        true => Lane::Bulk,
        false => Lane::Interactive,
    };
    Ok(notices::emit_in(lane, &app.broker, tx, &[Event::OrderPaid(id)]).await?)
}

/// Moves the held funds to the sellers and the marketplace. `None`: the order costs nothing.
async fn pay(app: &App, tx: &mut PgConnection, id: OrderId, order: &LockedOrder) -> anyhow::Result<Option<Uuid>> {
    let key = format!("order:{id}");
    let Some(hold) = order.hold_id else { return Ok(None) };
    let payer = holder(&mut *tx, hold).await.context("looking for the hold")?;
    let entries = entries(app, &mut *tx, id, order, payer).await?;
    lock(&mut *tx, entries.iter().map(|entry| entry.account)).await?;
    end_hold(&mut *tx, hold, Ending::Captured)
        .await
        .context("capturing the hold")?;
    let posting = Posting {
        key: &key,
        kind: "order",
        entries: &entries,
    };
    let posted = post(tx, &posting).await.context("posting the payment")?;
    Ok(Some(posted.id()))
}

/// The split of what is paid: royalties, tax, and the marketplace's fee, which pays for its own coupons.
async fn entries(
    app: &App,
    tx: &mut PgConnection,
    id: OrderId,
    order: &LockedOrder,
    payer: LedgerAccount,
) -> anyhow::Result<Vec<Entry>> {
    let (key, currency) = (format!("order:{id}"), &order.currency);
    let entry = |account, amount| Entry { account, amount };
    let mut entries = vec![entry(payer, -order.total_minor)];
    let limit = app.config.money.clawback_limit_minor;
    for part in queries::royalty_parts(&mut *tx, id).await? {
        let account = books::earnings(&mut *tx, &part.contributor, currency, limit).await?;
        entries.push(entry(account, part.royalty_minor));
    }
    let sums = queries::sums(&mut *tx, id).await?;
    if sums.tax_minor != 0 {
        entries.push(entry(books::tax(&mut *tx, currency, &key).await?, sums.tax_minor));
    }
    if sums.fee_minor != 0 {
        entries.push(entry(books::fees(&mut *tx, currency, &key).await?, sums.fee_minor));
    }
    if sums.subsidy_minor != 0 {
        let account = books::coupons(&mut *tx, currency, &key).await?;
        entries.push(entry(account, -sums.subsidy_minor));
    }
    entries.retain(|entry| entry.amount != 0);
    Ok(entries)
}

/// Fails an order that is not settled: its funds are released, or paid back to the card, and the buyer is told why.
pub(super) async fn fail(app: &App, tx: &mut PgConnection, id: OrderId, note: &str) -> anyhow::Result<()> {
    let order = queries::lock(&mut *tx, id).await?;
    let Some(order) = order.filter(|order| order.state.may_become(OrderState::Failed)) else {
        return Ok(());
    };
    match (order.hold_id, payments::of_order(&mut *tx, id).await?) {
        (Some(hold), Some(payment)) => refund::pay_back(app, tx, &payment, hold, note).await?,
        (Some(hold), None) => {
            let released = end_hold(&mut *tx, hold, Ending::Released).await;
            released.context("releasing the hold")?;
        }
        (None, _) => {}
    }
    coupons::release(&mut *tx, id).await?;
    queries::set_failed(&mut *tx, id, note).await?;
    notices::emit(&app.broker, tx, &[Event::OrderFailed(id)]).await?;
    Ok(())
}

/// Fails the order of a message that an operator gave up on.
pub async fn give_up(app: &App, tx: &mut PgConnection, job: &SettleJob, reason: &str) -> sqlx::Result<()> {
    let note = format!("The order could not be settled. {reason}");
    fail(app, tx, job.order_id, &note)
        .await
        .map_err(|error| match error.downcast() {
            Ok(error) => error,
            Err(other) => sqlx::Error::Protocol(format!("{other:#}")),
        })
}
