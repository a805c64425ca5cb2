//! What may be published: the policy for clean packs of trusted contributors, and the cases that moderators decide.
//!
//! A case is opened once for an upload. An item that a check forbids is never published, whoever decides.

pub mod policy;
mod queries;
pub mod service;
