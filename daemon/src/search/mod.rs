//! The search: an index in the state directory that follows the published catalogue, and what is asked of it.
//!
//! PostgreSQL is the truth. Triggers write into `search_outbox` what changed; [`feed`] applies it to the index and deletes the rows. Hits
//! are read from the truth before anybody sees them, so that a withdrawn item is gone at once.

pub mod control_routes;
pub mod feed;
mod queries;
pub mod routes;
mod service;
