//! The tests of Tradepost through its edges. One module for each feature.
#![expect(clippy::unwrap_used, reason = "a test that can not go on has failed")]

mod bad_input;
mod catalogue;
mod chaos;
mod configuration;
mod conformance;
mod control;
mod crash;
mod dead_letters;
mod hostile;
mod pipeline;
mod real_packs;
mod scanner;
mod terminal;
