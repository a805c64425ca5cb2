//! The coder under PNG and WebP: pictures of indices are searched for repetitions once, and both formats write what was found.

pub mod bits;
pub mod copies;
pub mod deflate;
pub mod grey;
pub mod huffman;
pub mod plane;
pub mod tokens;
pub mod vp8l;
