//! Creates, checks, lists and revokes bearer tokens.

use serde::Serialize;
use serde_json::json;
use sqlx::PgPool;
use time::OffsetDateTime;
use tradepost_common::Page;
use tradepost_common::audit::AuditAct;
use tradepost_common::ids::{AccountId, TokenId};
use tradepost_common::review::Trust;
use tradepost_common::tokens::{AccountRole, RevokedTokens, Scope, TokenRow, TokenState};
use utoipa::ToSchema;

use super::login::TokenKind;
use super::queries::tokens::NewTokenRow;
pub use super::queries::tokens::in_range;
use super::queries::{self, tokens};
use super::{AccountName, Login, trust};
use crate::app::App;
use crate::audit::{self, Actor};
use crate::error::{ApiError, ApiResult};
use tradepost_store::sha256;

/// Prefix of every token, so that a leaked one can be recognised.
const TOKEN_PREFIX: &str = "tp_";
const MAX_TOKENS: i64 = 50;

/// A token to be created.
#[derive(Debug)]
pub struct NewToken {
    pub account: AccountName,
    pub role: AccountRole,
    /// `None` leaves the trust of an existing account as it is; a new account starts as new.
    pub trust: Option<Trust>,
    pub expires_at: Option<OffsetDateTime>,
}

/// Creates a token, and its account where there is none. Answers with the secret.
///
/// # Errors
/// A conflict when the account exists with another role.
pub async fn create(db: &PgPool, actor: &Actor, new: &NewToken) -> ApiResult<String> {
    let secret = new_secret();
    let mut tx = db.begin().await?;
    let name = new.account.as_str();
    queries::insert_account(&mut *tx, name, new.role, new.trust.unwrap_or(Trust::New)).await?;
    let account = queries::by_name(&mut *tx, name)
        .await?
        .ok_or(ApiError::NotFound("account"))?;
    if account.role != new.role {
        let detail = format!("The account {name} exists and is a {}.", account.role);
        return Err(ApiError::conflict("account-role", detail));
    }
    if let Some(trust) = new.trust
        && trust != account.trust
    {
        let by_hand = format!("set by {}", actor.user);
        trust::set(&mut tx, account.id, (account.trust, trust), &by_hand, None).await?;
    }
    let row = NewTokenRow {
        kind: TokenKind::Token,
        label: "",
        scopes: &Scope::ALL,
        expires_at: new.expires_at,
        idle_seconds: None,
    };
    tokens::insert(&mut *tx, account.id, &sha256(secret.as_bytes()), &row).await?;
    let detail = json!({ "role": new.role, "trust": new.trust });
    audit::record(
        &mut tx,
        actor,
        AuditAct::TokenCreate,
        &format!("account:{name}"),
        detail,
    )
    .await?;
    tx.commit().await?;
    Ok(secret)
}

fn new_secret() -> String {
    format!("{TOKEN_PREFIX}{}", hex::encode(rand::random::<[u8; 32]>()))
}

/// A token as its account sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApiToken {
    pub id: TokenId,
    #[schema(max_length = 80)]
    pub label: String,
    #[schema(max_items = 4)]
    pub scopes: Vec<Scope>,
    pub state: TokenState,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    pub expires_at: Option<OffsetDateTime>,
    /// To the hour.
    #[serde(with = "time::serde::rfc3339::option")]
    pub last_used_at: Option<OffsetDateTime>,
}

/// A token that an account makes for itself.
#[derive(Debug)]
pub struct OwnToken<'a> {
    pub label: &'a str,
    pub scopes: &'a [Scope],
    pub expires_at: OffsetDateTime,
}

