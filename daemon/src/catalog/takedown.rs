//! Takes a published set out of the catalogue, until a moderator has decided.

use sqlx::PgConnection;
use tradepost_common::catalog::SetState;
use tradepost_common::ids::{SetId, UploadId};
use uuid::Uuid;

/// The outcome of a takedown.
#[derive(Debug, Default)]
pub struct TakenDown {
    /// Items that were public.
    pub published: i64,
    /// Items that a check forbids to publish now.
    pub blocked: i64,
    /// Sets whose contact sheets showed what is gone, with their uploads: to be drawn anew.
    pub sheets: Vec<(SetId, UploadId)>,
}

/// Takes the set of an upload out of the catalogue, its pictures and the contact sheets they are on included. Its items are ready
/// again, those of these bytes blocked.
pub async fn take_down(
    tx: &mut PgConnection,
    upload: UploadId,
    blocked_bytes: Option<&[u8; 32]>,
) -> sqlx::Result<TakenDown> {
    let row = sqlx::query!(
        "select id, family_id from sets where upload_id = $1 for update",
        upload.0
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(set) = row else {
        return Ok(TakenDown::default());
    };
    let gone = unpublish_items(tx, set.id).await?;
    let blocked = match blocked_bytes {
        Some(bytes) => block_items(tx, set.id, bytes).await?,
        None => 0,
    };
    unpublish_set(tx, set.id, set.family_id, SetState::Draft).await?;
    let sheets = delete_sheets(tx, set.id, &gone).await?;
    Ok(TakenDown {
        published: gone.len() as i64,
        blocked,
        sheets,
    })
}

/// Ends what showed items of a set that left the catalogue: a set and a family without any leave it, too. Answers with the sets whose
/// contact sheets are to be drawn anew.
pub async fn leave(tx: &mut PgConnection, set: Uuid, gone: &[Uuid]) -> sqlx::Result<Vec<(SetId, UploadId)>> {
    let row = sqlx::query!(
        r#"
        select family_id, exists (select from items where set_id = $1 and state = 'published') as "has_more!" from sets where id = $1
        "#,
        set
    )
    .fetch_one(&mut *tx)
    .await?;
    if !row.has_more {
        unpublish_set(tx, set, row.family_id, SetState::Rejected).await?;
    }
    let mut sheets = delete_sheets(tx, set, gone).await?;
    sheets.retain(|(id, _)| row.has_more || id.0 != set);
    Ok(sheets)
}

/// The paths of an upload's items that have these bytes and may be, or become, public.
pub async fn paths_with(tx: &mut PgConnection, upload: UploadId, sha256: &[u8; 32]) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        select item.path from items item join sets set_ on set_.id = item.set_id
        where set_.upload_id = $1 and $2 in (item.sha256, item.file_sha256) and item.state in ('published', 'ready') order by item.path
        "#,
        upload.0,
        sha256.as_slice()
    )
    .fetch_all(tx)
    .await
}

async fn unpublish_items(tx: &mut PgConnection, set: Uuid) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        "update items set state = 'ready' where set_id = $1 and state = 'published' returning id",
        set
    )
    .fetch_all(tx)
    .await
}

async fn block_items(tx: &mut PgConnection, set: Uuid, sha256: &[u8; 32]) -> sqlx::Result<i64> {
    let done = sqlx::query!(
        "update items set state = 'blocked' where set_id = $1 and $2 in (sha256, file_sha256) and state = 'ready'",
        set,
        sha256.as_slice()
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected().cast_signed())
}

async fn unpublish_set(tx: &mut PgConnection, set: Uuid, family: Uuid, state: SetState) -> sqlx::Result<()> {
    sqlx::query!(
        "update sets set state = $2, published_at = null where id = $1 and state = 'published'",
        set,
        state.as_str()
    )
    .execute(&mut *tx)
    .await?;
    hide_empty_family(tx, family).await
}

/// A family of which no set is published is not in the catalogue.
pub(super) async fn hide_empty_family(tx: &mut PgConnection, family: Uuid) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update families set published_at = null
        where id = $1 and not exists (select 1 from sets where family_id = $1 and state = 'published')
        "#,
        family
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The sheets of sibling sets may show an item of this one.
pub(super) async fn delete_sheets(
    tx: &mut PgConnection,
    set: Uuid,
    gone: &[Uuid],
) -> sqlx::Result<Vec<(SetId, UploadId)>> {
    let rows = sqlx::query!(
        r#"
        with deleted as (
            delete from family_previews preview using sets chosen
            where chosen.id = $1 and preview.family_id = chosen.family_id and (preview.set_id = $1 or preview.item_ids && $2)
            returning preview.set_id
        )
        select distinct set_.id, set_.upload_id from deleted join sets set_ on set_.id = deleted.set_id
        "#,
        set,
        gone
    )
    .fetch_all(tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (SetId(row.id), UploadId(row.upload_id)))
        .collect())
}
