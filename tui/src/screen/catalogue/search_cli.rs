//! `tradepost search`: the state of the index, comparing and rebuilding it, why an item ranks, texts that found nothing.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use uuid::Uuid;

use super::texts::TextRow;
use super::view;
use crate::cli::{Output, REFUSED, Twin};
use crate::client::Client;
use crate::text::clean;

/// The search index of the daemon's machine.
#[derive(Debug, Args)]
pub struct SearchArgs {
    #[command(subcommand)]
    part: SearchCommand,
}

#[derive(Debug, Subcommand)]
enum SearchCommand {
    /// Freshness, size, a rebuild that runs, the machines.
    Status,
    /// Compare with the catalogue. Exit code 1 if something is missing or withdrawn.
    Verify,
    /// Build the index again beside the one in use.
    Rebuild,
    /// Texts of the last day that found nothing, or slowly.
    Texts,
    /// Every document, then its changes, as lines of JSON for another search server.
    Export(super::export_cli::ExportArgs),
    /// The arithmetic of the rank of an item.
    Explain {
        /// Id of the item.
        item: Uuid,
        /// Words that are searched for.
        words: Vec<String>,
    },
}

impl Twin for SearchArgs {
    const NAME: &'static str = "search";

    async fn run(self, client: &Client, output: Output) -> anyhow::Result<ExitCode> {
        match self.part {
            SearchCommand::Status => {
                let status = client.search_status().await?;
                output.print(&status, |_| {
                    let line = |spans: &crate::canvas::Spans| {
                        let words: String = spans.iter().map(|(words, _)| words.as_str()).collect();
                        format!("{}\n", words.trim_end())
                    };
                    view::lines(&status).iter().map(line).collect()
                })?;
            }
            SearchCommand::Verify => {
                let differences = client.verify_search().await?;
                output.print(&differences, |_| format!("{}\n", view::outcome(&differences).0))?;
                if differences.missing > 0 || differences.withdrawn > 0 {
                    return Ok(ExitCode::from(REFUSED));
                }
            }
            SearchCommand::Rebuild => {
                client.rebuild_search().await?;
                let answer = serde_json::json!({ "rebuild": "asked for" });
                output.print(&answer, |_| {
                    "the index is being built again; searches go on\n".to_owned()
                })?;
            }
            SearchCommand::Texts => {
                let texts = client.searched_texts().await?;
                output.print_rows(&texts, &TextRow::all(&texts))?;
            }
            SearchCommand::Export(args) => args.run(client).await?,
            SearchCommand::Explain { item, words } => {
                let why = client.explain_rank(&words.join(" "), item).await?;
                output.print(&why, |_| clean_lines(&why.lines))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn clean_lines(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{}\n", clean(line))).collect()
}
