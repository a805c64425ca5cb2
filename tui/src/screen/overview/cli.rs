//! `tradepost status`: the overview in text.

use std::process::ExitCode;

use clap::Args;
use serde::Serialize;
use time::OffsetDateTime;
use tradepost_common::overview::{Overview, WhoAmI};
use tradepost_common::queues::QueueRow;

use super::view;
use crate::cli::{Output, Twin};
use crate::client::Client;
use crate::plain::{self, Styling, paint};
use crate::rows::alert;
use crate::text;
use crate::theme::Tone;

#[derive(Serialize)]
struct Status {
    you: WhoAmI,
    overview: Overview,
    queues: Vec<QueueRow>,
}

/// The overview: parts, alerts, counts and queues.
#[derive(Debug, Args)]
pub struct StatusArgs {}

impl Twin for StatusArgs {
    const NAME: &'static str = "status";

    async fn run(self, client: &Client, output: Output) -> anyhow::Result<ExitCode> {
        print(client, output).await?;
        Ok(ExitCode::SUCCESS)
    }
}

async fn print(client: &Client, output: Output) -> anyhow::Result<()> {
    let (you, overview, queues) = tokio::try_join!(client.whoami(), client.overview(), client.queues())?;
    let mut status = Status { you, overview, queues };
    status.overview.alerts = alert::sorted(&status.overview.alerts);
    output.print(&status, |styling| in_text(&status, OffsetDateTime::now_utc(), styling))
}

fn in_text(status: &Status, now: OffsetDateTime, styling: Styling) -> String {
    let Status { you, overview, queues } = status;
    let roles: Vec<&str> = you.roles.iter().map(|r| r.as_str()).collect();
    let mut out = format!(
        "tradepostd {} · {} · {}\n{}\nyou are {} ({})\n",
        text::clean(&overview.version),
        text::clean(overview.mode.as_str()),
        text::clean(&overview.api_url),
        view::process(overview, now),
        text::clean(&you.user),
        roles.join(", "),
    );
    out.push_str(&heading("ALERTS", styling));
    if overview.alerts.is_empty() {
        out.push_str("none\n");
    } else {
        out.push_str(&plain::print(&overview.alerts, now, styling));
    }
    out.push_str(&heading("PARTS", styling));
    for part in &overview.parts {
        let health = view::health(part.health);
        let pad = " ".repeat(9_usize.saturating_sub(health.text.len()));
        let shown = paint(&health.text, health.tone, styling);
        out.push_str(&format!(
            "{:<9} {shown}{pad} {}\n",
            text::clean(&part.name),
            text::clean(&part.detail)
        ));
    }
    out.push_str(&heading("COUNTS", styling));
    for (name, n, _) in view::counts(&overview.counts) {
        out.push_str(&format!("{name:<12} {n:>12}\n"));
    }
    out.push_str(&heading("QUEUES", styling));
    out.push_str(&plain::print(queues, now, styling));
    out
}

fn heading(words: &str, styling: Styling) -> String {
    format!("\n{}\n", paint(words, Tone::Accent, styling))
}
