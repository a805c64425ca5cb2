//! The commands of `tradepostd`.

mod check;
mod queues;
mod render;
mod sample;
mod token;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};

use crate::config::{Config, ConfigError};

use crate::{database, public, telemetry};

/// `EX_CONFIG` of sysexits.h: systemd does not start again what can only fail again.
const EXIT_CONFIG: u8 = 78;
/// Read when no file is named and it is there.
const DEFAULT_CONFIG: &str = "/etc/tradepost/tradepost.toml";

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
    Serve(Place),
    /// Check the configuration and what the machine has, without starting anything.
    Check(Place),
    /// Bring the database's schema up to date.
    Migrate(Place),
    /// Bearer tokens of the public API.
    Token {
        #[command(subcommand)]
        command: token::TokenCommand,
    },
    /// The queues of a cloud.
    Queues {
        #[command(subcommand)]
        command: queues::QueuesCommand,
    },
    /// Make sample packs of SVG files, for a demo or a test.
    Sample(sample::Args),
    /// Draw a folder, a ZIP or single files in every preset.
    Render(Box<render::Args>),
    /// Print the OpenAPI document of the public API.
    Openapi,
    /// A child that opens hostile bytes; started by the daemon.
    #[command(hide = true)]
    JailChild,
}

/// Where the daemon's things are.
#[derive(Debug, Args)]
struct Place {
    /// The state directory: database, objects, keys.
    #[arg(long, env = "TRADEPOST_STATE", default_value = "/var/lib/tradepost")]
    state: PathBuf,
    /// The configuration file; /etc/tradepost/tradepost.toml when that is there.
    #[arg(long, env = "TRADEPOST_CONFIG")]
    config: Option<PathBuf>,
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
    let cli = Cli::parse();
    match execute(cli.command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("tradepostd: {error:#}");
            let is_config = error.downcast_ref::<ConfigError>().is_some();
            if is_config {
                ExitCode::from(EXIT_CONFIG)
            } else {
                ExitCode::FAILURE
            }
        }
    }
}

fn execute(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve(place) => {
            let (config, state) = place.load()?;
            telemetry::log::start(&config.log)?;
            runtime()?.block_on(crate::run(config, state))?;
        }
        Command::Check(place) => return check::run(&place),
        Command::Migrate(place) => {
            let (config, state) = place.load()?;
            runtime()?.block_on(migrate(config, state))?;
        }
        Command::Token { command } => token::run(command)?,
        Command::Queues { command } => queues::run(&command)?,
        Command::Sample(arguments) => arguments.run()?,
        Command::Render(arguments) => return arguments.run(),
        Command::Openapi => say(&public::openapi()
            .to_pretty_json()
            .context("writing the OpenAPI document")?)?,
        Command::JailChild => unreachable!("handled before the arguments were parsed"),
    }
    Ok(ExitCode::SUCCESS)
}

impl Place {
    fn load(&self) -> anyhow::Result<(Config, PathBuf)> {
        let default = PathBuf::from(DEFAULT_CONFIG);
        let file = self.config.clone().or_else(|| default.exists().then_some(default));
        let config = Config::load(file.as_deref())?;
        // Children get it after a change of folder.
        let state = std::path::absolute(&self.state).context("the path of the state directory")?;
        Ok((config, state))
    }
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("starting the runtime")
}

async fn migrate(config: Config, state: PathBuf) -> anyhow::Result<()> {
    let database = database::open_beside(&config.database, &state).await?;
    let migrated = database::migrate(&database.pool).await;
    database.close().await;
    migrated?;
    say("The schema is up to date.")
}

/// Prints a line; whoever reads may have had enough.
fn say(line: &str) -> anyhow::Result<()> {
    match writeln!(std::io::stdout(), "{line}") {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error).context("writing the answer"),
        _ => Ok(()),
    }
}
