//! What is in a pack: the manifest, the archive, and the drafts they become.

pub mod faults;
pub mod job;
pub mod manifest;
pub mod pack;
