//! Subcommands without a screen.

pub mod upload;
