//! What can be done with dead letters; bulk acts are operations that call this.

use std::collections::BTreeMap;

use sqlx::{PgConnection, PgPool};
use tradepost_common::dead::{DeadAttributes, DeadDetail, DeadGroups, DeadPage, Edit, EditCheck, Links, Snapshot};
use tradepost_common::ids::MessageId;
use tradepost_common::operations::Selection;
use tradepost_common::problem::Fault;

use super::queries::{self, Letter, New};
use crate::app::App;
use crate::error::{ApiError, ApiResult};
use crate::queue::attempts::{self, Failure};
use crate::queue::{Broker, NewMessage, QueueName};
use crate::{jobs, operations, uploads};

/// Records the last failed attempt and moves the message to the dead letters, in one transaction.
/// `false`: the receipt is lost, nothing was moved.
///
/// # Errors
/// When the database or the queue does not answer. Where the message could not be deleted with the same transaction, it
/// comes back and is known to be buried.
pub async fn bury(db: &PgPool, broker: &Broker, failure: &Failure<'_>) -> anyhow::Result<bool> {
    let message = failure.message;
    let mut tx = db.begin().await?;
    if !broker.delete_in(&mut tx, &message.held).await? {
        return Ok(false);
    }
    attempts::record_last(&mut *tx, failure).await?;
    let new = New {
        id: message.id(),
        queue: message.queue().as_str(),
        lane: message.held.lane,
        payload: &message.payload,
        upload_id: message.upload_id,
        attempts: message.attempt,
        redrives: message.redrives,
        receives: message.receives,
        error: failure.error,
        enqueued_at: message.enqueued_at,
        backend: failure.backend,
    };
    let inserted = insert(&mut tx, &new).await?;
    tx.commit().await?;
    broker.delete_after_commit(&message.held).await?;
    Ok(inserted)
}

/// Puts a message among the dead letters in the caller's transaction, and tells the operation that had sent it.
/// `false`: it was one already.
///
/// # Errors
/// When the database does not answer.
pub async fn insert(tx: &mut PgConnection, new: &New<'_>) -> sqlx::Result<bool> {
    if !queries::insert(&mut *tx, new).await? {
        return Ok(false);
    }
    if new.redrives > 0 {
        operations::outcomes::failed(tx, new.id, new.error).await?;
    }
    Ok(true)
}

/// Tells the operations that had sent these messages that they are done.
///
/// # Errors
/// When the database does not answer.
pub async fn mark_succeeded(db: &PgPool, ids: &[MessageId]) -> sqlx::Result<()> {
    operations::outcomes::succeeded(db, ids).await
}

/// The groups, the largest first, and the snapshot that a selection made now is bound to.
pub async fn groups(db: &PgPool, queue: Option<&str>, text: Option<&str>) -> ApiResult<DeadGroups> {
    let snapshot = queries::snapshot(db).await?;
    let groups = queries::groups(db, queue, text.map(contains).as_deref()).await?;
    Ok(DeadGroups {
        messages: groups.iter().map(|group| group.messages).sum(),
        groups,
        snapshot,
    })
}

/// One page, newest first; `before` is the seq to start below.
pub async fn list(db: &PgPool, selection: &Selection, before: Option<i64>, limit: u32) -> ApiResult<DeadPage> {
    let snapshot = queries::snapshot(db).await?;
    let before = before.unwrap_or(i64::MAX);
    let rows = queries::list(db, &Filter::new(selection), before, i64::from(limit)).await?;
    let next = (rows.len() == limit as usize)
        .then(|| rows.last().map(|row| row.seq.to_string()))
        .flatten();
    Ok(DeadPage { rows, next, snapshot })
}

/// Everything that is known of one.
pub async fn detail(app: &App, id: MessageId) -> ApiResult<DeadDetail> {
    let db = &app.db;
    let letter = find(db, id).await?;
    let left_out = left_out(db, std::slice::from_ref(&letter)).await?.remove(&id);
    let links = match letter.row.upload_id {
        Some(upload) => uploads::service::state_and_account(db, upload).await?,
        None => None,
    };
    let (upload_state, account) = links.unzip();
    let id_in = |key: &str| {
        let text = letter.payload.get(key).and_then(serde_json::Value::as_str);
        text.and_then(|text| text.parse().ok())
    };
    Ok(DeadDetail {
        links: Links {
            upload_id: letter.row.upload_id,
            upload_state: upload_state.map(|state| state.as_str().to_owned()),
            account,
            set_id: id_in("set_id").map(tradepost_common::ids::SetId),
            item_id: id_in("item_id").map(tradepost_common::ids::ItemId),
        },
        history: attempts::of_message(db, id).await?,
        operations: operations::service::of_message(db, id).await?,
        left_out,
        attributes: DeadAttributes {
            lane: letter.lane.as_str().to_owned(),
            backend: letter.backend,
            receives: letter.receives,
            payload_bytes: letter.payload.to_string().len() as i64,
        },
        payload: letter.payload,
        row: letter.row,
    })
}

/// The dead letter, locked until the caller's transaction ends. `None` when it is gone.
///
/// # Errors
/// When the database does not answer.
pub async fn lock(tx: &mut PgConnection, id: MessageId) -> sqlx::Result<Option<Letter>> {
    queries::lock(tx, id).await
}

/// The dead letter.
///
/// # Errors
/// `NotFound` when there is none of this id now.
pub async fn find(db: &PgPool, id: MessageId) -> ApiResult<Letter> {
    queries::find(db, id).await?.ok_or(ApiError::NotFound("dead letter"))
}

