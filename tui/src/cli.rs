//! Shared by the subcommands: printing answers, collecting pages, asking for confirmation.

pub mod confirm;
pub mod follow;
mod id;
mod manual;
mod subcommand;

pub use id::IdArg;
pub use manual::ManualArgs;
pub use subcommand::{Subcommand, Twin};

use std::error::Error;
use std::fmt::Display;
use std::io::{IsTerminal, Write};
use std::str::FromStr;

use clap::Args;
use serde::Serialize;
use tradepost_common::sort::SortBy;
use tradepost_common::{MAX_PAGE, Page};

use crate::client::Reply;
use crate::plain::{self, Styling};
use crate::query::Query;
use crate::table::Row;

/// The daemon refused.
pub const REFUSED: u8 = 1;
/// The daemon does not answer, or the command line is wrong.
pub const NOT_ASKED: u8 = 2;
/// A plan was shown and not confirmed.
pub const NOT_CONFIRMED: u8 = 3;

/// The options for output.
#[derive(Debug, Args)]
pub struct OutputArgs {
    /// Print JSON, as the control API sends it.
    #[arg(long, global = true, conflicts_with = "plain")]
    pub json: bool,
    /// Print aligned text without colour; the default without a terminal.
    #[arg(long, global = true)]
    pub plain: bool,
}

/// The form in which answers are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    Json,
    Text(Styling),
}

impl Output {
    pub fn from_args(args: &OutputArgs) -> Self {
        let no_colour = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
        if args.json {
            Self::Json
        } else if args.plain || no_colour || !std::io::stdout().is_terminal() {
            Self::Text(Styling::Plain)
        } else {
            Self::Text(Styling::Ansi)
        }
    }

    /// The value as JSON, or as text.
    pub fn print<T: Serialize>(self, value: &T, text: impl FnOnce(Styling) -> String) -> anyhow::Result<()> {
        match self {
            Self::Json => print(&format!("{}\n", serde_json::to_string_pretty(value)?)),
            Self::Text(styling) => print(&text(styling)),
        }
    }

    /// Rows as JSON, or as a table.
    pub fn print_rows<R: Row, T: Serialize>(self, value: &T, rows: &[R]) -> anyhow::Result<()> {
        let now = time::OffsetDateTime::now_utc();
        self.print(value, |styling| plain::print(rows, now, styling))
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

/// Options of lists that the daemon searches.
#[derive(Debug, Args)]
pub struct SearchArgs<C: FromStr<Err: Error + Send + Sync + 'static> + Clone + Send + Sync + 'static> {
    /// Only rows that contain this text.
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
    /// Only rows that do not contain this text.
    #[arg(long, value_name = "TEXT")]
    without: Option<String>,
    /// Sort by a column; -COLUMN for the largest first.
    #[arg(long, value_name = "COLUMN", allow_hyphen_values = true, value_parser = SortBy::<C>::from_str)]
    sort: Option<SortBy<C>>,
    /// Maximum number of rows.
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub limit: usize,
}

impl<C: FromStr<Err: Error + Send + Sync + 'static> + Display + Clone + Send + Sync + 'static> SearchArgs<C> {
    pub fn narrow(&self, query: Query) -> Query {
        query
            .with("text", self.text.as_deref())
            .with("without", self.without.as_deref())
            .with("sort", self.sort.as_ref())
    }
}

/// Reads as many rows as asked for, page by page. Answers with them and the cursor of what follows.
pub async fn collect<T: Serialize>(
    limit: usize,
    query: Query,
    read: impl AsyncFn(Query) -> Reply<Page<T>>,
) -> Reply<Page<T>> {
    let mut all = Page::new(Vec::new(), None);
    loop {
        let wanted = (limit - all.rows.len()).min(MAX_PAGE as usize);
        let page = read(
            query
                .clone()
                .with("cursor", all.next.take())
                .with("limit", Some(wanted)),
        )
        .await?;
        let is_last = page.rows.is_empty() || page.next.is_none();
        all.rows.extend(page.rows);
        all.next = page.next;
        all.total = all.total.or(page.total);
        if is_last || all.rows.len() >= limit {
            return Ok(all);
        }
    }
}
