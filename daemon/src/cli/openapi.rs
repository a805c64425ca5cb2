//! `tradepostd openapi`: prints the OpenAPI document of the public API.

use anyhow::Context as _;
use tradepostd::public;

/// Prints the document as JSON.
pub fn run() -> anyhow::Result<()> {
    let document = public::openapi().to_pretty_json();
    super::output::print(&document.context("writing the OpenAPI document")?)
}
