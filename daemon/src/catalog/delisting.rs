//! Contributors take sets and items of theirs out of the catalogue, and put them back.
//!
//! A delisted thing is neither shown, found nor sold, and its pictures are closed; who bought it keeps it. It comes back only while its
//! upload stands as published, and only if its bytes are still clean: the rule of every publication.

use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use tradepost_common::catalog::SetState;
use tradepost_common::ids::{AccountId, FamilyId, SetId, UploadId};
use tradepost_common::uploads::UploadState;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{queries, takedown};
use crate::app::App;
use crate::error::{ApiError, ApiResult, constraint};
use crate::jobs::{Job, PreviewJob};

tradepost_common::text_enum! {
    /// Kinds of things that can be delisted.
    #[derive(ToSchema)]
    pub enum ListedKind {
        Item = "item",
        Set = "set",
    }
}

/// The place of a set or an item: in the catalogue, or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Listing {
    Listed,
    Delisted,
}

/// A set of the owner, locked.
struct OwnSet {
    id: Uuid,
    family_id: Uuid,
    upload_id: Uuid,
    state: SetState,
    upload_state: UploadState,
}

/// Takes a set or an item of one's own out of the catalogue, or puts it back. Idempotent.
///
/// # Errors
/// Not found; a conflict: it was never published, or is in review, or is the last item of its set.
pub async fn set(app: &App, owner: AccountId, (kind, id): (ListedKind, Uuid), listing: Listing) -> ApiResult<()> {
    let mut tx = app.db.begin().await?;
    let set = lock(&mut tx, owner, kind, id).await?;
    let set = set.ok_or(ApiError::NotFound("set or item of yours"))?;
    if set.upload_state != UploadState::Published {
        let detail = format!(
            "Its upload is {}: only what was published can be taken out and put back.",
            set.upload_state
        );
        return Err(ApiError::conflict("not-published", detail));
    }
    match (kind, listing) {
        (ListedKind::Set, Listing::Delisted) => delist_set(app, &mut tx, &set).await?,
        (ListedKind::Set, Listing::Listed) => list_set(app, &mut tx, &set).await?,
        (ListedKind::Item, Listing::Delisted) => delist_item(app, &mut tx, &set, id).await?,
        (ListedKind::Item, Listing::Listed) => list_item(app, &mut tx, &set, id).await?,
    }
    tx.commit().await?;
    Ok(())
}

async fn delist_set(app: &App, tx: &mut PgConnection, set: &OwnSet) -> ApiResult<()> {
    if set.state != SetState::Published {
        return Ok(());
    }
    let gone = sqlx::query_scalar!(
        "update items set state = 'delisted', delisted_at = now() where set_id = $1 and state = 'published' returning id",
        set.id
    )
    .fetch_all(&mut *tx)
    .await?;
    sqlx::query!(
        "update sets set state = 'delisted', delisted_at = now() where id = $1",
        set.id
    )
    .execute(&mut *tx)
    .await?;
    takedown::hide_empty_family(&mut *tx, set.family_id).await?;
    redraw(app, tx, set, &gone).await
}

async fn list_set(app: &App, tx: &mut PgConnection, set: &OwnSet) -> ApiResult<()> {
    if set.state != SetState::Delisted {
        return Ok(());
    }
    let back = sqlx::query!(
        r#"
        update items set state = 'published', delisted_at = null
        where set_id = $1 and state = 'delisted' and delisted_at = (select delisted_at from sets where id = $1)
        "#,
        set.id
    )
    .execute(&mut *tx)
    .await;
    back.map_err(not_clean)?;
    sqlx::query!(
        "update sets set state = 'published', delisted_at = null where id = $1",
        set.id
    )
    .execute(&mut *tx)
    .await?;
    queries::publish_family(&mut *tx, FamilyId(set.family_id)).await?;
    send_redraw(app, tx, &[(SetId(set.id), UploadId(set.upload_id))]).await
}

async fn delist_item(app: &App, tx: &mut PgConnection, set: &OwnSet, item: Uuid) -> ApiResult<()> {
    let gone = sqlx::query_scalar!(
        "update items set state = 'delisted', delisted_at = now() where id = $1 and state = 'published' returning id",
        item
    )
    .fetch_all(&mut *tx)
    .await?;
    let is_left = sqlx::query_scalar!(
        r#"select exists (select from items where set_id = $1 and state = 'published') as "is_left!""#,
        set.id
    )
    .fetch_one(&mut *tx)
    .await?;
    if !is_left && set.state == SetState::Published {
        return Err(ApiError::conflict(
            "last-item",
            "It is the last item of its set: delist the set.",
        ));
    }
    redraw(app, tx, set, &gone).await
}

async fn list_item(app: &App, tx: &mut PgConnection, set: &OwnSet, item: Uuid) -> ApiResult<()> {
    if set.state == SetState::Delisted {
        return Err(ApiError::conflict(
            "set-delisted",
            "Its set is delisted: put that back first.",
        ));
    }
    let back = sqlx::query!(
        "update items set state = 'published', delisted_at = null where id = $1 and state = 'delisted'",
        item
    )
    .execute(&mut *tx)
    .await;
    if back.map_err(not_clean)?.rows_affected() == 0 {
        return Ok(());
    }
    redraw(app, tx, set, &[item]).await
}

/// The scanner found something in it meanwhile.
fn not_clean(error: sqlx::Error) -> ApiError {
    match constraint(&error) {
        Some("items_published_are_clean") => {
            ApiError::conflict("not-clean", "A file of it has no clean verdict any more.")
        }
        _ => error.into(),
    }
}

/// Deletes the contact sheets that show these items or the set, and has those of published sets drawn anew.
async fn redraw(app: &App, tx: &mut PgConnection, set: &OwnSet, items: &[Uuid]) -> ApiResult<()> {
    let sheets = takedown::delete_sheets(&mut *tx, set.id, items).await?;
    let published = sqlx::query_scalar!(
        "select id from sets where id = any($1) and state = 'published'",
        &sheets.iter().map(|(set, _)| set.0).collect::<Vec<_>>()
    )
    .fetch_all(&mut *tx)
    .await?;
    let shown: Vec<_> = sheets
        .into_iter()
        .filter(|(set, _)| published.contains(&set.0))
        .collect();
    send_redraw(app, tx, &shown).await
}

async fn send_redraw(app: &App, tx: &mut PgConnection, sheets: &[(SetId, UploadId)]) -> ApiResult<()> {
    let message = |&(set_id, upload_id): &(SetId, UploadId)| Job::Preview(PreviewJob { upload_id, set_id }).message();
    app.broker
        .send(tx, &sheets.iter().map(message).collect::<Vec<_>>())
        .await?;
    Ok(())
}

async fn lock(tx: &mut PgConnection, owner: AccountId, kind: ListedKind, id: Uuid) -> sqlx::Result<Option<OwnSet>> {
    sqlx::query_as!(
        OwnSet,
        r#"
        select set_.id, set_.family_id, set_.upload_id, set_.state as "state: SetState", upload.state as "upload_state: UploadState"
        from sets set_ join families family on family.id = set_.family_id join uploads upload on upload.id = set_.upload_id
        where family.account_id = $1 and set_.id = case $2 when 'item' then (select set_id from items where id = $3) else $3 end
        for update of set_
        "#,
        owner.0,
        kind.as_str(),
        id
    )
    .fetch_optional(tx)
    .await
}
