//! The stage `render`: the files of a pack are scanned, inspected and rendered. The jail renders, with the crate `tradepost-render`.

mod files;
mod inspect;
pub mod job;
mod settle;

use std::time::Instant;

use tradepost_common::latency::Scope;

use crate::app::App;
use crate::telemetry::latency;

/// Does work on several files, and records the time of each.
async fn timed<T, E>(app: &App, stage: &str, files: usize, work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    let started = Instant::now();
    let result = work.await;
    record(app, stage, files, started, (&result).into());
    result
}

fn record(app: &App, stage: &str, files: usize, started: Instant, outcome: latency::Outcome) {
    let each = started.elapsed() / u32::try_from(files.max(1)).unwrap_or(u32::MAX);
    for _ in 0..files {
        app.latency.record(Scope::Stage, stage, each, outcome);
    }
}
