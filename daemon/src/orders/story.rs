//! The whole story of an order: its states, postings, failed messages and the acts of operators, in the order of time.

use tradepost_common::ids::OrderId;
use tradepost_common::mail::MailState;
use tradepost_common::money::money;
use tradepost_common::orders::{OrderRow, OrderState, OrderStory, StoryEvent, StorySource};
use tradepost_common::payments::{DisputeRow, DisputeState};
use tradepost_common::queues::AttemptOutcome;
use tradepost_ledger::statement::{self, PostedEntry, Transaction};
use tradepost_queue::attempts;

use super::dispute::queries as disputes;
use super::place;
use crate::app::App;
use crate::error::ApiResult;
use crate::payments::service as payments;
use crate::{audit, mail};

/// Disputes of one order.
const MOST_DISPUTES: i64 = 20;

/// Everything that happened to an order, but for its downloads.
///
/// # Errors
/// Not found.
pub async fn story(app: &App, id: OrderId) -> ApiResult<OrderStory> {
    let view = place::view(&mut *app.db.acquire().await?, id).await?;
    let mut events = states(&view.order);
    let mut keys = vec![format!("order:{id}")];
    keys.extend(view.payment.iter().map(|payment| format!("payment:{}", payment.id)));
    for refund in &view.refunds {
        keys.extend(["refund", "refund-paid"].map(|kind| format!("{kind}:{}", refund.id)));
    }
    let filter = disputes::Filter {
        order: Some(id),
        ..disputes::Filter::default()
    };
    let disputes = disputes::list(&app.db, filter, MOST_DISPUTES).await?;
    for dispute in &disputes {
        keys.extend(["dispute", "dispute-won", "dispute-lost"].map(|kind| format!("{kind}:{}", dispute.id)));
    }
    events.extend(disputes.iter().flat_map(disputed));
    let postings = statement::by_keys(&app.db, &keys).await?;
    events.extend(
        postings
            .iter()
            .map(|(transaction, entries)| posting(transaction, entries)),
    );
    let failed = attempts::list_for_correlation(&app.db, id.0).await?;
    events.extend(failed.into_iter().map(|attempt| StoryEvent {
        at: attempt.at,
        source: StorySource::Queue,
        what: match attempt.outcome {
            AttemptOutcome::Dead => format!("{}: attempt {} failed, dead letter", attempt.queue, attempt.attempt),
            _ => format!("{}: attempt {} failed", attempt.queue, attempt.attempt),
        },
        details: vec![format!("message {}", attempt.message_id), attempt.error],
        is_fault: true,
    }));
    let acts = audit::of_subject(&app.db, &format!("order:{id}")).await?;
    events.extend(acts.into_iter().map(|row| StoryEvent {
        at: row.at,
        source: StorySource::Operator,
        what: format!("{} by {}", row.act, row.actor),
        details: row.detail["reason"].as_str().map(str::to_owned).into_iter().collect(),
        is_fault: false,
    }));
    if let Some(payment) = &view.payment {
        let heard = payments::view(app, payment.id).await?.events;
        events.extend(heard.into_iter().map(|heard| StoryEvent {
            at: heard.received_at,
            source: StorySource::Payment,
            what: heard.kind,
            details: vec![format!("{} about {}", heard.id, heard.object_id)],
            is_fault: heard.handled_at.is_none(),
        }));
    }
    let mails = mail::about(&app.db, id.0).await?;
    events.extend(mails.into_iter().map(|mail| StoryEvent {
        at: mail.created_at,
        source: StorySource::Notice,
        what: format!("{} mailed: {}", mail.kind, mail.state),
        details: vec![format!("to {}", mail.recipient)],
        is_fault: mail.state == MailState::Discarded,
    }));
    events.sort_by_key(|event| event.at);
    Ok(OrderStory { view, events })
}

/// Opened, and decided by the bank.
fn disputed(dispute: &DisputeRow) -> Vec<StoryEvent> {
    let amount = money(dispute.amount_minor, &dispute.currency);
    let event = |at, what: String, details| StoryEvent {
        at,
        source: StorySource::Payment,
        what,
        details,
        is_fault: dispute.state != DisputeState::Won,
    };
    let named = format!("{} at the provider", dispute.provider_id);
    let opened = vec![amount, format!("reason: {}", dispute.reason), named];
    let closed = dispute.closed_at;
    let closed = closed.map(|at| event(at, format!("dispute {}", dispute.state), Vec::new()));
    let mut events = vec![event(dispute.opened_at, "dispute opened".to_owned(), opened)];
    events.extend(closed);
    events
}

/// The states that an order was in, as its times tell.
fn states(order: &OrderRow) -> Vec<StoryEvent> {
    let total = money(order.total_minor, &order.currency);
    let event = |at, what: &str, details: Vec<String>| StoryEvent {
        at,
        source: StorySource::Order,
        what: what.to_owned(),
        details,
        is_fault: false,
    };
    let note = || order.note.clone().into_iter();
    let mut events = vec![event(order.placed_at, "placed", vec![total])];
    if let Some(at) = order.settled_at {
        events.push(match order.state {
            OrderState::Failed => event(at, "failed", note().collect()),
            _ => event(at, "paid", Vec::new()),
        });
    }
    if let Some(at) = order.refunded_at {
        let refunded = money(order.refunded_minor, &order.currency);
        events.push(event(at, "refunded", std::iter::once(refunded).chain(note()).collect()));
    }
    events
}

fn posting(transaction: &Transaction, entries: &[PostedEntry]) -> StoryEvent {
    let lines = entries.iter().map(|entry| {
        let amount = money(entry.amount, &entry.currency);
        format!("{amount:>14}  {}", entry.name)
    });
    StoryEvent {
        at: transaction.posted_at,
        source: StorySource::Ledger,
        what: match transaction.reverses {
            Some(_) => format!("{} posted, a reversal", transaction.kind),
            None => format!("{} posted", transaction.kind),
        },
        details: lines.collect(),
        is_fault: false,
    }
}
