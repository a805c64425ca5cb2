//! Requests, sends and settles payouts.

use anyhow::Context as _;
use serde_json::json;
use sqlx::PgConnection;
use time::OffsetDateTime;
use tradepost_common::audit::AuditAct;
use tradepost_common::ids::{PayoutBatchId, PayoutId};
use tradepost_common::money::{is_iban, money};
use tradepost_common::payouts::{NewPayouts, PayoutBatchView, PayoutState, SettlePayouts};
use tradepost_ledger::{
    Ending, Entry, Hold, LedgerAccount, LedgerError, Posting, end_hold, hold, lock, post, reverse, unheld,
};

use super::queries::{self, BankAccount, LockedPayout, NewPayout};
use crate::accounts::Account;
use crate::app::App;
use crate::audit::{self, Actor};
use crate::books;
use crate::error::{ApiError, ApiResult};
use crate::notices::{self, Event};

/// Holds what contributors with a bank account earned, if it is the minimum at least. A second request of a key answers with its batch.
///
/// # Errors
/// Invalid; a conflict when nobody is due; unprocessable when the key was used otherwise.
pub async fn request(app: &App, actor: &Actor, new: &NewPayouts) -> ApiResult<PayoutBatchView> {
    let is_currency = new.currency.len() == 3 && new.currency.bytes().all(|byte| byte.is_ascii_uppercase());
    ApiError::unless_all([
        ("currency", is_currency, "must be three capital letters, as EUR"),
        (
            "minimum_minor",
            (1..=1_000_000_000).contains(&new.minimum_minor),
            "must be 1 to 1000000000",
        ),
        (
            "key",
            (1..=100).contains(&new.key.chars().count()),
            "must be 1 to 100 characters",
        ),
    ])?;
    let mut tx = app.db.begin().await?;
    let id = PayoutBatchId::new();
    if !queries::insert_batch(&mut tx, id, new, &actor.user).await? {
        let earlier = queries::by_key(&mut tx, new).await?;
        let reused = "This key requested other payouts. Use a new one.";
        let earlier = earlier.ok_or_else(|| ApiError::unprocessable("key-reused", reused))?;
        return view(&mut tx, earlier).await;
    }
    let (payouts, total) = hold_all(app, &mut tx, id, new).await?;
    if payouts == 0 {
        let detail = format!(
            "No contributor with a bank account has earned {}.",
            money(new.minimum_minor, &new.currency)
        );
        return Err(ApiError::conflict("nothing-due", detail));
    }
    let detail = json!({ "payouts": payouts, "total_minor": total, "currency": new.currency });
    audit::record(
        &mut tx,
        actor,
        AuditAct::PayoutRequest,
        &format!("payouts:{id}"),
        detail,
    )
    .await?;
    let view = view(&mut tx, id).await?;
    tx.commit().await?;
    Ok(view)
}

/// Locks the earnings of all who may be paid in the ledger's order, and holds what is due.
async fn hold_all(app: &App, tx: &mut PgConnection, batch: PayoutBatchId, new: &NewPayouts) -> ApiResult<(u64, i64)> {
    let mut due: Vec<(LedgerAccount, BankAccount)> = Vec::new();
    for contributor in queries::bank_accounts(&mut *tx).await? {
        due.push((
            earnings(app, &mut *tx, &contributor.name, &new.currency).await?,
            contributor,
        ));
    }
    lock(&mut *tx, due.iter().map(|(account, _)| *account)).await?;
    let (mut payouts, mut total) = (0, 0);
    for (account, contributor) in due {
        let amount = unheld(&mut *tx, account).await?;
        if amount < new.minimum_minor {
            continue;
        }
        let id = PayoutId::new();
        let key = format!("payout:{id}");
        let wanted = Hold {
            key: &key,
            account,
            amount,
        };
        let hold_id = hold(&mut *tx, wanted).await.context("holding a payout")?;
        let payout = NewPayout {
            id,
            batch,
            contributor: &contributor,
            amount_minor: amount,
            hold_id,
        };
        queries::insert(&mut *tx, &payout).await?;
        (payouts, total) = (payouts + 1, total + amount);
    }
    Ok((payouts, total))
}

async fn earnings(app: &App, tx: &mut PgConnection, name: &str, currency: &str) -> sqlx::Result<LedgerAccount> {
    books::earnings(tx, name, currency, app.config.money.clawback_limit_minor).await
}

/// The bank has the file. Idempotent.
///
/// # Errors
/// Not found.
pub async fn send(app: &App, actor: &Actor, id: PayoutBatchId) -> ApiResult<PayoutBatchView> {
    let mut tx = app.db.begin().await?;
    if queries::set_sent(&mut tx, id).await? {
        audit::record(
            &mut tx,
            actor,
            AuditAct::PayoutSend,
            &format!("payouts:{id}"),
            json!({}),
        )
        .await?;
    }
    let view = view(&mut tx, id).await?;
    tx.commit().await?;
    Ok(view)
}

