//! Locks accounts for decisions about them, bans them and lifts bans.

use sqlx::{PgConnection, PgPool};
use tradepost_common::audit::AuditAct;
use tradepost_common::ids::AccountId;
use tradepost_common::review::Trust;

use super::queries;
pub use super::queries::{ban, ban_of, lock, remember_ban, restore_ban, trust_history};
use crate::audit::{self, Actor};
use crate::error::{ApiError, ApiResult};

/// Trust and ban of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    pub trust: Trust,
    pub banned: bool,
}

/// The account of that name.
///
/// # Errors
/// Not found.
pub async fn find(db: &PgPool, name: &str) -> ApiResult<AccountId> {
    let id = queries::id_of(db, name).await?;
    id.ok_or(ApiError::NotFound("account"))
}

/// Refuses an account that is banned.
///
/// # Errors
/// Banned.
pub async fn refuse_banned(db: &PgPool, id: AccountId) -> ApiResult<()> {
    let ban = queries::ban_of(db, id).await?;
    ban.map_or(Ok(()), |ban| Err(ApiError::banned(ban.reason.as_deref())))
}

/// The address and the standing of an account, for mails.
#[derive(Debug, Clone)]
pub struct Contact {
    pub id: AccountId,
    pub name: String,
    pub email: Option<String>,
    pub is_proven: bool,
    pub is_guest: bool,
}

/// The contact of an account by its name.
pub async fn contact(tx: &mut PgConnection, name: &str) -> sqlx::Result<Option<Contact>> {
    queries::contact(tx, name).await
}

/// The contact of an account.
pub async fn contact_of(tx: &mut PgConnection, id: AccountId) -> sqlx::Result<Contact> {
    queries::contact_of(tx, id).await
}

/// Deletes links and sessions that are over.
pub async fn tidy(db: &PgPool) -> sqlx::Result<()> {
    queries::links::delete_expired(db).await?;
    queries::tokens::delete_ended_sessions(db).await
}

/// Lifts the ban of an account; rejected packs stay rejected.
///
/// # Errors
/// Not found, or a conflict when it is not banned.
pub async fn unban(db: &PgPool, actor: &Actor, name: &str) -> ApiResult<()> {
    let id = find(db, name).await?;
    let mut tx = db.begin().await?;
    lock(&mut tx, id).await?;
    if !queries::lift_ban(&mut tx, id).await? {
        return Err(ApiError::conflict(
            "not-banned",
            format!("The account {name} is not banned."),
        ));
    }
    audit::note(&mut tx, actor, AuditAct::AccountUnban, &format!("account:{name}")).await?;
    Ok(tx.commit().await?)
}
