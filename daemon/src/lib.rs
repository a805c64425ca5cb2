//! The Tradepost daemon: one process that runs a marketplace for digital assets.
//!
//! The modules from composition down: a module imports only modules that are listed below it (`tests/it/module_graph.rs`).

#![cfg_attr(test, expect(clippy::unwrap_used, reason = "a test fails by panicking"))]

// Composition: start-up, the two APIs, the jobs of the queues, and what runs beside them.
mod run;

pub mod cloudwatch;
pub mod control;
pub mod dispatch;
pub mod monitor;
pub mod public;
pub mod scheduler;

pub mod figures;

// Features.
pub mod alerting;
pub mod campaigns;
pub mod cdn;
pub mod fanout;
pub mod preview;
pub mod redrive;
pub mod render;
pub mod search;
pub mod takedown;
pub mod unpack;

pub mod dead_letters;

pub mod delivery;
pub mod downloads;
pub mod review;
pub mod scan;

pub mod duplicates;

pub mod collections;
pub mod machines;
pub mod payouts;

pub mod orders;

pub mod provider_statement;

pub mod payments;
pub mod sales;

pub mod catalog;
pub mod uploads;

pub mod webhooks;

pub mod accounts;
pub mod findings;
pub mod mail;
pub mod notices;
pub mod presets;

// The engine of long work: it knows no kind of operation.
pub mod operations;

// State that all of them share.
pub mod extractors;

pub mod app;

// Platform: it knows no feature.
pub mod queues;

pub mod objects;

pub mod activation;
pub mod audit;
pub mod cloudfront;

pub mod aws;
pub mod books;
pub mod bulk;
pub mod counters;
pub mod replica;
mod search_index;

pub mod database;
pub mod edge;
pub mod embedded;
pub mod memory;
pub mod minisign;
pub mod pager;
pub mod pinned;
pub mod query_log;
pub mod rate_limit;
pub mod scanner;
pub mod state_dir;
pub mod stripe;
pub mod tasks;
pub mod telemetry;

pub mod cache;

pub mod config;

pub mod clamd;
pub mod error;

pub mod quota;

pub mod jobs;

pub mod trace;

pub use run::run;
