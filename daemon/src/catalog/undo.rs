//! Snapshots of a set before a decision, kept as JSON and restored exactly.

use anyhow::Context as _;
use serde_json::Value;
use sqlx::{PgConnection, PgExecutor};
use tradepost_common::ids::{SetId, UploadId};
use uuid::Uuid;

use crate::error;

/// A set can not be restored.
#[derive(Debug, thiserror::Error)]
pub enum PutBackError {
    #[error("another set has taken its name")]
    NameTaken,
    #[error("its files have changed since")]
    Changed,
    #[error(transparent)]
    Database(#[from] anyhow::Error),
}

/// State of the set, its items, its family and its contact sheets. The caller has locked the set.
pub async fn remember(tx: &mut PgConnection, set: SetId) -> sqlx::Result<Value> {
    sqlx::query_scalar!(
        r#"
        select jsonb_build_object(
            'state', set_.state, 'published_at', set_.published_at, 'family_published_at', family.published_at,
            'items', coalesce((select jsonb_object_agg(state, ids) from (
                select state, jsonb_agg(id) as ids from items where set_id = set_.id group by state) by_state), '{}'),
            'sheets', coalesce((select jsonb_agg(to_jsonb(sheet)) from family_previews sheet where set_id = set_.id), '[]')
        ) as "before!"
        from sets set_ join families family on family.id = set_.family_id where set_.id = $1
        "#,
        set.0
    )
    .fetch_one(tx)
    .await
}

/// Restores everything. The caller has locked the set.
///
/// # Errors
/// The set's name was given away, or its files are not as the decision left them.
pub async fn put_back(tx: &mut PgConnection, set: SetId, before: &Value) -> Result<(), PutBackError> {
    if changed_items(&mut *tx, set).await.context("looking at the items")? > 0 {
        return Err(PutBackError::Changed);
    }
    match set_state(&mut *tx, set, before).await {
        Err(error) if error::constraint(&error) == Some("sets_slug_unique") => return Err(PutBackError::NameTaken),
        other => other.context("putting the set back")?,
    }
    set_family(&mut *tx, set, before)
        .await
        .context("putting the family back")?;
    set_items(&mut *tx, set, before)
        .await
        .context("putting the items back")?;
    delete_sheets(&mut *tx, set).await.context("putting the sheet back")?;
    insert_sheets(tx, before).await.context("putting the sheet back")?;
    Ok(())
}

/// Restores only the items that a decision rejected; published items stay.
pub async fn put_back_rejected(tx: &mut PgConnection, set: SetId, before: &Value) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        r#"
        update items set state = old.state
        from (select key as state, jsonb_array_elements_text(value)::uuid as id from jsonb_each($2::jsonb -> 'items')) old
        where items.set_id = $1 and items.id = old.id and items.state = 'rejected' and old.state in ('ready', 'blocked')
        "#,
        set.0,
        before
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected())
}

/// Rejects what is left of a set of which something stays published. Answers with how many items.
pub async fn reject_rest(tx: &mut PgConnection, set: SetId) -> sqlx::Result<i64> {
    super::queries::reject_items(tx, set).await
}

/// Deletes the contact sheets of other sets that show unpublished items of this one. Answers with those sets.
pub async fn forget_sheets_that_show(tx: &mut PgConnection, set: SetId) -> sqlx::Result<Vec<(SetId, UploadId)>> {
    let rows = sqlx::query!(
        r#"
        with gone as (
            delete from family_previews sheet using sets chosen
            where chosen.id = $1 and sheet.family_id = chosen.family_id and sheet.set_id <> chosen.id
                and sheet.item_ids && array(select id from items where set_id = $1 and state <> 'published')
            returning sheet.set_id
        )
        select distinct sets.id, sets.upload_id from sets where id in (select set_id from gone)
        "#,
        set.0
    )
    .fetch_all(tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (SetId(row.id), UploadId(row.upload_id)))
        .collect())
}

/// Items of those sets that could be published: by set.
pub async fn count_ready(db: impl PgExecutor<'_>, uploads: &[Uuid]) -> sqlx::Result<Vec<(UploadId, i64, i64)>> {
    let rows = sqlx::query!(
        r#"
        select set_.upload_id, count(*) filter (where item.state = 'ready') as "ready!",
            count(*) filter (where item.state <> 'published') as "open!"
        from sets set_ join items item on item.set_id = set_.id where set_.upload_id = any($1) group by set_.upload_id
        "#,
        uploads
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (UploadId(row.upload_id), row.ready, row.open))
        .collect())
}

/// A decision leaves items published or rejected, and nothing else.
async fn changed_items(tx: &mut PgConnection, set: SetId) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "changed!" from items where set_id = $1 and state not in ('published', 'rejected')"#,
        set.0
    )
    .fetch_one(tx)
    .await
}

async fn set_state(tx: &mut PgConnection, set: SetId, before: &Value) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update sets set state = $2::jsonb ->> 'state', published_at = ($2::jsonb ->> 'published_at')::timestamptz where id = $1
        "#,
        set.0,
        before
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// A family stays published while another set of it is.
async fn set_family(tx: &mut PgConnection, set: SetId, before: &Value) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update families set published_at = ($2::jsonb ->> 'family_published_at')::timestamptz
        where id = (select family_id from sets where id = $1)
            and not exists (select 1 from sets where family_id = families.id and state = 'published' and id <> $1)
        "#,
        set.0,
        before
    )
    .execute(tx)
    .await?;
    Ok(())
}

async fn set_items(tx: &mut PgConnection, set: SetId, before: &Value) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update items set state = old.state
        from (select key as state, jsonb_array_elements_text(value)::uuid as id from jsonb_each($2::jsonb -> 'items')) old
        where items.set_id = $1 and items.id = old.id and items.state <> old.state
        "#,
        set.0,
        before
    )
    .execute(tx)
    .await?;
    Ok(())
}

async fn delete_sheets(tx: &mut PgConnection, set: SetId) -> sqlx::Result<()> {
    super::queries::sheets::delete_sheet(tx, set).await
}

async fn insert_sheets(tx: &mut PgConnection, before: &Value) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into family_previews select * from jsonb_populate_recordset(null::family_previews, $1::jsonb -> 'sheets')",
        before
    )
    .execute(tx)
    .await?;
    Ok(())
}
