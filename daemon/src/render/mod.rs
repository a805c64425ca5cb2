//! The stage `render`: each file of a pack is scanned, inspected and rendered. The jail renders, with the crate `tradepost-render`.

pub mod job;
