//! Takedowns: published packs are scanned again after an update of the signatures, and infected ones are taken out of the catalogue.

mod queries;
pub mod rescan;
pub mod service;
