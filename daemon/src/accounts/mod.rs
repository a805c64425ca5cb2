//! Accounts: sign-up, mailed links, passwords, sessions, bearer tokens, guests, and who may call which route (`access.rs`).
//!
//! Secrets of tokens, sessions and links are 256 random bits that are shown or mailed once; the database only knows their SHA-256.

pub mod access;
mod access_table;
mod bearer;
pub mod guests;
pub mod links;
mod login;
pub mod pages;
mod passwords;
pub mod public_routes;
mod queries;
mod registration;
pub mod routes;
pub mod service;
pub mod sessions;
pub mod token_routes;
pub mod tokens;
pub mod trust;

use axum::http::HeaderMap;
use tradepost_common::ids::AccountId;
use tradepost_common::review::Trust;
use tradepost_common::tokens::{AccountRole, Scope};

pub use self::bearer::Bearer;
pub use self::login::Login;
use crate::app::App;
use crate::error::{ApiError, ApiResult};

/// The account of a request that reads what is its own.
///
/// # Errors
/// Unauthorized, forbidden.
pub async fn require_reader(app: &App, headers: &HeaderMap) -> ApiResult<Account> {
    let login = login::require(app, headers).await?;
    match login.scopes.contains(&Scope::Read) {
        true => Ok(login.account),
        false => Err(ApiError::Forbidden("The token has not the scope read.".to_owned())),
    }
}

/// An account of the public API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    pub id: AccountId,
    pub name: String,
    pub role: AccountRole,
    pub trust: Trust,
}

/// The name of an account: 2 to 63 of `a-z`, `0-9` and `-`, not starting with `-`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountName(String);

impl AccountName {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for AccountName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let ok = (2..=63).contains(&text.len())
            && !text.starts_with('-')
            && text
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if ok {
            Ok(Self(text.to_owned()))
        } else {
            Err("must be 2 to 63 of a-z, 0-9 and -, not starting with -".to_owned())
        }
    }
}
