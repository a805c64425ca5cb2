//! Screen Tokens: bearer tokens of the public API.
//!
//! - `GET /v1/tokens?account=&cursor=&limit=`: newest first (`Page<TokenRow>`)
//! - `POST /v1/tokens/{id}/revoke`: revokes one and answers with its [`TokenRow`]
//! - `POST /v1/accounts/{name}/revoke-tokens`: revokes all of an account ([`RevokedTokens`])

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::ids::TokenId;

crate::text_enum! {
    /// Role of an account of the public API.
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    pub enum AccountRole {
        /// Uploads packs.
        Contributor = "contributor",
        /// Buys and downloads.
        Buyer = "buyer",
    }
}

crate::text_enum! {
    /// A right of a token. A session has all of them.
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    pub enum Scope {
        /// Reads what is yours, and downloads what you bought.
        Read = "read",
        /// Uploads packs, and answers moderators.
        Upload = "upload",
        /// Places orders.
        Buy = "buy",
        /// Makes and deletes tokens and webhooks.
        Manage = "manage",
    }
}

crate::text_enum! {
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    pub enum TokenState {
        Active = "active",
        Expired = "expired",
        Revoked = "revoked",
    }
}

/// A token and whose it is. The secret is shown once, when the token is created.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRow {
    pub id: TokenId,
    pub account: String,
    pub role: AccountRole,
    /// The account is banned: none of its tokens opens anything.
    pub banned: bool,
    pub state: TokenState,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// `None`: never.
    #[serde(with = "time::serde::rfc3339::option")]
    pub expires_at: Option<OffsetDateTime>,
    /// To the hour; `None`: never used.
    #[serde(with = "time::serde::rfc3339::option")]
    pub last_used_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    pub revoked_at: Option<OffsetDateTime>,
}

/// Outcome of revoking all tokens of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevokedTokens {
    pub account: String,
    /// Tokens that worked until now.
    pub tokens: u64,
}
