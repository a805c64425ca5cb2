//! Dead letters as operators see them: grouped, searched, paged, edited.
//!
//! The crate `tradepost-queue` inserts them; operations delete them.

pub mod diff;
mod queries;
pub mod routes;
pub mod service;

pub use queries::DeadLetter;
