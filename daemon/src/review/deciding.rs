//! A case that is about to be decided: everything that is decided about is locked in one order, and remembered.

use anyhow::Context as _;
use serde_json::{Value, json};
use sqlx::PgConnection;
use tradepost_common::ids::{AccountId, CaseId};

use super::queries;
use super::queries::decisions::{self, CaseState};
use crate::accounts::service::{self as accounts, Standing};
use crate::audit::Actor;
use crate::catalog::service::{self as catalog, SetProgress};
use crate::catalog::undo as catalog_undo;
use crate::error::{ApiError, ApiResult};
use crate::uploads::{service as uploads, undo as uploads_undo};

/// A case that is about to be decided, with everything that is decided about it locked and remembered.
pub(super) struct Deciding {
    pub case: CaseState,
    pub account: AccountId,
    pub standing: Standing,
    pub set: Option<SetProgress>,
    /// Everything that the decision changes, as it was before: for an undo.
    pub before: Value,
}

/// Locks and remembers what is decided about: the account first.
pub(super) async fn begin(tx: &mut PgConnection, actor: &Actor, id: CaseId) -> ApiResult<Deciding> {
    let (_, account, _) = queries::upload_and_account(&mut *tx, id)
        .await?
        .ok_or(ApiError::NotFound("case"))?;
    accounts::lock(&mut *tx, account).await?;
    load(tx, actor, id).await
}

/// As `begin`, for a caller that has locked the account.
pub(super) async fn load(tx: &mut PgConnection, actor: &Actor, id: CaseId) -> ApiResult<Deciding> {
    let case = lock_for(tx, actor, id).await?;
    let set = match catalog::set_of_upload(&mut *tx, case.upload_id).await? {
        Some(set) => catalog::lock_set(&mut *tx, set).await?,
        None => None,
    };
    let upload = uploads::lock(tx, case.upload_id)
        .await?
        .context("a case without an upload")?;
    let set_before = match &set {
        Some(set) => catalog_undo::remember(&mut *tx, set.id).await?,
        None => Value::Null,
    };
    let before = json!({
        "case": decisions::remember(&mut *tx, id).await?,
        "upload": uploads_undo::remember(&mut *tx, upload.id).await?,
        "set": set_before,
        "ban": accounts::remember_ban(&mut *tx, upload.account_id).await?,
    });
    Ok(Deciding {
        case,
        account: upload.account_id,
        standing: accounts::lock(tx, upload.account_id).await?,
        set,
        before,
    })
}

/// Locks a case that is open and not held by somebody else.
pub(super) async fn lock_for(tx: &mut PgConnection, actor: &Actor, id: CaseId) -> ApiResult<CaseState> {
    let case = decisions::lock(tx, id).await?.ok_or(ApiError::NotFound("case"))?;
    if case.decided {
        return Err(ApiError::conflict("case-decided", "Already decided."));
    }
    match &case.claimed_by {
        Some(holder) if *holder != actor.user => Err(claimed(holder)),
        _ => Ok(case),
    }
}

/// The refusal of what only the holder of a case may do.
pub(super) fn claimed(holder: &str) -> ApiError {
    ApiError::conflict("case-claimed", format!("{holder} holds the case."))
}

/// Subject of a case in the audit log.
pub(super) fn subject(id: CaseId) -> String {
    format!("case:{id}")
}
