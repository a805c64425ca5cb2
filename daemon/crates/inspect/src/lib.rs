//! What an uploaded file is, and what is wrong with it: packs, SVG, pictures, models, sound.
//!
//! Everything here takes bytes and gives findings; it opens no path and no socket. It runs in the daemon's jail, because its input is hostile:
//! nothing in this crate may trust a length, a name or a nesting that the input declares.

#![cfg_attr(test, expect(clippy::unwrap_used, reason = "a test fails by panicking"))]

pub mod faults;
pub mod glb;
pub mod magic;
pub mod manifest;
pub mod media;
pub mod pack;
pub mod zip;

pub mod sample;
pub mod svg;
pub mod text;
