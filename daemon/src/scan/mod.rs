//! Scans uploaded bytes: their type by magic, and malware by clamd.
//!
//! Promise: nothing is published without a `clean` verdict for its exact bytes. Unscannable is not clean; a scanner that is away,
//! fails, or has old signatures means waiting, and waiting uses up no attempt.

pub mod job;
mod queries;
pub mod service;
pub mod waiting;
