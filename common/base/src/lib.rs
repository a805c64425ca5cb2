//! The part of `tradepost-common` that `inspect`, `render` and `jail` need. They depend on it alone, so that a change of the control API does not
//! rebuild them. `tradepost-common` re-exports everything here.

#![cfg_attr(test, expect(clippy::unwrap_used, reason = "a test fails by panicking"))]

mod finding;
mod kind;
pub mod text;
pub mod text_enum;

pub use self::finding::{Finding, FindingSeverity};
pub use self::kind::Kind;
