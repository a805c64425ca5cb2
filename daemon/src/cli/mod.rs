//! Commands of `tradepostd`: one module for each.

mod backup;
mod check;
mod manual;
mod migrate;
mod openapi;
mod output;
mod queues;
mod render;
mod sample;
mod serve;
mod state;
mod store;
mod token;
mod transfer;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};
use tradepostd::config::ConfigError;

use self::state::StateArgs;

/// `EX_CONFIG` of sysexits.h: systemd does not restart what can only fail again.
const EXIT_CONFIG: u8 = 78;

/// The marketplace daemon.
#[derive(Debug, Parser)]
#[command(name = "tradepostd", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the daemon.
    Serve(StateArgs),
    /// Check the configuration and the machine, without starting anything.
    Check(StateArgs),
    /// Apply the missing migrations to the database.
    Migrate(StateArgs),
    /// Bearer tokens of the public API.
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// Queues on SQS.
    #[command(subcommand)]
    Queues(queues::QueuesCommand),
    /// The bucket of the objects.
    #[command(subcommand)]
    Store(store::StoreCommand),
    /// Back the shop up while it runs, restore it, verify a backup.
    #[command(subcommand)]
    Backup(backup::BackupCommand),
    /// Make sample packs of SVG files, for a demo or a test.
    #[command(subcommand)]
    Sample(sample::SampleCommand),
    /// Render a folder, a ZIP or single files in every preset.
    Render(Box<render::RenderArgs>),
    /// Print the OpenAPI document of the public API.
    Openapi,
    /// Write man pages and completions of the shells into a folder; `make deb` does.
    #[command(hide = true)]
    Manual {
        /// The folder.
        out: std::path::PathBuf,
    },
    /// A child of the jail; started by the daemon.
    #[command(hide = true)]
    JailChild,
}

/// Runs the command that the arguments name.
pub fn main() -> ExitCode {
    // Before anything else is set up: the child must stay small.
    if std::env::args_os()
        .nth(1)
        .is_some_and(|argument| argument == tradepost_jail::CHILD_COMMAND)
    {
        return tradepost_jail::child::main();
    }
    match execute(Cli::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("tradepostd: {error:#}");
            match error.downcast_ref::<ConfigError>() {
                Some(_) => ExitCode::from(EXIT_CONFIG),
                None => ExitCode::FAILURE,
            }
        }
    }
}

fn execute(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Check(state) => return check::run(&state),
        Command::Render(arguments) => return arguments.run(),
        Command::Store(command) => return store::run(&command),
        Command::Serve(state) => serve::run(&state)?,
        Command::Backup(command) => backup::run(&command)?,
        Command::Migrate(state) => migrate::run(&state)?,
        Command::Token(command) => token::run(command)?,
        Command::Queues(command) => queues::run(&command)?,
        Command::Sample(command) => sample::run(command)?,
        Command::Manual { out } => manual::write(Cli::command(), &out)?,
        Command::Openapi => openapi::run()?,
        Command::JailChild => unreachable!("handled before the arguments were parsed"),
    }
    Ok(ExitCode::SUCCESS)
}
