//! The Tradepost daemon: one process that runs a marketplace for digital assets.
//!
//! The modules in reading order: how it starts, its two edges, what moves an upload, the features, and what everything stands on.

#![cfg_attr(test, expect(clippy::unwrap_used, reason = "a test fails by panicking"))]

mod run;

pub mod app;
pub mod cli;
pub mod config;
pub mod error;
pub mod tasks;

pub mod control;
pub mod http;

pub mod jobs;
pub mod operations;
pub mod queue;

pub mod accounts;
pub mod audit;
pub mod campaigns;
pub mod catalog;
pub mod duplicates;
pub mod presets;
pub mod preview;
pub mod render;
pub mod review;
pub mod scan;
pub mod unpack;
pub mod uploads;

pub mod aws;
pub mod database;
pub mod embedded;
pub mod jail;
pub mod leases;
pub mod objects;
pub mod scheduler;
pub mod telemetry;

pub use run::run;
