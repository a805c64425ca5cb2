//! `tradepost search export`: the feed of the search as lines of JSON.

use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use tokio::time::sleep;

use crate::client::Client;

/// Changes are looked for so often with `--follow`.
const LOOK_EVERY: Duration = Duration::from_secs(1);

#[derive(Debug, Args)]
pub struct ExportArgs {
    /// The cursor of an earlier export: only what changed since.
    #[arg(long, conflicts_with = "cursor_file")]
    since: Option<String>,
    /// Begin at the cursor in this file, and keep it there: what was printed is not printed again.
    #[arg(long, value_name = "FILE")]
    cursor_file: Option<PathBuf>,
    /// Go on with what changes, until stopped.
    #[arg(long)]
    follow: bool,
}

impl ExportArgs {
    pub async fn run(self, client: &Client) -> anyhow::Result<()> {
        let file = self.cursor_file.as_deref();
        let mut since = self.since.or(file.map(read).transpose()?.flatten());
        loop {
            let (text, next) = client.search_feed(since.as_deref()).await?;
            let mut out = std::io::stdout().lock();
            match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
                // The reader has gone away: it gets this page again.
                Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(()),
                other => other?,
            }
            // Only afterwards: a line may come twice, none is lost.
            if let Some(file) = file {
                write(file, &next.cursor)?;
            }
            since = Some(next.cursor);
            if !next.more {
                if !self.follow {
                    return Ok(());
                }
                sleep(LOOK_EVERY).await;
            }
        }
    }
}

/// The cursor of a file; `None` if there is no such file.
fn read(file: &Path) -> anyhow::Result<Option<String>> {
    match std::fs::read_to_string(file) {
        Ok(text) => Ok(Some(text.trim().to_owned())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("reading the cursor in {}", file.display())),
    }
}

/// Replaces the file in one step.
fn write(file: &Path, cursor: &str) -> anyhow::Result<()> {
    let fresh = file.with_extension("new");
    let replace = || {
        let mut written = std::fs::File::create(&fresh)?;
        writeln!(written, "{cursor}")?;
        written.sync_all()?;
        std::fs::rename(&fresh, file)
    };
    replace().with_context(|| format!("writing the cursor to {}", file.display()))
}
