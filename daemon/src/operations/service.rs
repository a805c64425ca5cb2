//! What operators can do with operations.

use std::time::Duration;

use serde_json::json;
use sqlx::{PgConnection, PgPool};
use tradepost_common::Page;
use tradepost_common::dead::{Edit, Part};
use tradepost_common::ids::{MessageId, OperationId};
use tradepost_common::operations::{
    ItemState, NewOperation, Operation, OperationItem, OperationKind, OperationState, Pace, Phase, Selection,
};
use uuid::Uuid;

use super::check;
use super::queries::{self, New, Row};
use tradepost_queue::notification;

use crate::app::{App, OPERATIONS};
use crate::audit::{self, Actor};
use crate::dead_letters::service as dead_letters;
use crate::error::{ApiError, ApiResult};

/// A plan that is done so quickly is answered with at once.
const PLAN_PATIENCE: Duration = Duration::from_millis(1_500);

/// Plans an operation: the dry run begins. Answers with the finished plan when it is quick.
pub async fn plan(app: &App, actor: &Actor, new: &NewOperation) -> ApiResult<Operation> {
    check::new_operation(new)?;
    let upper = match new.upper {
        Some(upper) => upper,
        None => dead_letters::snapshot(&app.db).await?.upper,
    };
    let id = OperationId::new();
    let row = New {
        id,
        kind: new.kind,
        state: OperationState::Planning,
        phase: None,
        actor,
        reason: new.reason.as_deref().map(str::trim),
        selection: &new.selection,
        upper,
        pace: new.pace,
        selected: 0,
        acted: 0,
    };
    let mut tx = app.db.begin().await?;
    queries::insert(&mut tx, &row).await?;
    tell(&mut tx).await?;
    tx.commit().await?;
    let planned = async {
        loop {
            let operation = find(&app.db, id).await?;
            if operation.state != OperationState::Planning {
                return Ok(operation);
            }
            tokio::time::sleep(Duration::from_millis(15)).await;
        }
    };
    match tokio::time::timeout(PLAN_PATIENCE, planned).await {
        Ok(planned) => planned,
        Err(_) => find(&app.db, id).await,
    }
}

/// What an operator wants of an operation that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    Start,
    Pause,
    Resume,
    Cancel,
}

impl Verb {
    fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Cancel => "cancel",
        }
    }

    /// The state that it leads to from `from`. `None`: it makes no sense there.
    fn leads_to(self, from: OperationState) -> Option<OperationState> {
        use OperationState::{Cancelled, Paused, Planned, Running, Stopped};
        match (self, from) {
            (Self::Start, Planned) | (Self::Resume, Paused | Stopped) => Some(Running),
            (Self::Pause, Running) => Some(Paused),
            (Self::Cancel, from) if !from.is_over() => Some(Cancelled),
            _ => None,
        }
    }
}

/// Starts, pauses, resumes or cancels an operation.
pub async fn act(app: &App, actor: &Actor, id: OperationId, verb: Verb) -> ApiResult<Operation> {
    let mut tx = app.db.begin().await?;
    let row = lock(&mut tx, id).await?;
    let from = row.operation.state;
    let Some(to) = verb.leads_to(from) else {
        let detail = format!("The operation is {}: it can not {}.", from.as_str(), verb.as_str());
        return Err(ApiError::conflict("operation-state", detail));
    };
    if verb == Verb::Start && row.operation.eligible() == 0 {
        return Err(ApiError::conflict(
            "operation-empty",
            "The plan has no message to act on.",
        ));
    }
    queries::set_state(&mut tx, id, to, None).await?;
    if from == OperationState::Planned && to == OperationState::Running {
        queries::set_phase(&mut tx, id, first_phase(&row.operation)).await?;
    }
    if from == OperationState::Stopped && to == OperationState::Running {
        // Whoever resumes it has seen why it stopped.
        queries::forgive(&mut tx, id).await?;
        if row.operation.phase == Some(Phase::Watch) {
            queries::set_phase(&mut tx, id, Phase::Ramp).await?;
        }
    }
    audit_row(&mut tx, actor, &format!("operation.{}", verb.as_str()), &row.operation).await?;
    tell(&mut tx).await?;
    tx.commit().await?;
    find(&app.db, id).await
}

fn first_phase(operation: &Operation) -> Phase {
    let canary = i64::from(operation.pace.canary);
    if operation.kind.sends() && canary > 0 && operation.eligible() > canary {
        Phase::Canary
    } else {
        Phase::Ramp
    }
}

/// Changes the rate of an operation that is not over.
pub async fn set_rate(app: &App, actor: &Actor, id: OperationId, rate_per_second: u32) -> ApiResult<Operation> {
    let mut tx = app.db.begin().await?;
    let mut row = lock(&mut tx, id).await?;
    if row.operation.state.is_over() {
        return Err(ApiError::conflict("operation-state", "The operation is over."));
    }
    let pace = Pace {
        rate_per_second,
        ..row.operation.pace
    };
    let faults = check::pace(pace);
    if !faults.is_empty() {
        return Err(ApiError::Invalid(faults));
    }
    queries::set_pace(&mut tx, id, pace).await?;
    row.operation.pace = pace;
    audit_row(&mut tx, actor, "operation.rate", &row.operation).await?;
    tell(&mut tx).await?;
    tx.commit().await?;
    find(&app.db, id).await
}

