//! The movements of money of a dispute.

use anyhow::Context as _;
use sqlx::PgConnection;
use tradepost_common::ids::DisputeId;
use tradepost_ledger::{
    Entry, LedgerAccount, LedgerError, PartialReversal, Posting, accounts_of, available, post, shares,
};
use uuid::Uuid;

use super::queries::LockedDispute;
use crate::books;
use crate::orders::queries::LockedOrder;
use crate::payments::Payment;

/// The accounts of a dispute, all of them locked, and what was paid.
pub struct Books {
    pub provider: LedgerAccount,
    pub disputed: LedgerAccount,
    losses: LedgerAccount,
    wallet: LedgerAccount,
    /// The order that was settled; `None`: the payment was a top-up, or went back to the buyer.
    paid: Option<Paid>,
}

struct Paid {
    transaction: Uuid,
    refunded: i64,
    total: i64,
    fees: LedgerAccount,
}

/// Opens and locks every account that opening or closing the dispute may touch, in the ledger's order.
pub async fn lock(
    tx: &mut PgConnection,
    payment: &Payment,
    order: Option<&LockedOrder>,
    dispute: DisputeId,
) -> anyhow::Result<Books> {
    let (key, currency) = (format!("dispute:{dispute}"), payment.currency.as_str());
    let mut books = Books {
        provider: books::provider(&mut *tx, currency, &key).await?,
        disputed: books::disputed(&mut *tx, currency, &key).await?,
        losses: books::losses(&mut *tx, currency, &key).await?,
        wallet: books::wallet(&mut *tx, &payment.account, currency).await?,
        paid: None,
    };
    let mut accounts = vec![books.provider, books.disputed, books.losses, books.wallet];
    let settled = order.and_then(|order| Some((payment.order_id?, order.payment_id?, order)));
    if let Some((id, transaction, order)) = settled {
        let fees = books::fees(&mut *tx, currency, &format!("order:{id}")).await?;
        accounts.push(fees);
        accounts.extend(accounts_of(&mut *tx, transaction).await?);
        books.paid = Some(Paid {
            transaction,
            refunded: order.refunded_minor,
            total: order.total_minor,
            fees,
        });
    }
    tradepost_ledger::lock(tx, accounts).await?;
    Ok(books)
}

/// The entries of a lost dispute: who gives back what, and the claim that ends.
pub async fn parts(tx: &mut PgConnection, books: &Books, amount: i64) -> anyhow::Result<Vec<Entry>> {
    let entry = |account, amount| Entry { account, amount };
    let (mut entries, given_back) = match &books.paid {
        Some(paid) => {
            let part = PartialReversal {
                key: "",
                kind: "dispute-lost",
                transaction: paid.transaction,
                before: paid.refunded,
                amount: amount.min(paid.total - paid.refunded),
                whole: paid.total,
                payer: books.wallet,
                receiver: books.disputed,
                rest: paid.fees,
            };
            let entries = match part.amount {
                1.. => shares(tx, &part).await?,
                _ => Vec::new(),
            };
            (entries, part.amount)
        }
        // A top-up: the buyer gives back what is not spent.
        None => {
            let left = available(tx, books.wallet).await?.unwrap_or(0).clamp(0, amount);
            (vec![entry(books.wallet, -left), entry(books.disputed, left)], left)
        }
    };
    if given_back < amount {
        entries.retain(|entry| entry.account != books.disputed && entry.amount != 0);
        entries.extend([entry(books.losses, given_back - amount), entry(books.disputed, amount)]);
    }
    Ok(entries)
}

/// The bank gives the money back.
pub async fn win(tx: &mut PgConnection, books: &Books, dispute: &LockedDispute) -> anyhow::Result<()> {
    let won = (format!("dispute-won:{}", dispute.id), "dispute-won");
    transfer(tx, won, [books.provider, books.disputed], dispute.amount_minor).await
}

/// Those who got the money give it back. What can not be taken back is the marketplace's loss.
pub async fn lose(tx: &mut PgConnection, books: &Books, dispute: &LockedDispute) -> anyhow::Result<()> {
    let entries = parts(&mut *tx, books, dispute.amount_minor).await?;
    let key = format!("dispute-lost:{}", dispute.id);
    let posting = Posting {
        key: &key,
        kind: "dispute-lost",
        entries: &entries,
    };
    match post(&mut *tx, &posting).await {
        Ok(_) => Ok(()),
        Err(LedgerError::InsufficientFunds) => {
            let lost = (key, "dispute-lost");
            transfer(tx, lost, [books.losses, books.disputed], dispute.amount_minor).await
        }
        Err(error) => Err(error).context("posting the loss"),
    }
}

pub async fn transfer(
    tx: &mut PgConnection,
    (key, kind): (String, &str),
    [from, to]: [LedgerAccount; 2],
    amount: i64,
) -> anyhow::Result<()> {
    let entry = |account, amount| Entry { account, amount };
    let posting = Posting {
        key: &key,
        kind,
        entries: &[entry(from, -amount), entry(to, amount)],
    };
    post(tx, &posting).await.with_context(|| format!("posting {key}"))?;
    Ok(())
}
