//! Purchases: orders that are paid with store credit, and the right to download what was bought.
//!
//! Placing an order holds the funds and sends a message of the queue `settle`, in one transaction. Its job moves the money in the
//! ledger, splits it into royalties and fee, and grants the entitlements, in one transaction.

mod books;
pub mod control_routes;
pub mod job;
mod ledger;
pub mod library;
mod place;
mod queries;
mod refund;
pub mod routes;

pub use ledger::prove;
pub use place::view;
pub use queries::is_entitled;
