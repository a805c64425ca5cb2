//! Draws uploaded files: one rendition for each preset, fingerprints, and contact sheets. Runs in the daemon's jail.

#![cfg_attr(test, expect(clippy::unwrap_used, reason = "a test fails by panicking"))]

pub mod compare;
mod copy;
mod cost;
mod coverage;
mod encoder;
pub mod engine;
pub mod file;
pub mod fingerprint;
pub mod fonts;
mod frame;
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
pub mod times;
mod watermark;

pub use self::copy::same_picture;
pub use self::engine::MAX_WIDTH_PX;
pub use self::watermark::check_mark;
