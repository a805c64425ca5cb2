//! Purchases: orders that are paid with store credit or by card, and the right to download what was bought.
//!
//! Placing an order holds the funds and sends a message of the queue `settle`, in one transaction. Its job moves the money in the
//! ledger, splits it into royalties and fee, and grants the entitlements, in one transaction. What a card pays is store credit
//! that is held for the order in the transaction in which it came in, so that both ways to pay are settled alike.

pub mod card;
pub mod control_routes;
mod dispute;
pub mod job;
mod ledger;
mod ledger_routes;
pub mod library;
mod pay;
mod payment_routes;
mod place;
mod proof;
mod queries;
mod receipt;
pub mod refund;
pub mod routes;
mod search;
mod story;
pub mod sweep;
mod top_up;

pub use dispute::queries::{Evidence, evidence};
pub use place::view;
pub use proof::prove_due;
pub use search::in_range;
pub use story::story;
