//! Delivery: buyers download what they bought by signed URLs, a file, an image of it, or a set as a ZIP; licence certificates.
//!
//! An entitlement decides, not the catalogue: what was published once stays available to who bought it, unless malware was found in it.

mod archive;
pub mod certificate_routes;
pub mod certificates;
pub mod control_routes;
mod crcs;
mod drawn;
mod evidence;
pub mod library;
mod queries;
pub mod routes;
mod variant;
mod zip;