/// Sends one dead letter with another payload, in one transaction; its outcome is watched as that of any redrive.
pub async fn edit(app: &App, actor: &Actor, message: MessageId, edit: &Edit) -> ApiResult<Operation> {
    let mut tx = app.db.begin().await?;
    let Some(letter) = dead_letters::lock(&mut tx, message).await? else {
        return Err(ApiError::NotFound("dead letter"));
    };
    if letter.row.seq != edit.seq {
        return Err(dead_letters::changed());
    }
    let faults = dead_letters::faults(&letter, &edit.payload);
    let mut sent = match dead_letters::message(&letter) {
        Some(message) if faults.is_empty() => message,
        _ => return Err(ApiError::Invalid(faults)),
    };
    let id = OperationId::new();
    let selection = Selection {
        ids: Some(vec![message]),
        ..Selection::default()
    };
    let new = New {
        id,
        kind: OperationKind::Edit,
        state: OperationState::Running,
        phase: Some(Phase::Settle),
        actor,
        reason: None,
        selection: &selection,
        upper: letter.row.seq,
        pace: Pace::default(),
        selected: 1,
        acted: 1,
    };
    queries::insert(&mut tx, &new).await?;
    sent.payload = edit.payload.clone();
    dead_letters::delete(&mut tx, std::slice::from_ref(&letter)).await?;
    queries::insert_items(&mut tx, id, ItemState::Sent, &[(&letter, None)], true).await?;
    app.broker.send(&mut tx, &[sent]).await?;
    let detail = json!({ "operation": id, "queue": letter.row.queue, "before": letter.payload, "after": edit.payload });
    audit::record(&mut tx, actor, "dead.edit", &format!("message:{message}"), detail).await?;
    tell(&mut tx).await?;
    tx.commit().await?;
    find(&app.db, id).await
}

async fn lock(tx: &mut PgConnection, id: OperationId) -> ApiResult<Row> {
    queries::lock(tx, id).await?.ok_or(ApiError::NotFound("operation"))
}

/// Notes an act on an operation, with what it is about.
pub(super) async fn audit_row(
    tx: &mut PgConnection,
    actor: &Actor,
    act: &str,
    operation: &Operation,
) -> sqlx::Result<()> {
    let detail = json!({
        "kind": operation.kind,
        "what": operation.what,
        "planned_by": operation.actor,
        "reason": operation.reason,
        "upper": operation.upper,
        "selected": operation.selected,
        "eligible": operation.eligible(),
        "acted": operation.acted,
        "succeeded": operation.succeeded,
        "refailed": operation.refailed,
        "rate_per_second": operation.pace.rate_per_second,
        "canary": operation.pace.canary,
        "note": operation.note,
    });
    audit::record(tx, actor, act, &format!("operation:{}", operation.id), detail).await
}

/// Tells whoever runs operations that one has changed.
async fn tell(tx: &mut PgConnection) -> sqlx::Result<()> {
    notification::notify(tx, OPERATIONS).await
}

/// One operation.
pub async fn find(db: &PgPool, id: OperationId) -> ApiResult<Operation> {
    let row = queries::find(db, id).await?.ok_or(ApiError::NotFound("operation"))?;
    Ok(row.operation)
}

/// Operations, newest first.
pub async fn list(db: &PgPool, before: Option<OperationId>, limit: u32) -> ApiResult<Page<Operation>> {
    let before = before.map_or(Uuid::max(), |id| id.0);
    let rows = queries::list(db, before, i64::from(limit)).await?;
    let next = (rows.len() == limit as usize)
        .then(|| rows.last().map(|row| row.id.to_string()))
        .flatten();
    Ok(Page { rows, next })
}

/// The messages of an operation, by id.
pub async fn items(
    db: &PgPool,
    id: OperationId,
    state: Option<ItemState>,
    after: Option<MessageId>,
    limit: u32,
) -> ApiResult<Page<OperationItem>> {
    find(db, id).await?;
    let after = after.map_or(Uuid::nil(), |id| id.0);
    let rows = queries::items(db, id, state, after, i64::from(limit)).await?;
    let next = (rows.len() == limit as usize)
        .then(|| rows.last().map(|row| row.message_id.to_string()))
        .flatten();
    Ok(Page { rows, next })
}

/// Operations that are not over, newest first.
///
/// # Errors
/// When the database does not answer.
pub async fn open(db: &PgPool) -> sqlx::Result<Vec<Operation>> {
    queries::open(db).await
}

/// Grows with every change of an operation.
///
/// # Errors
/// When the database does not answer.
pub async fn revision(db: &PgPool) -> sqlx::Result<i64> {
    queries::revision(db).await
}

/// The operations that a message took part in, newest first.
///
/// # Errors
/// When the database does not answer.
pub async fn of_message(db: &PgPool, message: MessageId) -> sqlx::Result<Vec<Part>> {
    queries::of_message(db, message).await
}

/// Cancels plans that nobody started, forgets operations that ended 30 days ago.
///
/// # Errors
/// When the database does not answer.
pub async fn tidy(db: &PgPool) -> sqlx::Result<()> {
    queries::cancel_stale(db).await?;
    queries::forget_old(db).await?;
    Ok(())
}