/// Makes a token. Answers with it and its secret.
///
/// # Errors
/// A conflict when the account has `MAX_TOKENS` already; forbidden when the caller has not the scopes itself.
pub async fn create_own(app: &App, login: &Login, new: &OwnToken<'_>) -> ApiResult<(ApiToken, String)> {
    if let Some(missing) = new.scopes.iter().find(|scope| !login.scopes.contains(scope)) {
        return Err(ApiError::Forbidden(format!(
            "The scope {missing} is not yours to give."
        )));
    }
    let account = login.account.id;
    let secret = new_secret();
    let mut tx = app.db.begin().await?;
    queries::lock(&mut tx, account).await?;
    if tokens::count_own(&mut *tx, account).await? >= MAX_TOKENS {
        let detail = format!("An account has at most {MAX_TOKENS} tokens. Delete one.");
        return Err(ApiError::conflict("too-many-tokens", detail));
    }
    let row = NewTokenRow {
        kind: TokenKind::Token,
        label: new.label,
        scopes: new.scopes,
        expires_at: Some(new.expires_at),
        idle_seconds: None,
    };
    let id = tokens::insert(&mut *tx, account, &sha256(secret.as_bytes()), &row).await?;
    let made = tokens::own(&mut *tx, account, Some(id), None, 1).await?.pop();
    tx.commit().await?;
    Ok((made.ok_or(ApiError::NotFound("token"))?, secret))
}

/// The tokens of an account that are not revoked, newest first.
pub async fn list_own(
    db: &PgPool,
    account: AccountId,
    before: Option<TokenId>,
    limit: u32,
) -> sqlx::Result<Page<ApiToken>> {
    let rows = tokens::own(db, account, None, before, limit.into()).await?;
    Ok(Page::from_rows(rows, limit, |row| row.id))
}

/// Revokes a token of an account.
///
/// # Errors
/// Not found.
pub async fn revoke_own(db: &PgPool, account: AccountId, id: TokenId) -> ApiResult<()> {
    let mut tx = db.begin().await?;
    let own = tokens::own(&mut *tx, account, Some(id), None, 1).await?;
    if own.is_empty() || !tokens::revoke(&mut *tx, id).await? {
        return Err(ApiError::NotFound("token"));
    }
    Ok(tx.commit().await?)
}

/// Tokens, newest first: all, or those of an account.
pub async fn list(
    db: &PgPool,
    account: Option<&str>,
    before: Option<TokenId>,
    limit: u32,
) -> sqlx::Result<Page<TokenRow>> {
    let rows = tokens::list(db, account, None, before, limit.into()).await?;
    Ok(Page::from_rows(rows, limit, |row| row.id))
}

/// Revokes one token.
///
/// # Errors
/// Not found, or a conflict when it was revoked before.
pub async fn revoke(db: &PgPool, actor: &Actor, id: TokenId) -> ApiResult<TokenRow> {
    let mut tx = db.begin().await?;
    let revoked = tokens::revoke(&mut *tx, id).await?;
    let row = tokens::list(&mut *tx, None, Some(id), None, 1).await?.pop();
    let row = row.ok_or(ApiError::NotFound("token"))?;
    if !revoked {
        return Err(ApiError::conflict("already-revoked", "The token is already revoked."));
    }
    let detail = json!({ "account": row.account });
    audit::record(&mut tx, actor, AuditAct::TokenRevoke, &format!("token:{id}"), detail).await?;
    tx.commit().await?;
    Ok(row)
}

/// Revokes all tokens of an account.
///
/// # Errors
/// Not found when there is no such account.
pub async fn revoke_all(db: &PgPool, actor: &Actor, name: &str) -> ApiResult<RevokedTokens> {
    let mut tx = db.begin().await?;
    let account = queries::by_name(&mut *tx, name)
        .await?
        .ok_or(ApiError::NotFound("account"))?;
    let revoked = RevokedTokens {
        tokens: tokens::revoke_all(&mut *tx, account.id).await?,
        account: account.name,
    };
    let detail = json!({ "tokens": revoked.tokens });
    audit::record(
        &mut tx,
        actor,
        AuditAct::TokenRevoke,
        &format!("account:{name}"),
        detail,
    )
    .await?;
    tx.commit().await?;
    Ok(revoked)
}
