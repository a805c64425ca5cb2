//! `tradepost dead`: look at dead letters and act on them.

use std::process::ExitCode;

use tradepost_common::Page;
use tradepost_common::dead::{DeadDetail, DeadPage};
use tradepost_common::operations::{OperationKind, Pace, Selection};

use super::{edit, plan};
use crate::args::{DeadCommand, DeadList};
use crate::cli::{self, Output};
use crate::client::Client;
use crate::plain::{Styling, paint};
use crate::query::Query;
use crate::view::letter::Document;

/// Errors are wrapped; JSON and ids are not.
const WIDTH: u16 = 100;

pub async fn run(client: &Client, act: Option<DeadCommand>, output: Output) -> anyhow::Result<ExitCode> {
    let act = act.unwrap_or(DeadCommand::Groups {
        queue: None,
        text: None,
    });
    match act {
        DeadCommand::Groups { queue, text } => groups(client, queue, text, output).await?,
        DeadCommand::Ls(asked) => list(client, asked, output).await?,
        DeadCommand::Show { id } => {
            let detail = client.dead_letter(id).await?;
            output.print(&detail, |styling| in_text(&detail, styling))?;
        }
        DeadCommand::Redrive { which, pace, how } => {
            let (kind, which) = (OperationKind::Redrive, plan::selection(which)?);
            return plan::run(client, kind, which, None, pace.pace(), (how, output)).await;
        }
        DeadCommand::Discard {
            which,
            reason,
            rate,
            how,
        } => {
            let (kind, which) = (OperationKind::Discard, plan::selection(which)?);
            return plan::run(client, kind, which, Some(reason), at_most(rate), (how, output)).await;
        }
        DeadCommand::Purge {
            which,
            reason,
            rate,
            how,
        } => {
            let (kind, which) = (OperationKind::Purge, plan::selection(which)?);
            return plan::run(client, kind, which, Some(reason), at_most(rate), (how, output)).await;
        }
        DeadCommand::Edit { id, file, set, yes } => {
            let asked = edit::Asked { id, file, set, yes };
            return edit::run(client, asked, output).await;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn at_most(rate_per_second: u32) -> Pace {
    Pace {
        rate_per_second,
        ..Pace::default()
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
    let query = Query::selecting(&Selection {
        queue: asked.queue,
        fingerprint: asked.group,
        text: asked.text,
        upload: asked.upload,
        redriven: asked.redriven.then_some(true),
        ids: None,
    });
    // The snapshot of the first page is that of the whole list.
    let snapshot = std::cell::Cell::new(None);
    let page = cli::collect(asked.limit, query, async |query| {
        let page = client.dead_letters(&query).await?;
        snapshot.set(snapshot.get().or(Some(page.snapshot)));
        Ok(Page {
            rows: page.rows,
            next: page.next,
        })
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
        crate::text::clean(&row.queue),
        crate::text::clean(row.subject.as_deref().unwrap_or("-")),
        row.attempts,
        row.redrives,
        crate::text::clean(&row.error),
    );
    if let Some(why) = &detail.left_out {
        out.push_str(&format!("left out    {}\n", crate::text::clean(why)));
    }
    for line in Document::new(detail, WIDTH).lines {
        let shown: String = line
            .iter()
            .map(|(words, tone)| paint(&crate::text::clean(words), *tone, styling))
            .collect();
        out.push_str(shown.trim_end());
        out.push('\n');
    }
    out
}
