//! Draws what was uploaded: one picture for each preset, and contact sheets. Runs in the daemon's jail.

#![cfg_attr(test, expect(clippy::unwrap_used, reason = "a test fails by panicking"))]

mod copy;
mod cost;
mod encode_png;
mod encode_webp;
pub mod engine;
pub mod file;
pub mod fingerprint;
pub mod fonts;
mod modern;
pub mod paint;
pub mod presets;
pub mod raster;
mod scale;
pub mod sheet;
mod straight;
mod vp8l;
mod watermark;

pub use self::copy::same_picture;
