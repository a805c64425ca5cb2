//! Operations: long work that an operator started. Planned first, then run at a limited rate, watched, and stopped by itself when too much fails.
//!
//! The engine knows no kind of operation: a [`kind::Kind`] lists what is selected, acts on it, and reports outcomes. A plan is the dry run: it reads
//! everything that is selected and acts on nothing. A run acts in small steps. A step is one transaction: the operation's row is locked, its state and
//! the epoch of the lease are checked, the kind acts, and the row counts that. So nothing is lost or done twice by a crash at any moment, and nothing
//! is done after the answer to a cancel. One process runs all operations, under a lease.

pub mod kind;
pub mod routes;
pub mod service;

pub mod items;
pub mod outcomes;
mod queries;
mod run;
pub mod runner;
mod throttle;

pub use self::queries::OperationRow;
