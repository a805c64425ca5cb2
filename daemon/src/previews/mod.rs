//! Pictures made of items and families: the jobs that ask the jail for them. What draws them is the crate `tradepost-render`.

pub mod image_job;
pub mod presets;
pub mod sheet_job;
