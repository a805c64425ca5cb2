//! Operations: long work that an operator started on dead letters. Planned first, then run at a rate, watched, and stopped
//! by itself when it does more harm than good.
//!
//! A plan is the dry run: it reads every selected message and acts on none. A run acts in small transactions, each of which
//! takes dead letters away, does what is to be done with them, and counts it in the operation's own row: whatever dies
//! whenever, no message is sent twice and none is lost. One process runs all operations, under a lease.

pub mod routes;
pub mod service;

mod act;
mod check;
pub mod pacer;
mod plan;
pub mod runner;

pub mod outcomes;
mod queries;