/// Notes what the bank has done, with one payout of a batch or with all that are sent. Idempotent.
///
/// # Errors
/// Not found; a conflict: it is not sent, or was settled otherwise.
pub async fn settle(
    app: &App,
    actor: &Actor,
    batch: PayoutBatchId,
    what: &SettlePayouts,
) -> ApiResult<PayoutBatchView> {
    let is_reason = |reason: &str| !reason.trim().is_empty() && reason.chars().count() <= 500;
    let ok = what.failed.as_deref().is_none_or(is_reason);
    ApiError::unless_all([("failed", ok, "must be 1 to 500 characters")])?;
    let mut tx = app.db.begin().await?;
    let payouts = queries::lock(&mut tx, batch, what.payout).await?;
    if payouts.is_empty() && what.payout.is_some() {
        return Err(ApiError::NotFound("payout of this batch"));
    }
    let target = match what.failed {
        Some(_) => PayoutState::Failed,
        None => PayoutState::Paid,
    };
    if let Some(other) = payouts
        .iter()
        .find(|payout| what.payout.is_some() && !may_become(payout.state, target))
    {
        let detail = format!("The payout is {}: it can not become {target}.", other.state);
        return Err(ApiError::conflict("payout-settled", detail));
    }
    let is_open = |payout: &&LockedPayout| match what.payout {
        Some(_) => payout.state != target,
        None => payout.state == PayoutState::Sent,
    };
    let open: Vec<_> = payouts.iter().filter(is_open).collect();
    settle_all(app, &mut tx, &open, what.failed.as_deref()).await?;
    if !open.is_empty() {
        let detail = json!({ "payouts": open.len(), "state": target, "reason": what.failed, "payout": what.payout });
        audit::record(
            &mut tx,
            actor,
            AuditAct::PayoutSettle,
            &format!("payouts:{batch}"),
            detail,
        )
        .await?;
    }
    let view = view(&mut tx, batch).await?;
    tx.commit().await?;
    Ok(view)
}

/// A bank may send back what it has paid.
fn may_become(state: PayoutState, target: PayoutState) -> bool {
    match state {
        PayoutState::Sent => true,
        PayoutState::Requested | PayoutState::Paid => state == target || target == PayoutState::Failed,
        PayoutState::Failed => state == target,
    }
}

async fn settle_all(
    app: &App,
    tx: &mut PgConnection,
    payouts: &[&LockedPayout],
    failed: Option<&str>,
) -> ApiResult<()> {
    let mut moves = Vec::new();
    for payout in payouts {
        let key = format!("payout:{}", payout.id);
        let from = earnings(app, &mut *tx, &payout.account, &payout.currency).await?;
        let bank = books::bank(&mut *tx, &payout.currency, &key).await?;
        moves.push((*payout, key, [from, bank]));
    }
    lock(&mut *tx, moves.iter().flat_map(|(_, _, accounts)| *accounts)).await?;
    for (payout, key, [from, bank]) in moves {
        if let Some(reason) = failed {
            give_back(&mut *tx, payout, &key)
                .await
                .context("giving a payout back")?;
            queries::set_failed(&mut *tx, payout.id, reason).await?;
            continue;
        }
        end_hold(&mut *tx, payout.hold_id, Ending::Captured)
            .await
            .context("capturing a payout")?;
        let entry = |account, amount| Entry { account, amount };
        let posting = Posting {
            key: &key,
            kind: "payout",
            entries: &[entry(from, -payout.amount_minor), entry(bank, payout.amount_minor)],
        };
        let posted = post(&mut *tx, &posting).await.context("posting a payout")?;
        queries::set_paid(&mut *tx, payout.id, posted.id()).await?;
    }
    let settled = payouts.iter().map(|payout| Event::PayoutSettled(payout.id));
    notices::emit(&app.broker, tx, &settled.collect::<Vec<_>>()).await?;
    Ok(())
}

/// Frees what is held for a payout, or takes back what was posted when the bank had paid.
async fn give_back(tx: &mut PgConnection, payout: &LockedPayout, key: &str) -> Result<(), LedgerError> {
    match payout.transaction_id {
        Some(paid) => reverse(tx, &format!("{key}:returned"), "payout", paid).await.map(drop),
        None => end_hold(tx, payout.hold_id, Ending::Released).await.map(drop),
    }
}

/// # Errors
/// Not found.
pub async fn view(tx: &mut PgConnection, id: PayoutBatchId) -> ApiResult<PayoutBatchView> {
    let batch = queries::batches(&mut *tx, Some(id)).await?.pop();
    Ok(PayoutBatchView {
        batch: batch.ok_or(ApiError::NotFound("batch of payouts"))?,
        rows: queries::of_batch(tx, id).await?,
    })
}

/// Requests the payouts of a day once, if the configuration says so.
pub async fn request_daily(app: &App) -> anyhow::Result<()> {
    let minimum_minor = app.config.payouts.daily_minimum_minor;
    if minimum_minor == 0 {
        return Ok(());
    }
    let key = format!("daily {}", OffsetDateTime::now_utc().date());
    if queries::is_known(&app.db, &key).await? {
        return Ok(());
    }
    let new = NewPayouts {
        currency: "EUR".to_owned(),
        minimum_minor,
        key,
    };
    let daemon = Actor {
        user: "daemon".to_owned(),
        uid: nix::unistd::getuid().as_raw(),
    };
    match request(app, &daemon, &new).await {
        Ok(_) | Err(ApiError::Conflict { .. }) => Ok(()),
        Err(error) => Err(anyhow::anyhow!("{error}")),
    }
}

/// Sets the bank account of a contributor. Payouts that are requested already keep the one they have.
///
/// # Errors
/// Invalid.
pub async fn set_bank_account(app: &App, contributor: &Account, holder: &str, iban: &str) -> ApiResult<()> {
    let is_holder = (1..=70).contains(&holder.chars().count()) && !holder.chars().any(char::is_control);
    ApiError::unless_all([("holder", is_holder, "must be 1 to 70 characters")])?;
    if !is_iban(iban) {
        let detail = "The check digits of the IBAN are wrong. It has capital letters and digits only.";
        return Err(ApiError::unprocessable("invalid-iban", detail));
    }
    queries::set_bank_account(&app.db, contributor.id, holder, iban).await?;
    Ok(())
}
