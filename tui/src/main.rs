//! `tradepost`: the terminal of the marketplace, and its twins on the command line.

#![cfg_attr(test, expect(clippy::unwrap_used, reason = "a test fails by panicking"))]

// Composition: a module imports only modules that are listed below it.
mod events;
mod run;
mod upload;

mod tasks;

mod conn;
mod signals;
mod term;

#[cfg(test)]
mod testdata;

// The screens, and what surrounds them.
mod screen;

mod rows;
mod shell;

// Their parts.
mod canvas;
mod cli;
mod export;
mod fetched;
mod paged;
mod pictures;

mod list;
mod picture;
mod plain;

mod client;
mod editor;
mod graphics;
mod input;
mod keyboard;
mod query;
mod socket;
mod table;

mod clock;
mod format;
mod text;
mod theme;

use std::io::Write;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Context;
use clap::{ArgMatches, Args as _, CommandFactory, FromArgMatches, Parser};
use cli::{ManualArgs, NOT_ASKED, Output, OutputArgs, REFUSED, Subcommand};
use client::{Client, Failure};
use graphics::Choice;
use run::{Options, Until};
use socket::Hints;
use theme::Theme;
use upload::UploadArgs;

/// The terminal of Tradepost: watches the daemon and acts on it.
///
/// Without a subcommand it opens the screens; without a terminal it prints the overview.
#[derive(Debug, Parser)]
#[command(name = "tradepost", version)]
struct Cli {
    #[command(flatten)]
    daemon: Hints,
    #[command(flatten)]
    output: OutputArgs,
    /// Protocol of images.
    #[arg(long, env = "TRADEPOST_GRAPHICS", value_enum, default_value = "auto")]
    graphics: Choice,
    /// Colours; NO_COLOR selects mono.
    #[arg(long, env = "TRADEPOST_THEME", value_enum)]
    theme: Option<Theme>,
    /// Print the milliseconds from the start to the first frame with data, and exit.
    #[arg(long, hide = true)]
    time_attach: bool,
}

fn main() -> ExitCode {
    let started = Instant::now();
    // Fails only where one is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let matches = command_line().get_matches();
    // One worker beside the screen: reading JSON must not hold up a key.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .max_blocking_threads(4)
        .enable_all()
        .build();
    let result = match runtime {
        Ok(runtime) => {
            let result = runtime.block_on(dispatch(&matches, started));
            // A file that is being read or a picture that is being made is not waited for.
            runtime.shutdown_background();
            result
        }
        Err(e) => Err(e.into()),
    };
    result.unwrap_or_else(|error| {
        // Nobody reads this if the terminal is gone.
        let _ = writeln!(std::io::stderr(), "tradepost: {error:#}");
        match error.downcast_ref::<Failure>() {
            Some(Failure::Problem(_)) => ExitCode::from(REFUSED),
            _ => ExitCode::from(NOT_ASKED),
        }
    })
}

fn command_line() -> clap::Command {
    let upload = UploadArgs::augment_args(clap::Command::new(upload::NAME));
    let others = subcommands().into_iter().map(|sub| sub.command);
    let manual = ManualArgs::augment_args(clap::Command::new(ManualArgs::NAME)).hide(true);
    Cli::command().subcommands(others).subcommand(upload).subcommand(manual)
}

/// Those of the screens, and those without a screen.
fn subcommands() -> Vec<Subcommand> {
    let mut subcommands = screen::subcommands();
    subcommands.push(Subcommand::new::<events::EventsArgs>());
    subcommands
}

async fn dispatch(matches: &ArgMatches, started: Instant) -> anyhow::Result<ExitCode> {
    let cli = Cli::from_arg_matches(matches)?;
    let output = Output::from_args(&cli.output);
    // It asks the public API, not the control socket.
    if let Some((upload::NAME, matches)) = matches.subcommand() {
        return upload::run(UploadArgs::from_arg_matches(matches)?, output).await;
    }
    if let Some((ManualArgs::NAME, matches)) = matches.subcommand() {
        ManualArgs::from_arg_matches(matches)?.write(command_line())?;
        return Ok(ExitCode::SUCCESS);
    }
    let socket = socket::resolve(&cli.daemon, |path| path.exists()).map_err(anyhow::Error::msg)?;
    let client = Client::new(socket)?;
    if let Some((name, matches)) = matches.subcommand() {
        return run_subcommand(name, matches.clone(), client, output).await;
    }
    let is_asked_for_text = cli.output.json || cli.output.plain;
    if !cli.time_attach && (is_asked_for_text || !term::is_interactive()) {
        return run_subcommand("status", ArgMatches::default(), client, output).await;
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

async fn run_subcommand(name: &str, matches: ArgMatches, client: Client, output: Output) -> anyhow::Result<ExitCode> {
    let subcommands = subcommands();
    let found = subcommands.iter().find(|sub| sub.command.get_name() == name);
    let subcommand = found.with_context(|| format!("no subcommand is called {name}"))?;
    (subcommand.run)(matches, client, output).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(command: &clap::Command, path: &str) {
        for argument in command.get_arguments() {
            let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
            assert!(!help.is_empty(), "{path} {} has no help", argument.get_id());
        }
        for below in command.get_subcommands() {
            let path = format!("{path} {}", below.get_name());
            assert!(below.get_about().is_some(), "{path} has no help");
            check(below, &path);
        }
    }

    #[test]
    fn every_command_and_every_option_has_help() {
        check(&command_line(), "tradepost");
        command_line().debug_assert();
    }
}
