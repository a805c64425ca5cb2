//! One step of a running operation: some dead letters are taken away and sent or given up, in one transaction.

use std::collections::HashSet;

use sqlx::PgConnection;
use tradepost_common::ids::OperationId;
use tradepost_common::operations::{ItemState, OperationKind, OperationState};
use tradepost_leases::{self as leases, Lease};
use tradepost_queue::Lane;

use super::queries::{self, Row};
use crate::app::App;
use crate::dead_letters::DeadLetter;
use crate::dead_letters::service::{self as dead_letters, DeadLetterFilter, DeadLetterRange};
use crate::jobs::Job;

/// An operation on more messages than this sends them in the bulk lane.
const FEW: i64 = 20;

/// What a step has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// So many were acted on; there may be more.
    Acted(u64),
    /// Nothing that is selected is left.
    Exhausted,
    /// The operation is not running any more, or not ours to run.
    Over,
}

/// Acts on the next messages, at most `limit`.
///
/// # Errors
/// When the database does not answer: nothing has happened.
pub async fn step(app: &App, id: OperationId, lease: &Lease, limit: u64) -> anyhow::Result<Step> {
    let mut tx = app.db.begin().await?;
    // Whoever wants to cancel it waits for this transaction, and after that nothing more is sent.
    let Some(row) = queries::lock(&mut tx, id).await? else {
        return Ok(Step::Over);
    };
    if row.operation.state != OperationState::Running || !leases::is_held(&mut tx, lease).await? {
        return Ok(Step::Over);
    }
    let range = DeadLetterRange {
        filter: DeadLetterFilter::new(&row.operation.selection),
        above: row.position_seq,
        upper: row.operation.upper,
        limit: limit.cast_signed(),
    };
    let letters = dead_letters::lock_next(&mut tx, &range).await?;
    let Some(last) = letters.last() else {
        return Ok(Step::Exhausted);
    };
    let position = last.row.seq;
    let known: HashSet<_> = {
        let ids: Vec<_> = letters.iter().map(|letter| letter.row.id.0).collect();
        queries::noted(&mut tx, id, &ids).await?.into_iter().collect()
    };
    // What the plan left out stays left out: that is what the operator agreed to.
    let letters: Vec<_> = letters
        .into_iter()
        .filter(|letter| !known.contains(&letter.row.id.0))
        .collect();
    let mut reasons = row.reasons.clone();
    let acted = if row.operation.kind.sends() {
        let (send, left_out) = sort_out(app, letters).await?;
        let noted: Vec<_> = left_out
            .iter()
            .map(|(letter, reason)| (letter, Some(reason.as_str())))
            .collect();
        queries::insert_items(&mut tx, id, ItemState::LeftOut, &noted, false).await?;
        for (_, reason) in &left_out {
            *reasons.entry(reason.clone()).or_default() += 1;
        }
        send_again(app, &mut tx, &row, &send).await?;
        send.len()
    } else {
        give_up(app, &mut tx, &row, &letters).await?;
        letters.len()
    };
    queries::advance(&mut tx, id, position, 0, acted as i64, &reasons).await?;
    tx.commit().await?;
    Ok(Step::Acted(acted as u64))
}

/// Splits messages into those to be sent and those to be left out: the world may have changed since the plan.
async fn sort_out(app: &App, letters: Vec<DeadLetter>) -> sqlx::Result<(Vec<DeadLetter>, Vec<(DeadLetter, String)>)> {
    let mut reasons = dead_letters::skip_reasons(&app.db, &letters).await?;
    let (mut send, mut left_out) = (Vec::with_capacity(letters.len()), Vec::new());
    for letter in letters {
        match reasons.remove(&letter.row.id) {
            Some(reason) => left_out.push((letter, reason)),
            None => send.push(letter),
        }
    }
    Ok((send, left_out))
}

async fn send_again(app: &App, tx: &mut PgConnection, row: &Row, letters: &[DeadLetter]) -> sqlx::Result<()> {
    let id = row.operation.id;
    let messages: Vec<_> = letters
        .iter()
        .filter_map(dead_letters::message)
        .map(|message| match row.operation.selected {
            ..=FEW => message,
            // New uploads do not wait behind a hundred thousand old ones.
            _ => message.with_lane(Lane::Bulk),
        })
        .collect();
    let items: Vec<_> = letters.iter().map(|letter| (letter, None)).collect();
    dead_letters::delete(&mut *tx, letters).await?;
    queries::insert_items(&mut *tx, id, ItemState::Sent, &items, false).await?;
    app.broker.send(tx, &messages).await
}

async fn give_up(app: &App, tx: &mut PgConnection, row: &Row, letters: &[DeadLetter]) -> sqlx::Result<()> {
    let operation = &row.operation;
    let reason = operation.reason.as_deref().unwrap_or_default();
    for letter in letters {
        // Nothing waits for a payload that is no job.
        if let Ok(job) = Job::parse(&letter.payload) {
            (app.give_up)(app, &mut *tx, &job, reason).await?;
        }
    }
    let items: Vec<_> = letters.iter().map(|letter| (letter, None)).collect();
    let keep_payload = operation.kind == OperationKind::Discard;
    dead_letters::delete(&mut *tx, letters).await?;
    queries::insert_items(tx, operation.id, ItemState::Discarded, &items, keep_payload).await?;
    Ok(())
}
