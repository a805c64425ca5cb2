//! Makes an operation on dead letters, and reads what it selects.

use std::collections::HashSet;

use sqlx::PgConnection;
use tradepost_common::ids::OperationId;
use tradepost_common::operations::{ItemState, NewOperation, OperationKind, Selection};

use super::check;
use super::kind::DeadLetters;
use crate::app::App;
use crate::audit::Actor;
use crate::dead_letters::DeadLetter;
use crate::dead_letters::service::{self as dead_letters, DeadLetterFilter, DeadLetterRange};
use crate::error::ApiResult;
use crate::operations::items::{self, NewItem};
use crate::operations::kind::Step;
use crate::operations::{self, OperationRow};

/// Messages read in one step.
const STEP: i64 = 5_000;
/// The reason for a message that was named and is not there.
const GONE: &str = "it is no longer a dead letter";

/// Begins the dry run of an operation. Answers with the finished plan when it is quick.
pub async fn make(app: &App, actor: &Actor, new: &NewOperation) -> ApiResult<OperationRow> {
    check::new_operation(new)?;
    let upper_seq = match new.upper {
        Some(upper) => upper,
        None => dead_letters::snapshot(&app.db).await?.upper,
    };
    let what = check::describe(&new.selection);
    let mut row = OperationRow::new(new.kind.as_str(), actor, &new.selection, what, new.pace.into());
    row.upper_seq = upper_seq;
    row.reason = check::reason(new).ok().flatten().map(String::from);
    let mut tx = app.db.begin().await?;
    operations::service::insert(&mut tx, &row, actor).await?;
    operations::service::record(&mut tx, &DeadLetters(new.kind), actor, "plan", &row).await?;
    tx.commit().await?;
    operations::service::until_planned(app, row.id).await
}

/// Reads the next messages, and notes those to be skipped.
pub(super) async fn step(
    app: &App,
    tx: &mut PgConnection,
    row: &OperationRow,
    kind: OperationKind,
) -> anyhow::Result<Step> {
    let selection: Selection = serde_json::from_value(row.selection.0.clone())?;
    let letters = dead_letters::next(&app.db, &range(&selection, row, STEP)).await?;
    let mut step = Step {
        position: letters.last().map_or(row.position_seq, |letter| letter.row.seq),
        selected: letters.len() as i64,
        more: letters.len() as i64 == STEP,
        ..Step::default()
    };
    // It can be given up in any case.
    if kind.sends() {
        let mut reasons = dead_letters::skip_reasons(&app.db, &letters).await?;
        let skipped = letters
            .iter()
            .filter_map(|letter| Some((letter, reasons.remove(&letter.row.id)?)))
            .collect();
        skip(&mut *tx, row.id, skipped, &mut step).await?;
    }
    if let (Some(ids), false) = (&selection.ids, step.more) {
        let there: HashSet<_> = letters.iter().map(|letter| letter.row.id).collect();
        let missing = ids.iter().filter(|id| !there.contains(id)).map(|id| NewItem {
            message_id: id.0,
            reason: Some(GONE.to_owned()),
            ..NewItem::default()
        });
        let noted = items::insert(tx, row.id, ItemState::LeftOut, missing).await?;
        step.selected += noted.cast_signed();
        step.skipped.extend((0..noted).map(|_| GONE.to_owned()));
    }
    Ok(step)
}

/// Notes messages that are skipped, with their reasons.
pub(super) async fn skip(
    tx: &mut PgConnection,
    id: OperationId,
    skipped: Vec<(&DeadLetter, String)>,
    step: &mut Step,
) -> sqlx::Result<()> {
    step.skipped.extend(skipped.iter().map(|(_, reason)| reason.clone()));
    let skipped = skipped.into_iter().map(|(letter, reason)| NewItem {
        reason: Some(reason),
        ..item(letter)
    });
    items::insert(tx, id, ItemState::LeftOut, skipped).await?;
    Ok(())
}

/// The next part of a selection.
pub(super) fn range<'a>(selection: &'a Selection, row: &OperationRow, limit: i64) -> DeadLetterRange<'a> {
    DeadLetterRange {
        filter: DeadLetterFilter::new(selection),
        above: row.position_seq,
        upper: row.upper_seq,
        limit,
    }
}

/// A dead letter as an item of an operation.
pub(super) fn item(letter: &DeadLetter) -> NewItem {
    NewItem {
        message_id: letter.row.id.0,
        queue: letter.row.queue.clone(),
        subject: letter.row.subject.clone(),
        reason: None,
        payload: None,
    }
}
