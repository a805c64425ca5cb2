//! Encodes pixels as PNG and WebP.
//!
//! Runs are searched once in an image of at most 256 colours ([`IndexedImage`]), and both formats write them. An image of more colours
//! ([`StraightImage`]) becomes a PNG without loss, or a WebP with lossy colour (VP8) and lossless transparency (ALPH).

#![cfg_attr(test, expect(clippy::unwrap_used, reason = "a test fails by panicking"))]

mod bits;
mod deflate;
mod grey_alpha;
mod huffman;
mod indexed;
mod matches;
mod overlay;
mod plane;
pub mod png;
mod straight;
mod tokens;
mod vp8;
mod vp8l;
pub mod webp;

pub use self::indexed::IndexedImage;
pub use self::overlay::{Overlay, OverlaySpan};
pub use self::straight::{MAX_COLOURS, PaletteImage, StraightImage, unpremultiplied};
