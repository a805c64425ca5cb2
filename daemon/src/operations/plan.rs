//! The dry run of an operation: every selected message is looked at, and those that would be left out are noted.

use sqlx::PgConnection;
use tradepost_common::ids::OperationId;
use tradepost_common::operations::{ItemState, OperationState};
use tradepost_leases::{self as leases, Lease};

use super::queries::{self, Row};
use crate::app::App;
use crate::dead_letters::DeadLetter;
use crate::dead_letters::service::{self as dead_letters, DeadLetterFilter, DeadLetterRange};

/// Messages looked at in one step.
const STEP: i64 = 5_000;
/// A message that was named and is not there.
const GONE: &str = "it is no dead letter any more";

/// Looks at the next messages. `false`: the plan is ready, or not ours to make.
///
/// # Errors
/// When the database does not answer.
pub async fn step(app: &App, id: OperationId, lease: &Lease) -> anyhow::Result<bool> {
    let Some(row) = queries::find(&app.db, id).await? else {
        return Ok(false);
    };
    let range = DeadLetterRange {
        filter: DeadLetterFilter::new(&row.operation.selection),
        above: row.position_seq,
        upper: row.operation.upper,
        limit: STEP,
    };
    let letters = dead_letters::next(&app.db, &range).await?;
    let left_out = if row.operation.kind.sends() {
        dead_letters::skip_reasons(&app.db, &letters).await?
    } else {
        // Whatever it is, it can be given up.
        Default::default()
    };
    let noted: Vec<_> = letters
        .iter()
        .filter_map(|letter| Some((letter, Some(left_out.get(&letter.row.id)?.as_str()))))
        .collect();
    let mut tx = app.db.begin().await?;
    let Some(now) = queries::lock(&mut tx, id).await? else {
        return Ok(false);
    };
    let is_ours = now.operation.state == OperationState::Planning && now.position_seq == row.position_seq;
    if !is_ours || !leases::is_held(&mut tx, lease).await? {
        return Ok(false);
    }
    let mut reasons = now.reasons;
    queries::insert_items(&mut tx, id, ItemState::LeftOut, &noted, false).await?;
    for (_, reason) in noted {
        *reasons.entry(reason.unwrap_or_default().to_owned()).or_default() += 1;
    }
    let position = letters.last().map_or(row.position_seq, |letter| letter.row.seq);
    queries::advance(&mut tx, id, position, letters.len() as i64, 0, &reasons).await?;
    let more = letters.len() as i64 == STEP;
    if !more {
        conclude(&mut tx, &row, &letters).await?;
    }
    tx.commit().await?;
    Ok(more)
}

/// All were looked at.
async fn conclude(tx: &mut PgConnection, row: &Row, letters: &[DeadLetter]) -> sqlx::Result<()> {
    let id = row.operation.id;
    if let Some(ids) = &row.operation.selection.ids {
        let missing: Vec<_> = ids
            .iter()
            .filter(|id| !letters.iter().any(|letter| letter.row.id == **id))
            .map(|id| id.0)
            .collect();
        let noted = queries::insert_missing(&mut *tx, id, &missing, GONE).await?;
        if noted > 0 {
            let now = queries::lock(&mut *tx, id).await?;
            let mut reasons = now.map(|row| row.reasons).unwrap_or_default();
            *reasons.entry(GONE.to_owned()).or_default() += noted.cast_signed();
            queries::advance(&mut *tx, id, 0, noted.cast_signed(), 0, &reasons).await?;
        }
    }
    queries::set_state(tx, id, OperationState::Planned, None).await
}
