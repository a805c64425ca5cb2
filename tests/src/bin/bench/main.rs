//! `make bench` and `make bench-*`: measurements for docs/BENCHMARKS.md. Nothing is asserted: a figure is a figure.
#![expect(clippy::unwrap_used, reason = "a measurement that can not be taken has no figure")]

mod api;
mod beside;
mod campaign;
mod corpora;
mod dead;
mod duplicates;
mod inspect;
mod jail;
mod money;
mod pack;
mod previews;
mod readers;
mod region;
mod replica;
mod review;
mod scale;
mod upload;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tradepost_tests::queue_bench;

#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    benchmark: Benchmark,
}

#[derive(Subcommand)]
enum Benchmark {
    /// The public API at a fixed rate over a large sample catalogue.
    Api(api::Options),
    /// Pages of the public API beside Fastify with Objection.js, on the same tables.
    Beside(beside::Options),
    /// A pack from `complete` to published, the terminal, idle costs.
    Pack(pack::Options),
    /// A campaign over a large catalogue, beside new packs and the public API, and under kill -9.
    #[command(subcommand)]
    Campaign(campaign::Command),
    /// Look-ups of look-alikes among a million files.
    Duplicates,
    /// A million dead letters: lists, search, redrive.
    Dead,
    /// Public collections of hostile and honest files: how many are refused. For `TRADEPOST_CORPORA`.
    Corpora,
    /// Honest files that are refused, and the cost of inspection.
    Inspect,
    /// The cost of the jail, files that never end, honest uploads beside them.
    Jail(jail::Options),
    /// Orders at a fixed rate; orders and transfers a second beside @vendure/core and django-hordak.
    Money(money::Options),
    /// The pinned sets drawn by `tradepostd render` and by other programs.
    #[command(subcommand)]
    Previews(previews::Command),
    /// Empty jobs per second, beside graphile-worker on the same PostgreSQL server.
    Queue(queue_bench::Options),
    /// Thousands of readers on connections that stay open: the watchdog, the control socket and uploads beside them.
    Readers,
    /// Each route of a region that is far from the primary, with and without a replica.
    Region(region::Options),
    /// Own writes that are missed while a read replica is five seconds behind.
    Replica(replica::Options),
    /// Many contributors upload many packs at once.
    Scale(scale::Options),
    /// Bytes a second through the daemon on loopback, and its memory.
    Upload(upload::Options),
    /// The review desk with ten thousand open cases.
    Review,
}

fn main() -> ExitCode {
    match Arguments::parse().benchmark {
        // These two measure memory and threads: without a runtime beside them.
        Benchmark::Corpora => corpora::run(),
        Benchmark::Inspect => inspect::run(),
        Benchmark::Previews(command) => previews::run(&command),
        benchmark => return measure(benchmark),
    }
    ExitCode::SUCCESS
}

#[tokio::main]
async fn measure(benchmark: Benchmark) -> ExitCode {
    // A dropped benchmark takes its processes and folders with it.
    let ended = tokio::select! {
        ended = run(benchmark) => ended,
        () = tradepost_tests::interrupted() => Err(anyhow::anyhow!("interrupted")),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(benchmark: Benchmark) -> anyhow::Result<()> {
    match benchmark {
        Benchmark::Api(options) => api::run(&options).await?,
        Benchmark::Beside(options) => beside::run(&options).await?,
        Benchmark::Pack(options) => pack::run(&options).await,
        Benchmark::Campaign(command) => anyhow::ensure!(campaign::run(&command).await, "not all is well: see above"),
        Benchmark::Duplicates => duplicates::run().await,
        Benchmark::Dead => dead::run().await,
        Benchmark::Jail(options) => jail::run(&options).await,
        Benchmark::Money(options) => money::run(&options).await?,
        Benchmark::Queue(options) => queue_bench::run(&options).await?,
        Benchmark::Readers => readers::run().await,
        Benchmark::Region(options) => region::run(&options).await?,
        Benchmark::Replica(options) => anyhow::ensure!(replica::run(&options).await?, "own writes were missed"),
        Benchmark::Scale(options) => scale::run(&options).await?,
        Benchmark::Upload(options) => upload::run(&options).await?,
        Benchmark::Review => review::run().await,
        Benchmark::Corpora | Benchmark::Inspect | Benchmark::Previews(_) => unreachable!("these run without a runtime"),
    }
    Ok(())
}
