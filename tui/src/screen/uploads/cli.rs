//! `tradepost uploads`: the list, or the trace of one.

use std::process::ExitCode;

use clap::Args;
use tradepost_common::ids::UploadId;
use tradepost_common::uploads::{UploadColumn, UploadTrace};

use super::attempts::AttemptRow;
use crate::cli::{self, IdArg, Output, SearchArgs, Twin};
use crate::client::Client;
use crate::plain::{self, Styling};
use crate::query::Query;
use crate::rows::{finding, upload};
use crate::text;

/// Uploads, newest first, or the trace of one.
#[derive(Debug, Args)]
pub struct UploadsArgs {
    /// Id of an upload, or its first digits.
    id: Option<IdArg<UploadId>>,
    /// Only uploads in this state: `published`, `in_review`, `rejected` …
    #[arg(long, value_name = "STATE")]
    only: Option<String>,
    /// Only uploads of this account.
    #[arg(long)]
    account: Option<String>,
    #[command(flatten)]
    search: SearchArgs<UploadColumn>,
}

impl Twin for UploadsArgs {
    const NAME: &'static str = "uploads";

    async fn run(self, client: &Client, output: Output) -> anyhow::Result<ExitCode> {
        if let Some(id) = self.id {
            let trace = client.upload(id.resolve(client).await?).await?;
            output.print(&trace, |styling| in_text(&trace, styling))?;
        } else {
            let query = Query::default().with("state", self.only).with("account", self.account);
            let query = self.search.narrow(query);
            let page = cli::collect(self.search.limit, query, async |query| client.uploads(&query).await).await?;
            output.print_rows(&page, &page.rows)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn in_text(trace: &UploadTrace, styling: Styling) -> String {
    let now = time::OffsetDateTime::now_utc();
    let mut out = upload::head(&trace.upload, styling);
    out.push_str(&format!("sha256    {}\n", text::clean(&trace.sha256)));
    if let Some(case) = trace.case_id {
        out.push_str(&format!("case      {case}\n"));
    }
    out.push_str(&upload::stages(&trace.stages));
    out.push_str(&finding::in_full(&trace.findings, styling));
    if !trace.attempts.is_empty() {
        out.push_str("\nFAILED ATTEMPTS\n");
        out.push_str(&plain::print(&AttemptRow::all(&trace.attempts), now, styling));
    }
    out
}
