//! The tests of Tradepost through its edges. One module for each feature.
#![expect(clippy::unwrap_used, reason = "a test that can not go on has failed")]

mod accounts;
mod backup;
mod bad_input;
mod bulk;
mod campaigns;
mod catalogue;
mod chaos;
mod cloud;
mod cloudwatch;
mod configuration;
mod conformance;
mod control;
mod crash;
mod dead_letters;
mod deploy;
mod docs;
mod duplicates;
mod edge;
mod hostile;
mod kinds;
mod module_graph;
mod money;
mod pipeline;
mod presets;
mod real_packs;
mod review;
mod scanner;
mod search;
mod state_dir;
mod store;
mod terminal;
mod words;
