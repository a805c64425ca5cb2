//! Encodes pixels as PNG and WebP.
//!
//! Images of at most 256 colours ([`IndexedImage`]) are searched for repetitions once, and both formats write what was found. Images of more
//! colours ([`StraightImage`]) are written as PNG without loss and as WebP with lossy colour (VP8) and lossless transparency.

#![cfg_attr(test, expect(clippy::unwrap_used, reason = "a test fails by panicking"))]

mod bits;
mod copies;
mod deflate;
mod grey;
mod huffman;
mod indexed;
mod plane;
pub mod png;
mod straight;
mod tokens;
pub mod vp8;
mod vp8l;
pub mod webp;

pub use self::indexed::IndexedImage;
pub use self::straight::{Palette, StraightImage, unpremultiplied};
