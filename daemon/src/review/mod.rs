//! Review: the policy for clean packs of trusted contributors, and the cases that moderators decide.
//!
//! A case is opened once for an upload, and again when its contributor appeals. An item that a check forbids is never published,
//! whoever decides. A decision is a row that is never changed; for some minutes it can be taken back, and then everything is as it
//! was. Whoever judges locks the account first, then the case, the set, the upload: so two never wait for each other.

pub mod account_routes;
pub mod policy;
pub mod service;
pub mod standing;

pub mod bulk;
pub mod claims;
pub mod contributor;
pub mod contributor_routes;
pub mod decide;
pub mod letters;
pub mod source;
pub mod undo;

mod cursor;
mod deciding;
mod queries;
mod reasons;
pub mod routes;
