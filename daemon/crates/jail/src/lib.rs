//! Child processes that parse uploaded bytes: every uploaded ZIP, SVG, image and model is opened in one, never in the daemon.
//!
//! A [`Jail`] is a pool of long-lived children of one binary, each with one file at a time. They start when there is work, end after
//! [`Limits::idle`], are replaced after [`Limits::recycle_after`] files, and are killed with their process group when they run out of time, break
//! the protocol, or when nobody waits for them any more. The input comes as a descriptor, never as a path.
//!
//! The modules in reading order; each imports only those below it.

#![cfg_attr(test, expect(clippy::unwrap_used, reason = "a test fails by panicking"))]

mod jail;

mod archive;
mod lane;
mod pacing;
mod pack;

mod cancel;
mod deadline;
mod exchange;
mod pool;
mod process;
mod running;

pub mod child;

mod confinement;
mod descriptors;
mod failure;
mod frame;
mod protocol;
mod types;
mod validate;

pub use archive::{ArchiveEntry, ArchiveReader};
pub use cancel::Cancel;
pub use confinement::{Confinement, Layers, confine};
pub use jail::Jail;
pub use lane::{BATCH_BYTES, Lane};
pub use process::CHILD_COMMAND;
pub use protocol::BATCH_FILES;
pub use types::{
    DrawnFile, Image, InputFile, JailError, LARGE_BYTES, Limits, Member, OpenedPack, Priority, Published, Rendered,
    Rendition, Replying,
};
