//! The screens' twins on the command line.

mod bulk;
mod campaigns;
mod cases;
mod confirm;
mod dead;
mod edit;
mod events;
mod lists;
mod operations;
mod plan;
mod queues;
mod status;
pub mod upload;
mod uploads;

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use serde::Serialize;

use crate::args::{self, Command};
use crate::client::Client;
use crate::plain::{self, Ink};
use crate::table::Row;

/// How answers are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    Json,
    Text(Ink),
}

impl Output {
    pub fn of(asked: &args::Output) -> Self {
        let no_colour = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
        if asked.json {
            Self::Json
        } else if asked.plain || no_colour || !std::io::stdout().is_terminal() {
            Self::Text(Ink::None)
        } else {
            Self::Text(Ink::Ansi)
        }
    }

    /// The value as JSON, or as text.
    pub fn print<T: Serialize>(self, value: &T, text: impl FnOnce(Ink) -> String) -> anyhow::Result<()> {
        match self {
            Self::Json => print(&format!("{}\n", serde_json::to_string_pretty(value)?)),
            Self::Text(ink) => print(&text(ink)),
        }
    }

    /// Rows as JSON, or as a table.
    pub fn print_rows<R: Row, T: Serialize>(self, value: &T, rows: &[R]) -> anyhow::Result<()> {
        let now = time::OffsetDateTime::now_utc();
        self.print(value, |ink| plain::print(rows, now, ink))
    }
}

/// Writes to standard output. A reader that has gone away is no error.
pub fn print(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

pub async fn run(client: &Client, command: Command, output: Output) -> anyhow::Result<ExitCode> {
    match command {
        Command::Status => status::run(client, output).await?,
        Command::Queues { act } => queues::run(client, act, output).await?,
        Command::Dead { act } => return dead::run(client, act, output).await,
        Command::Ops { act } => operations::run(client, act, output).await?,
        Command::Campaign { act } => return campaigns::run(client, act, output).await,
        Command::Uploads { id: Some(id), .. } => uploads::trace(client, id, output).await?,
        Command::Uploads { id: None, list } => uploads::list(client, &list, output).await?,
        Command::Cases { act: Some(act), .. } => return cases::run(client, act, output).await,
        Command::Cases { id: Some(id), .. } => cases::show(client, id, output).await?,
        Command::Cases { list, .. } => cases::list(client, list, output).await?,
        Command::Approve { case, except, why } => cases::approve(client, case, &except, why, output).await?,
        Command::Reject { case, why } => cases::reject(client, case, why, output).await?,
        Command::Latency => lists::latency(client, output).await?,
        Command::Audit { limit } => lists::audit(client, limit, output).await?,
        Command::Events { count } => events::run(client, count).await?,
        Command::Upload(_) => unreachable_upload()?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Uploads go over the public API and are handled before a control socket is looked for.
fn unreachable_upload() -> anyhow::Result<()> {
    anyhow::bail!("`upload` does not use the control socket")
}
