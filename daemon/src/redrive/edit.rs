//! Sends one dead letter with another payload.

use serde_json::json;
use tradepost_common::dead::Edit;
use tradepost_common::ids::MessageId;
use tradepost_common::operations::{ItemState, OperationKind, OperationState, Pace, Phase, Selection};

use super::{KINDS, check, plan};
use crate::app::App;
use crate::audit::{self, Actor};
use crate::dead_letters::service as dead_letters;
use crate::error::{ApiError, ApiResult};
use crate::operations::items::{self, NewItem};
use crate::operations::{self, OperationRow};

/// Sends it in one transaction; its outcome is watched as that of any redrive.
pub async fn send(app: &App, actor: &Actor, message: MessageId, edit: &Edit) -> ApiResult<OperationRow> {
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
    let selection = Selection {
        ids: Some(vec![message]),
        ..Selection::default()
    };
    let (kind, what) = (OperationKind::Edit.as_str(), check::describe(&selection));
    let mut new = OperationRow::new(kind, actor, &selection, what, Pace::default().into());
    new.upper_seq = letter.row.seq;
    (new.selected, new.acted) = (1, 1);
    new.set_state(OperationState::Running, None);
    new.set_phase(Phase::Settle);
    operations::service::insert(&mut tx, &new, actor).await?;
    sent.payload = edit.payload.clone();
    dead_letters::delete(&mut tx, [&letter]).await?;
    let item = NewItem {
        payload: Some(letter.payload.clone()),
        ..plan::item(&letter)
    };
    items::insert(&mut tx, new.id, ItemState::Sent, [item]).await?;
    app.broker.send(&mut tx, &[sent]).await?;
    let detail =
        json!({ "operation": new.id, "queue": letter.row.queue, "before": letter.payload, "after": edit.payload });
    audit::record(&mut tx, actor, "dead.edit", &format!("message:{message}"), detail).await?;
    tx.commit().await?;
    operations::service::find(&app.db, KINDS, new.id).await
}
