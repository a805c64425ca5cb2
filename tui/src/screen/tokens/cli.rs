//! `tradepost tokens`: the list, or revokes one.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use tradepost_common::ids::TokenId;

use crate::cli::{self, IdArg, Output, Twin};
use crate::client::Client;
use crate::query::Query;

/// Tokens of the public API, newest first; revoke one.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct TokensArgs {
    #[command(subcommand)]
    act: Option<TokenCommand>,
    /// Only tokens of this account.
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    /// Maximum number of rows.
    #[arg(long, default_value_t = 100)]
    limit: usize,
}

#[derive(Debug, Subcommand)]
enum TokenCommand {
    /// Revoke a token.
    Revoke {
        /// Id of the token, or its first digits.
        id: IdArg<TokenId>,
    },
}

impl Twin for TokensArgs {
    const NAME: &'static str = "tokens";

    async fn run(self, client: &Client, output: Output) -> anyhow::Result<ExitCode> {
        if let Some(TokenCommand::Revoke { id }) = self.act {
            let id = id.resolve(client).await?;
            let token = client.revoke_token(id).await?;
            output.print(&token, |_| format!("the token {id} of {} is revoked\n", token.account))?;
        } else {
            let query = Query::default().with("account", self.account);
            let page = cli::collect(self.limit, query, async |query| client.tokens(&query).await).await?;
            output.print_rows(&page, &page.rows)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
