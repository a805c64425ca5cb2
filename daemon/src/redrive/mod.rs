//! The operations on dead letters: redrive, edit, discard and purge.
//!
//! Their plan reads every selected dead letter and notes those that it would do no good to send. A step takes dead letters away and sends them, or
//! settles what waits for them, in one transaction. Workers report how messages that were sent again fare.

pub mod routes;

mod check;
mod edit;
mod kind;
mod plan;

use tradepost_common::operations::OperationKind;

use self::kind::DeadLetters;
use crate::operations::kind::Kinds;

/// The kinds of operations on dead letters.
pub const KINDS: Kinds = &[
    &DeadLetters(OperationKind::Redrive),
    &DeadLetters(OperationKind::Edit),
    &DeadLetters(OperationKind::Discard),
    &DeadLetters(OperationKind::Purge),
];
