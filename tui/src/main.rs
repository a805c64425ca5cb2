//! `tradepost`: the terminal of the marketplace, and its twins on the command line.

#![cfg_attr(test, expect(clippy::unwrap_used, reason = "a test fails by panicking"))]

mod args;

mod client;
mod query;
mod socket;

mod command;

mod conn;
mod editor;
mod message;
mod run;
mod signals;
mod state;
mod tasks;

mod graphics;
mod input;
mod picture;
mod term;
mod theme;
mod view;

mod format;
mod plain;
mod table;
mod text;

use std::process::ExitCode;
use std::time::Instant;

use args::{Cli, Command};
use clap::Parser;
use client::{Client, Failure};
use run::{Options, Until};

/// The daemon said no.
const REFUSED: u8 = 1;
/// Nobody was there to ask, or the question was wrong.
const NOT_ASKED: u8 = 2;
/// There was a plan, and nobody said yes to it.
const NOT_CONFIRMED: u8 = 3;

fn main() -> ExitCode {
    let started = Instant::now();
    let cli = Cli::parse();
    // One worker beside the screen: reading JSON must not hold up a key.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .max_blocking_threads(4)
        .enable_all()
        .build();
    let result = match runtime {
        Ok(runtime) => {
            let result = runtime.block_on(dispatch(cli, started));
            // The thread that reads the keyboard never ends by itself.
            runtime.shutdown_background();
            result
        }
        Err(e) => Err(e.into()),
    };
    result.unwrap_or_else(|error| {
        eprintln!("tradepost: {error:#}");
        match error.downcast_ref::<Failure>() {
            Some(Failure::Problem(_)) => ExitCode::from(REFUSED),
            _ => ExitCode::from(NOT_ASKED),
        }
    })
}

async fn dispatch(cli: Cli, started: Instant) -> anyhow::Result<ExitCode> {
    let output = command::Output::of(&cli.output);
    if let Some(Command::Upload(upload)) = &cli.command {
        return command::upload::run(upload, output).await;
    }
    let socket = socket::resolve(&cli.daemon.hints(), |path| path.exists()).map_err(anyhow::Error::msg)?;
    let client = Client::new(socket)?;
    if let Some(command) = cli.command {
        return command::run(&client, command, output).await;
    }
    let is_asked_for_text = cli.output.json || cli.output.plain;
    if !cli.time_attach && (is_asked_for_text || !term::is_interactive()) {
        return command::run(&client, Command::Status, output).await;
    }
    let until = if cli.time_attach {
        Until::FirstData(started)
    } else {
        Until::Quit
    };
    let options = Options {
        graphics: cli.graphics,
        theme: cli.theme,
        until,
    };
    run::run(client, options).await?;
    Ok(ExitCode::SUCCESS)
}
