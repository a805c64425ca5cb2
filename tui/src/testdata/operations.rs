//! Operations.

use tradepost_common::ids::OperationId;
use tradepost_common::operations::{LeftOut, Operation, OperationKind, OperationState, Pace, Phase, Selection};
use uuid::Uuid;

use super::ago;

/// The fingerprint of the errors.
pub const PRINT: &str = "0123456789abcdef";

pub fn id(n: u128) -> OperationId {
    OperationId(Uuid::from_u128(7000 + n))
}

pub fn operation(n: u128, state: OperationState) -> Operation {
    let is_started = !matches!(state, OperationState::Planning | OperationState::Planned);
    Operation {
        id: id(n),
        kind: OperationKind::Redrive,
        state,
        phase: is_started.then_some(Phase::Ramp),
        actor: "root".to_owned(),
        reason: None,
        selection: Selection::default(),
        what: format!("queue render, fingerprint {PRINT}"),
        upper: 900,
        pace: Pace::default(),
        selected: 1204,
        left_out: vec![
            LeftOut {
                reason: "the upload is settled".to_owned(),
                messages: 20,
            },
            LeftOut {
                reason: "it is no longer a dead letter".to_owned(),
                messages: 4,
            },
        ],
        acted: if is_started { 507 } else { 0 },
        succeeded: if is_started { 480 } else { 0 },
        refailed: if is_started { 7 } else { 0 },
        rate: 1980.4,
        eta_seconds: Some(28.0),
        note: (state == OperationState::Stopped).then(|| "12 of 30 outcomes were failures".to_owned()),
        created_at: ago(60),
        started_at: is_started.then(|| ago(50)),
        finished_at: None,
    }
}
