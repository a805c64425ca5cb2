//! Extensions that are checked.

pub mod lights;
pub mod materials;
pub mod variants;
