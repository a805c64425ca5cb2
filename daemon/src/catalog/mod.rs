//! Families, sets, items and their renditions: drafts until a pack is published, the public catalogue after.

mod drafts;
pub mod gc;
pub mod listing;
mod queries;
pub mod routes;
pub mod service;
pub mod takedown;
pub mod undo;
