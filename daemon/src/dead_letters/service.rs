//! Acts on dead letters; operations call these for bulk acts.

use std::collections::BTreeMap;
use std::time::Duration;

use sqlx::{PgConnection, PgPool};
use tradepost_common::dead::{DeadAttributes, DeadDetail, DeadGroups, DeadPage, Edit, EditCheck, Links};
use tradepost_common::ids::MessageId;
use tradepost_common::operations::Selection;
use tradepost_common::problem::Fault;
use tradepost_queue::{NewMessage, Queue, attempts};

use super::diff;
use super::queries::{self, DeadLetter};
pub use super::queries::{count, count_by_queue, in_range, lock, lock_next, next, revision, snapshot};
use crate::app::App;
use crate::error::{ApiError, ApiResult};
use crate::jobs::{Job, QUEUES};
use crate::pager::contains;
use crate::{operations, uploads};

const NO_SUCH_QUEUE: &str = "this version has no such queue";

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
    let rows = queries::list(db, &DeadLetterFilter::new(selection), before, i64::from(limit)).await?;
    let next = (rows.len() == limit as usize)
        .then(|| rows.last().map(|row| row.seq.to_string()))
        .flatten();
    Ok(DeadPage { rows, next, snapshot })
}

/// One dead letter in full.
pub async fn detail(app: &App, id: MessageId) -> ApiResult<DeadDetail> {
    let db = &app.db;
    let letter = find(db, id).await?;
    let left_out = skip_reasons(db, std::slice::from_ref(&letter)).await?.remove(&id);
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
        history: attempts::list_for_message(db, id).await?,
        operations: operations::items::operations_of_message(db, id).await?,
        left_out,
        attributes: DeadAttributes {
            lane: letter.lane,
            backend: letter.backend,
            receives: letter.receives,
            payload_bytes: letter.payload.to_string().len() as i64,
        },
        payload: letter.payload,
        row: letter.row,
    })
}

/// The dead letter.
///
/// # Errors
/// `NotFound` when there is none of this id now.
pub async fn find(db: &PgPool, id: MessageId) -> ApiResult<DeadLetter> {
    queries::find(db, id).await?.ok_or(ApiError::NotFound("dead letter"))
}

/// Checks an edit and shows its changes. Sends nothing.
pub async fn check(app: &App, id: MessageId, edit: &Edit) -> ApiResult<EditCheck> {
    let letter = find(&app.db, id).await?;
    if letter.row.seq != edit.seq {
        return Err(changed());
    }
    Ok(EditCheck {
        faults: faults(&letter, &edit.payload),
        diff: diff::pretty(&letter.payload, &edit.payload),
    })
}

/// The faults that keep a payload from being sent in place of a dead letter's.
pub fn faults(letter: &DeadLetter, payload: &serde_json::Value) -> Vec<Fault> {
    let queue = &letter.row.queue;
    let fault = match Queue::parse(queue, &QUEUES) {
        None => Some(Fault {
            at: "queue".to_owned(),
            message: NO_SUCH_QUEUE.to_owned(),
        }),
        Some(_) => Job::check(queue, payload).err(),
    };
    fault.into_iter().collect()
}

/// The conflict of an edit whose dead letter was redriven and dead-lettered again meanwhile.
pub fn changed() -> ApiError {
    ApiError::conflict(
        "dead-letter-changed",
        "The message was redriven and failed again since you opened it. Open it again.",
    )
}

/// The reasons not to send some of these dead letters.
pub async fn skip_reasons(db: &PgPool, letters: &[DeadLetter]) -> sqlx::Result<BTreeMap<MessageId, String>> {
    let uploads: Vec<_> = letters.iter().filter_map(|letter| letter.row.upload_id).collect();
    let states = uploads::service::states(db, &uploads).await?;
    let reason = |letter: &DeadLetter| {
        if Queue::parse(&letter.row.queue, &QUEUES).is_none() {
            return Some(NO_SUCH_QUEUE.to_owned());
        }
        let Ok(job) = Job::check(&letter.row.queue, &letter.payload) else {
            return Some("the payload is not a valid job of its queue: edit it first".to_owned());
        };
        match states.get(&letter.row.upload_id?) {
            None => Some("its upload no longer exists".to_owned()),
            Some(state) if job.is_pointless(*state) => {
                Some(format!("its upload is already {}", state.as_str().replace('_', " ")))
            }
            Some(_) => None,
        }
    };
    let reasons = letters
        .iter()
        .filter_map(|letter| Some((letter.row.id, reason(letter)?)));
    Ok(reasons.collect())
}

/// Deletes dead letters in the caller's transaction, which sends or gives them up.
pub async fn delete<'a>(tx: &mut PgConnection, letters: impl IntoIterator<Item = &'a DeadLetter>) -> sqlx::Result<()> {
    let ids: Vec<_> = letters.into_iter().map(|letter| letter.row.id.0).collect();
    queries::delete(tx, &ids).await
}

/// The message that redrives a dead letter: the same id, one redrive more, in the lane it had. `None`: its queue is unknown.
pub fn message(letter: &DeadLetter) -> Option<NewMessage> {
    Some(NewMessage {
        id: letter.row.id,
        queue: Queue::parse(&letter.row.queue, &QUEUES)?,
        lane: letter.lane,
        payload: letter.payload.clone(),
        correlation_id: letter.correlation_id,
        trace_parent: None,
        redrives: letter.row.redrives.unsigned_abs() + 1,
        delay: Duration::ZERO,
        yields: Duration::ZERO,
    })
}

/// A part of a selection.
#[derive(Debug)]
pub struct DeadLetterRange<'a> {
    pub filter: DeadLetterFilter<'a>,
    /// Above this seq.
    pub above: i64,
    /// Up to this seq.
    pub upper: i64,
    pub limit: i64,
}

/// A selection in the types of the statements.
#[derive(Debug)]
pub struct DeadLetterFilter<'a> {
    pub queue: Option<&'a str>,
    pub fingerprint: Option<&'a str>,
    /// A pattern for `ilike`.
    pub pattern: Option<String>,
    pub upload_id: Option<uuid::Uuid>,
    pub redriven: Option<bool>,
    pub ids: Option<Vec<uuid::Uuid>>,
}

impl<'a> DeadLetterFilter<'a> {
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
