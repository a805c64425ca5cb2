//! Payouts: what contributors earned is held, goes to the bank as a file, and leaves the books when the bank has paid.

pub mod control_routes;
mod file;
mod queries;
pub mod routes;
pub mod service;

pub use self::queries::{ToldPayout, told};
