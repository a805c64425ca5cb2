//! What is in the bytes: their type by magic, malware by clamd, active content by parsing.
//!
//! Promise: nothing is published without a `clean` verdict for its exact bytes. Unscannable is not clean; a scanner that is away means waiting.

pub mod clamd;
pub mod job;
mod queries;
pub mod service;
