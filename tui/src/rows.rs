//! Rows that several screens and subcommands show, and their words.

pub mod alert;
pub mod finding;
pub mod operation;
pub mod operation_item;
mod queue;
pub mod running;
pub mod upload;
