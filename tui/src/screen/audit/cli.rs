//! `tradepost audit`.

use std::process::ExitCode;

use clap::Args;
use tradepost_common::audit::AuditColumn;

use crate::cli::{self, Output, SearchArgs, Twin};
use crate::client::Client;
use crate::query::Query;

/// The audit log, newest first.
#[derive(Debug, Args)]
pub struct AuditArgs {
    #[command(flatten)]
    search: SearchArgs<AuditColumn>,
}

impl Twin for AuditArgs {
    const NAME: &'static str = "audit";

    async fn run(self, client: &Client, output: Output) -> anyhow::Result<ExitCode> {
        let query = self.search.narrow(Query::default());
        let page = cli::collect(self.search.limit, query, async |query| client.audit(&query).await).await?;
        output.print_rows(&page, &page.rows)?;
        Ok(ExitCode::SUCCESS)
    }
}
