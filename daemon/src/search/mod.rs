//! The search: an index in the state directory that follows the published catalogue, and what is asked of it.
//!
//! PostgreSQL is the truth. Triggers write into `search_outbox` what changed, a row for the index of each machine; [`feed`] applies those
//! of its own and deletes them. Rows, not a largest id: what commits late is not missed. Hits are read from the truth before anybody sees
//! them, so that a withdrawn item is gone at once.

pub mod control_routes;
mod export;
pub mod feed;
mod queries;
pub mod routes;
pub mod service;
