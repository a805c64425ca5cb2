//! `tradepost uploads`: the list, or the trace of one.

use tradepost_common::ids::UploadId;
use tradepost_common::uploads::{Finding, StageTime, UploadRow, UploadTrace};

use crate::args::UploadList;
use crate::cli::{self, Output};
use crate::client::Client;
use crate::plain::{self, Styling, paint};
use crate::query::Query;
use crate::view::attempts::AttemptRow;
use crate::view::findings::{self, FindingRow};
use crate::view::uploads;
use crate::{format, text};

pub async fn list(client: &Client, asked: &UploadList, output: Output) -> anyhow::Result<()> {
    let query = Query::default()
        .with("state", asked.only.clone())
        .with("account", asked.account.clone());
    let page = cli::collect(asked.limit, query, async |query| client.uploads(&query).await).await?;
    output.print_rows(&page, &page.rows)
}

pub async fn trace(client: &Client, id: UploadId, output: Output) -> anyhow::Result<()> {
    let trace = client.upload(id).await?;
    output.print(&trace, |styling| in_text(&trace, styling))
}

fn in_text(trace: &UploadTrace, styling: Styling) -> String {
    let now = time::OffsetDateTime::now_utc();
    let mut out = head(&trace.upload, styling);
    out.push_str(&format!("sha256    {}\n", text::clean(&trace.sha256)));
    if let Some(case) = trace.case_id {
        out.push_str(&format!("case      {case}\n"));
    }
    out.push_str(&stages(&trace.stages));
    out.push_str(&in_full(&trace.findings, styling));
    if !trace.attempts.is_empty() {
        out.push_str("\nFAILED ATTEMPTS\n");
        out.push_str(&plain::print(&AttemptRow::all(&trace.attempts), now, styling));
    }
    out
}

/// What an upload is and where it stands.
pub fn head(upload: &UploadRow, styling: Styling) -> String {
    let state = uploads::state(upload.state);
    format!(
        "upload    {}\nstate     {}\npack      {}\ntitle     {}\nfrom      {}\nsize      {}\nfiles     {}/{}\n",
        upload.id,
        paint(&state.text, state.tone, styling),
        text::clean(&upload.file_name),
        text::clean(upload.title.as_deref().unwrap_or("-")),
        text::clean(&upload.account),
        format::bytes(upload.size_bytes),
        upload.files_done,
        upload.files,
    )
}

/// The time at each stage.
pub fn stages(stages: &[StageTime]) -> String {
    let mut out = "\nSTAGE          TOOK\n".to_owned();
    for stage in stages {
        let here = if stage.left_at.is_none() { "  is here" } else { "" };
        out.push_str(&format!(
            "{:<9} {:>9}{here}\n",
            text::clean(stage.stage.as_str()),
            format::took(stage.seconds)
        ));
    }
    out
}

/// Every finding with its file, its place and the offending text.
pub fn in_full(all: &[Finding], styling: Styling) -> String {
    if all.is_empty() {
        return String::new();
    }
    let now = time::OffsetDateTime::now_utc();
    let mut out = format!("\nFINDINGS\n{}", plain::print(&FindingRow::all(all), now, styling));
    for finding in all {
        if let Some(excerpt) = &finding.excerpt {
            let file = finding.file.as_deref().unwrap_or("(the pack)");
            let place = findings::place(finding);
            let at = if place.is_empty() {
                String::new()
            } else {
                format!(":{place}")
            };
            out.push_str(&format!("\n{}{at}\n    {}\n", text::clean(file), text::clean(excerpt)));
        }
    }
    out
}
