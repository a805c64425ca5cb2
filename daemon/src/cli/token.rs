//! `tradepostd token`: creates bearer tokens and revokes them.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use tradepost_common::review::Trust;
use tradepost_common::tokens::AccountRole;
use tradepostd::accounts::AccountName;
use tradepostd::accounts::tokens::{self, NewToken};
use tradepostd::audit::Actor;
use tradepostd::database::{self, Database};
use tradepostd::error::{ApiError, ApiResult};

use super::output::print;
use super::state::{StateArgs, runtime};

#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Create a token and print it: it cannot be shown again. Creates the account when it does not exist.
    Create(CreateToken),
    /// Revoke all tokens of an account.
    Revoke(RevokeTokens),
}

#[derive(Debug, Args)]
pub struct CreateToken {
    #[command(flatten)]
    state: StateArgs,
    /// 2 to 63 of a-z, 0-9 and -.
    #[arg(long)]
    account: AccountName,
    #[arg(long, value_parser = one_of::<AccountRole>(AccountRole::ALL.map(AccountRole::as_str)), default_value = "contributor")]
    role: AccountRole,
    /// Trusted and elite: clean packs are published without a moderator. A new account starts as new.
    #[arg(long, value_parser = one_of::<Trust>(Trust::ALL.map(Trust::as_str)))]
    trust: Option<Trust>,
    /// Days until the token expires.
    #[arg(long)]
    expires_days: Option<u16>,
}

#[derive(Debug, Args)]
pub struct RevokeTokens {
    #[command(flatten)]
    state: StateArgs,
    /// Name of the account.
    #[arg(long)]
    account: AccountName,
}

/// Runs the command, beside a running daemon or without one.
pub fn run(command: TokenCommand) -> anyhow::Result<()> {
    runtime()?.block_on(async {
        match command {
            TokenCommand::Create(create) => {
                let database = open(&create.state).await?;
                let expires_at = create
                    .expires_days
                    .map(|days| time::OffsetDateTime::now_utc() + time::Duration::days(days.into()));
                let (account, role, trust) = (create.account, create.role, create.trust);
                let new = NewToken {
                    account,
                    role,
                    trust,
                    expires_at,
                };
                let made = tokens::create(&database.pool, &Actor::current(), &new).await;
                print(&close(database, made).await?)
            }
            TokenCommand::Revoke(revoke) => {
                let database = open(&revoke.state).await?;
                let revoked = tokens::revoke_all(&database.pool, &Actor::current(), revoke.account.as_str()).await;
                let revoked = close(database, revoked).await?;
                print(&format!(
                    "{} token(s) of {} no longer work.",
                    revoked.tokens, revoked.account
                ))
            }
        }
    })
}

/// An argument with the texts of an enum.
fn one_of<T: std::str::FromStr<Err: std::error::Error + Send + Sync + 'static> + Clone + Send + Sync + 'static>(
    texts: impl IntoIterator<Item = &'static str>,
) -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(texts).try_map(|text| text.parse())
}

async fn open(state: &StateArgs) -> anyhow::Result<Database> {
    let (config, state) = state.load()?;
    anyhow::ensure!(
        config.database.url.is_some() || state.join("postgres").exists(),
        "{} is not the state directory of a daemon: name it with --state, or run `tradepostd serve` there first",
        state.display()
    );
    database::open_beside(&config.database, &state).await
}

async fn close<T>(database: Database, result: ApiResult<T>) -> anyhow::Result<T> {
    database.close().await;
    result.map_err(|error| match error {
        ApiError::Internal(error) => error,
        other => anyhow::anyhow!("{}", other.problem()),
    })
}
