//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::cli::OutputArgs;
use crate::graphics::Choice;
use crate::socket::Hints;
use crate::theme::Theme;

/// The terminal of Tradepost: watch the daemon, act on it.
///
/// Without a command it opens the screens; where there is no terminal it prints the overview.
#[derive(Debug, Parser)]
#[command(name = "tradepost", version)]
pub struct Cli {
    #[command(flatten)]
    pub daemon: Daemon,
    #[command(flatten)]
    pub output: OutputArgs,
    /// Protocol for pictures.
    #[arg(long, env = "TRADEPOST_GRAPHICS", value_enum, default_value = "auto")]
    pub graphics: Choice,
    /// Colours; NO_COLOR means mono.
    #[arg(long, env = "TRADEPOST_THEME", value_enum)]
    pub theme: Option<Theme>,
    /// Print the milliseconds from the start to the first frame with data, and leave.
    #[arg(long, hide = true)]
    pub time_attach: bool,
}

/// The daemon to attach to.
#[derive(Debug, Args)]
pub struct Daemon {
    /// The control socket.
    #[arg(long, global = true, value_name = "PATH", env = "TRADEPOST_SOCKET")]
    socket: Option<PathBuf>,
    /// The daemon's state directory; its socket is DIR/control.sock.
    #[arg(long, global = true, value_name = "DIR", env = "TRADEPOST_STATE")]
    state: Option<PathBuf>,
}

impl Daemon {
    pub fn hints(&self) -> Hints {
        Hints {
            socket: self.socket.clone(),
            state: self.state.clone(),
        }
    }
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Upload packs as a contributor, over the public API.
    Upload(Upload),
}

#[derive(Debug, Args)]
pub struct Upload {
    /// Packs: ZIP files with a manifest.
    #[arg(required = true, value_name = "PACK")]
    pub packs: Vec<PathBuf>,
    /// Where the public API is.
    #[arg(
        long,
        value_name = "URL",
        env = "TRADEPOST_API",
        default_value = "http://127.0.0.1:8780"
    )]
    pub api: String,
    /// A file with the contributor's token; TRADEPOST_TOKEN otherwise.
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// Wait until every pack is published, in review or rejected.
    #[arg(long)]
    pub wait: bool,
}
