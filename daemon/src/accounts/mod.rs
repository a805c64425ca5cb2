//! Accounts and their bearer tokens. A token is shown once, when it is made; the database only knows its SHA-256.

mod queries;
pub mod routes;
pub mod service;
pub mod trust;

use tradepost_common::ids::AccountId;

/// Who a request comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    pub id: AccountId,
    pub name: String,
    pub role: AccountRole,
    pub trust: Trust,
}

/// What an account may do on the public API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum AccountRole {
    /// Uploads packs.
    Contributor,
    /// Buys and downloads.
    Buyer,
}

impl AccountRole {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Contributor => "contributor",
            Self::Buyer => "buyer",
        }
    }
}

/// What is believed of a contributor's packs: how it moves is in `trust.rs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Trust {
    /// A moderator looks at every pack.
    New,
    /// Clean packs are published without a moderator.
    Trusted,
    /// So are packs with warnings, except those that may be hostile.
    Elite,
}

impl Trust {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Trusted => "trusted",
            Self::Elite => "elite",
        }
    }

    /// The level that the schema calls so.
    pub(crate) fn of(text: &str) -> Self {
        match text {
            "elite" => Self::Elite,
            "trusted" => Self::Trusted,
            _ => Self::New,
        }
    }
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
