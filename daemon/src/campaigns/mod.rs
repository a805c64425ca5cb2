//! Campaigns: what the catalogue has already is drawn anew with the presets and the engine of today.
//!
//! A campaign is an operation. Its plan lists items and draws none. A canary is drawn first and laid beside what is shown, for somebody to look at. The
//! rest goes through the bulk lane of the queue `render` in messages of some tens of items, and is throttled while interactive work runs. What is drawn is
//! filed under the campaign's generation, an item's pictures and its mark `done` in one transaction: a crash at any moment does nothing twice and loses
//! nothing. Nothing of it is visible before the swap, which is one row more in `active_generations`; a rollback is that row less. Collecting makes the
//! generation the catalogue's own, or forgets it, and frees what nothing refers to.

pub mod routes;
pub mod service;
mod verbs;

mod check;
mod kind;
mod plan;
mod view;

pub mod job;
mod samples;

mod collect;
pub mod meter;
mod queries;

use crate::operations::kind::Kinds;

/// The kind of operation that a campaign is.
pub const KINDS: Kinds = &[&kind::Rerender];
