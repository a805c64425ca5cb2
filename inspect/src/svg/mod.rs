//! SVG: what a file may not contain.

pub mod active;
