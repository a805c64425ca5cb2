//! The servers the daemon brings along, tried with the real PostgreSQL and the real clamd. Every test has a folder of its own
//! and leaves no process behind.

#[path = "embedded/clamd.rs"]
mod clamd;
#[path = "embedded/postgres.rs"]
mod postgres;
#[path = "embedded/protocol.rs"]
mod protocol;
#[path = "embedded/recovery.rs"]
mod recovery;
#[path = "embedded/reliance.rs"]
mod reliance;
#[path = "embedded/supervisor.rs"]
mod supervisor;
#[path = "embedded/support.rs"]
mod support;
