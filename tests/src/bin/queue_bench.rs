//! `make bench-queue`: empty jobs per second, ours beside graphile-worker on the same server, in one run.

use std::process::ExitCode;

use clap::Parser;
use tradepost_tests::queue_bench::{self, Options};

#[derive(Parser)]
#[command(about = "Measures empty jobs per second, beside graphile-worker on the same PostgreSQL server")]
struct Arguments {
    #[command(flatten)]
    options: Options,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // Whichever is dropped here takes its processes and folders with it.
    let ended = tokio::select! {
        ended = queue_bench::run(&arguments.options) => ended,
        () = tradepost_tests::interrupted() => Err(anyhow::anyhow!("interrupted")),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("queue_bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}
