//! Identifies uploaded files and finds faults in them: packs, SVG, pictures, models, sound.
//!
//! Everything here takes bytes and gives findings; it opens no path and no socket. It runs in the daemon's jail, because its input is hostile:
//! nothing in this crate may trust a length, a name or a nesting that the input declares.

#![cfg_attr(test, expect(clippy::unwrap_used, reason = "a test fails by panicking"))]

pub mod sample;

pub mod pack;

pub mod manifest;
pub mod zip;

pub mod svg;

pub mod glb;

pub mod media;

mod paths;

pub mod faults;

pub mod magic;
pub mod text;