/// What sending a dead letter with another payload would do. Changes nothing.
pub async fn check(app: &App, id: MessageId, edit: &Edit) -> ApiResult<EditCheck> {
    let letter = find(&app.db, id).await?;
    if letter.row.seq != edit.seq {
        return Err(died_again());
    }
    Ok(EditCheck {
        faults: faults(&letter, &edit.payload),
        diff: crate::queue::dead::diff::pretty(&letter.payload, &edit.payload),
    })
}

/// What keeps an edited payload from being sent.
pub fn faults(letter: &Letter, payload: &serde_json::Value) -> Vec<Fault> {
    match QueueName::parse(&letter.row.queue) {
        None => vec![Fault {
            at: "queue".to_owned(),
            message: "this version has no such queue".to_owned(),
        }],
        Some(queue) => jobs::check(queue, payload).err().into_iter().collect(),
    }
}

/// The dead letter is not the one that the operator looked at.
pub fn died_again() -> ApiError {
    ApiError::conflict(
        "dead-letter-changed",
        "The message was redriven and has died again since you looked at it. Look at it again.",
    )
}

/// Which of these it would do no good to send, and why.
///
/// # Errors
/// When the database does not answer.
pub async fn left_out(db: &PgPool, letters: &[Letter]) -> sqlx::Result<BTreeMap<MessageId, String>> {
    let uploads: Vec<_> = letters.iter().filter_map(|letter| letter.row.upload_id).collect();
    let states = uploads::service::states(db, &uploads).await?;
    let mut left_out = BTreeMap::new();
    for letter in letters {
        let Some(queue) = QueueName::parse(&letter.row.queue) else {
            left_out.insert(letter.row.id, "this version has no such queue".to_owned());
            continue;
        };
        let state = letter.row.upload_id.map(|id| states.get(&id).copied());
        let reason = match (jobs::check(queue, &letter.payload), state) {
            (Err(_), _) => Some("the payload is no valid job of its queue: edit it first".to_owned()),
            (Ok(()), Some(None)) => Some("its upload is gone".to_owned()),
            (Ok(()), Some(Some(state))) if jobs::is_pointless(queue, state) => {
                Some(format!("its upload is {} already", state.as_str().replace('_', " ")))
            }
            _ => None,
        };
        if let Some(reason) = reason {
            left_out.insert(letter.row.id, reason);
        }
    }
    Ok(left_out)
}

/// The next selected dead letters above a seq, in order, for a look.
///
/// # Errors
/// When the database does not answer.
pub async fn next(db: &PgPool, range: &Range<'_>) -> sqlx::Result<Vec<Letter>> {
    queries::next(db, range).await
}

/// The next selected dead letters above a seq, in order and locked: those that somebody else acts on now are passed over.
///
/// # Errors
/// When the database does not answer.
pub async fn lock_next(tx: &mut PgConnection, range: &Range<'_>) -> sqlx::Result<Vec<Letter>> {
    queries::lock_next(tx, range).await
}

/// How many dead letters are selected.
///
/// # Errors
/// When the database does not answer.
pub async fn count(db: &PgPool, range: &Range<'_>) -> sqlx::Result<i64> {
    queries::count(db, range).await
}

/// Takes dead letters away in the caller's transaction, which decides what becomes of them.
///
/// # Errors
/// When the database does not answer.
pub async fn remove(tx: &mut PgConnection, letters: &[Letter]) -> sqlx::Result<()> {
    let ids: Vec<_> = letters.iter().map(|letter| letter.row.id.0).collect();
    queries::delete(tx, &ids).await
}

/// How many dead letters there are, by queue; one without any is missing.
///
/// # Errors
/// When the database does not answer.
pub async fn counts(db: &PgPool) -> sqlx::Result<Vec<(String, i64)>> {
    queries::counts(db).await
}

/// Grows with every change of the dead letters.
///
/// # Errors
/// When the database does not answer.
pub async fn revision(db: &PgPool) -> sqlx::Result<i64> {
    queries::revision(db).await
}

/// The highest seq there is.
///
/// # Errors
/// When the database does not answer.
pub async fn snapshot(db: &PgPool) -> sqlx::Result<Snapshot> {
    queries::snapshot(db).await
}

/// The message that a dead letter is sent as: the same id, one redrive more, in the lane it had.
pub fn message(letter: &Letter, queue: QueueName) -> NewMessage {
    NewMessage {
        id: letter.row.id,
        queue,
        lane: letter.lane,
        payload: letter.payload.clone(),
        upload_id: letter.row.upload_id,
        redrives: letter.row.redrives.unsigned_abs() + 1,
        delay: std::time::Duration::ZERO,
    }
}

/// A part of a selection.
#[derive(Debug)]
pub struct Range<'a> {
    pub filter: Filter<'a>,
    /// Above this seq.
    pub above: i64,
    /// Up to this seq.
    pub upper: i64,
    pub limit: i64,
}

/// A selection as the statements take it.
#[derive(Debug)]
pub struct Filter<'a> {
    pub queue: Option<&'a str>,
    pub fingerprint: Option<&'a str>,
    /// A pattern for `ilike`.
    pub pattern: Option<String>,
    pub upload_id: Option<uuid::Uuid>,
    pub redriven: Option<bool>,
    pub ids: Option<Vec<uuid::Uuid>>,
}

impl<'a> Filter<'a> {
    pub fn new(selection: &'a Selection) -> Self {
        Self {
            queue: selection.queue.as_deref(),
            fingerprint: selection.fingerprint.as_deref(),
            pattern: selection.text.as_deref().map(contains),
            upload_id: selection.upload.map(|id| id.0),
            redriven: selection.redriven,
            ids: selection.ids.as_ref().map(|ids| ids.iter().map(|id| id.0).collect()),
        }
    }
}

/// A pattern for what contains the text.
fn contains(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{escaped}%")
}
