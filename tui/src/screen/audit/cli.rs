//! `tradepost audit`.

use std::process::ExitCode;

use clap::Args;

use crate::cli::{self, Output, Twin};
use crate::client::Client;
use crate::query::Query;

/// The audit log, newest first.
#[derive(Debug, Args)]
pub struct AuditArgs {
    /// Maximum number of rows.
    #[arg(long, default_value_t = 100)]
    limit: usize,
}

impl Twin for AuditArgs {
    const NAME: &'static str = "audit";

    async fn run(self, client: &Client, output: Output) -> anyhow::Result<ExitCode> {
        let page = cli::collect(self.limit, Query::default(), async |query| client.audit(&query).await).await?;
        output.print_rows(&page, &page.rows)?;
        Ok(ExitCode::SUCCESS)
    }
}
