//! Accounts and their bearer tokens. A token is shown once, when it is created; the database only knows its SHA-256.

mod bearer;
mod queries;
pub mod routes;
pub mod service;
pub mod tokens;
pub mod trust;

use tradepost_common::ids::AccountId;
use tradepost_common::review::Trust;
use tradepost_common::tokens::AccountRole;

pub use self::bearer::Bearer;

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
