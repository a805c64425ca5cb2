//! Dead letters: messages that failed too often. They live in PostgreSQL whichever backend runs, so that a million of them
//! can be grouped, searched, paged, edited and redriven.
//!
//! A message keeps its id when it is redriven; `redrives` says how often it was.

pub mod diff;
mod queries;
pub mod routes;
pub mod service;

pub use queries::{Letter, New};
pub use service::{bury, mark_succeeded};
