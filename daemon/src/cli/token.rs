//! `tradepostd token`: make bearer tokens, and take them back.

use clap::{Args, Subcommand};

use super::{Place, runtime, say};
use crate::accounts::service::{self, NewToken};
use crate::accounts::{AccountName, AccountRole, Trust};
use crate::audit::Actor;
use crate::database::{self, Database};
use crate::error::{ApiError, ApiResult};

#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Make a token and print it: it can not be shown again. The account is made when it is not there.
    Create(CreateToken),
    /// Take all tokens of an account back, at once.
    Revoke(RevokeTokens),
}

#[derive(Debug, Args)]
pub struct CreateToken {
    #[command(flatten)]
    place: Place,
    /// 2 to 63 of a-z, 0-9 and -.
    #[arg(long)]
    account: AccountName,
    #[arg(long, value_enum, default_value = "contributor")]
    role: AccountRole,
    /// Whether clean packs are published without a moderator; a new account starts as new.
    #[arg(long, value_enum)]
    trust: Option<Trust>,
    /// The token stops working after so many days.
    #[arg(long)]
    expires_days: Option<u16>,
}

#[derive(Debug, Args)]
pub struct RevokeTokens {
    #[command(flatten)]
    place: Place,
    /// Whose tokens.
    #[arg(long)]
    account: AccountName,
}

/// Runs the command beside a daemon, or without one.
pub fn run(command: TokenCommand) -> anyhow::Result<()> {
    runtime()?.block_on(async {
        match command {
            TokenCommand::Create(create) => {
                let database = open(&create.place).await?;
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
                let made = service::create_token(&database.pool, &Actor::current(), &new).await;
                say(&close(database, made).await?)
            }
            TokenCommand::Revoke(revoke) => {
                let database = open(&revoke.place).await?;
                let revoked = service::revoke_tokens(&database.pool, &Actor::current(), &revoke.account).await;
                let revoked = close(database, revoked).await?;
                say(&format!(
                    "{revoked} token(s) of {} no longer work.",
                    revoke.account.as_str()
                ))
            }
        }
    })
}

async fn open(place: &Place) -> anyhow::Result<Database> {
    let (config, state) = place.load()?;
    database::open_beside(&config.database, &state).await
}

async fn close<T>(database: Database, result: ApiResult<T>) -> anyhow::Result<T> {
    database.close().await;
    result.map_err(|error| match error {
        ApiError::Internal(error) => error,
        other => anyhow::anyhow!("{}", other.problem()),
    })
}
