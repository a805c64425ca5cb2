//! Pictures made of items and families: presets, the engine that draws them in the jail, the jobs that ask for them.

mod encode_png;
mod encode_webp;
mod fonts;
pub mod image_job;
pub mod presets;
pub mod render;
mod scale;
pub mod sheet;
pub mod sheet_job;
mod straight;
mod vp8l;
mod watermark;
