//! Draws what was uploaded: one picture for each preset, and contact sheets. Runs in the daemon's jail.

#![cfg_attr(test, expect(clippy::unwrap_used, reason = "a test fails by panicking"))]

mod coder;
pub mod compare;
mod copy;
mod cost;
mod coverage;
mod encode_png;
mod encode_webp;
mod encoder;
pub mod engine;
pub mod file;
mod filters;
pub mod fingerprint;
pub mod fonts;
mod frame;
mod marked;
pub mod model;
mod modern;
pub mod paint;
pub mod presets;
pub mod raster;
mod scale;
mod scan;
pub mod sheet;
pub mod sound;
mod stencil;
pub mod straight;
pub mod times;
pub mod vp8;
mod watermark;

pub use self::copy::same_picture;
pub use self::engine::MAX_WIDTH_PX;
pub use self::watermark::check_mark;
