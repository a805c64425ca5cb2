//! `tradepost dead`: look at dead letters and act on them.

mod args;
mod edit;
mod plan;

use std::process::ExitCode;

use clap::Args;
use tradepost_common::Page;
use tradepost_common::dead::{DeadDetail, DeadPage};
use tradepost_common::operations::{OperationKind, Pace, Selection};

use super::document::Document;
use crate::cli::{self, Output, Twin};
use crate::client::Client;
use crate::plain::{Styling, paint};
use crate::query::Query;
use crate::text;
use args::{DeadCommand, DeadList, DiscardArgs};
use plan::Act;

/// Errors are wrapped; JSON and ids are not.
const WIDTH: u16 = 100;

/// Dead letters: list, redrive, edit, discard, purge.
#[derive(Debug, Args)]
pub struct DeadArgs {
    #[command(subcommand)]
    act: Option<DeadCommand>,
}

impl Twin for DeadArgs {
    const NAME: &'static str = "dead";

    async fn run(self, client: &Client, output: Output) -> anyhow::Result<ExitCode> {
        let act = self.act.unwrap_or(DeadCommand::Groups {
            queue: None,
            text: None,
        });
        match act {
            DeadCommand::Groups { queue, text } => groups(client, queue, text, output).await?,
            DeadCommand::Ls(asked) => list(client, asked, output).await?,
            DeadCommand::Show { id } => {
                let detail = client.dead_letter(id.resolve(client).await?).await?;
                output.print(&detail, |styling| in_text(&detail, styling))?;
            }
            DeadCommand::Redrive { which, pace, options } => {
                let act = Act {
                    kind: OperationKind::Redrive,
                    which,
                    reason: None,
                    pace: pace.pace(),
                    options,
                };
                return plan::run(client, act, output).await;
            }
            DeadCommand::Discard(args) => {
                return plan::run(client, discard(OperationKind::Discard, args), output).await;
            }
            DeadCommand::Purge(args) => {
                return plan::run(client, discard(OperationKind::Purge, args), output).await;
            }
            DeadCommand::Edit(args) => return edit::run(client, args, output).await,
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn discard(kind: OperationKind, args: DiscardArgs) -> Act {
    Act {
        kind,
        which: args.which,
        reason: Some(args.reason),
        pace: Pace {
            rate_per_second: args.rate,
            ..Pace::default()
        },
        options: args.options,
    }
}

async fn groups(client: &Client, queue: Option<String>, text: Option<String>, output: Output) -> anyhow::Result<()> {
    let selection = Selection {
        queue,
        text,
        ..Selection::default()
    };
    let found = client.dead_groups(&Query::selecting(&selection)).await?;
    output.print_rows(&found, &found.groups)
}

async fn list(client: &Client, asked: DeadList, output: Output) -> anyhow::Result<()> {
    let upload = match &asked.upload {
        Some(id) => Some(id.resolve(client).await?),
        None => None,
    };
    let query = Query::selecting(&Selection {
        queue: asked.queue,
        fingerprint: asked.group,
        text: asked.text,
        upload,
        redriven: asked.redriven.then_some(true),
        ids: None,
    });
    // The snapshot of the first page is that of the whole list.
    let snapshot = std::cell::Cell::new(None);
    let page = cli::collect(asked.limit, query, async |query| {
        let page = client.dead_letters(&query).await?;
        snapshot.set(snapshot.get().or(Some(page.snapshot)));
        Ok(Page::new(page.rows, page.next))
    })
    .await?;
    let Some(snapshot) = snapshot.get() else {
        anyhow::bail!("the daemon sent no page");
    };
    let found = DeadPage {
        rows: page.rows,
        next: page.next,
        snapshot,
    };
    output.print_rows(&found, &found.rows)
}

fn in_text(detail: &DeadDetail, styling: Styling) -> String {
    let row = &detail.row;
    let mut out = format!(
        "message     {}\nqueue       {}\nfile        {}\nfailed      {} times, redriven {} times\nerror       {}\n",
        row.id,
        text::clean(&row.queue),
        text::clean(row.subject.as_deref().unwrap_or("-")),
        row.attempts,
        row.redrives,
        text::clean(&row.error),
    );
    if let Some(why) = &detail.left_out {
        out.push_str(&format!("skipped    {}\n", text::clean(why)));
    }
    for line in Document::new(detail, WIDTH).lines {
        let shown: String = line
            .iter()
            .map(|(words, tone)| paint(&text::clean(words), *tone, styling))
            .collect();
        out.push_str(shown.trim_end());
        out.push('\n');
    }
    out
}
