//! Contact sheets.

use sqlx::{PgConnection, PgExecutor};
use tradepost_common::ids::{ItemId, SetId};
use uuid::Uuid;

use crate::catalog::service::{Sheet, Tile};
use tradepost_jail::Rendition;

/// Items of the whole family that are published, or ready in the set itself.
pub async fn sheet_candidates(db: impl PgExecutor<'_>, set: SetId) -> sqlx::Result<Vec<ItemId>> {
    sqlx::query_scalar!(
        r#"
        select item.id as "id: ItemId" from sets chosen
        join sets sibling on sibling.family_id = chosen.family_id
        join items item on item.set_id = sibling.id
        where chosen.id = $1 and (item.state = 'published' or (item.state = 'ready' and sibling.id = chosen.id))
        order by item.id
        "#,
        set.0
    )
    .fetch_all(db)
    .await
}

pub async fn tiles(db: impl PgExecutor<'_>, items: &[ItemId], preset: &str) -> sqlx::Result<Vec<Tile>> {
    let ids: Vec<Uuid> = items.iter().map(|id| id.0).collect();
    sqlx::query_as!(
        Tile,
        r#"
        select item_id as "item_id!", sha256 as "sha256!: [u8; 32]" from current_renditions where item_id = any($1) and preset = $2
        "#,
        &ids,
        preset
    )
    .fetch_all(db)
    .await
}

pub async fn insert_preview(db: impl PgExecutor<'_>, sheet: &Sheet<'_>, rendition: &Rendition) -> sqlx::Result<()> {
    let items: Vec<Uuid> = sheet.items.iter().map(|id| id.0).collect();
    sqlx::query!(
        r#"
        insert into family_previews (id, family_id, set_id, format, width, height, size_bytes, sha256, seed, item_ids)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        "#,
        Uuid::now_v7(),
        sheet.set.family_id.0,
        sheet.set.id.0,
        rendition.format.as_str(),
        rendition.width_px.cast_signed(),
        rendition.height_px.cast_signed(),
        rendition.bytes.len() as i64,
        rendition.sha256.as_slice(),
        sheet.seed.cast_signed(),
        &items
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Makes the contact sheet of a set public.
pub async fn publish_sheet(tx: &mut PgConnection, set: SetId) -> sqlx::Result<()> {
    sqlx::query!("update family_previews set published = true where set_id = $1", set.0)
        .execute(tx)
        .await?;
    Ok(())
}

/// Deletes the contact sheet of a set.
pub async fn delete_sheet(tx: &mut PgConnection, set: SetId) -> sqlx::Result<()> {
    sqlx::query!("delete from family_previews where set_id = $1", set.0)
        .execute(tx)
        .await?;
    Ok(())
}

/// The items on the contact sheet of a set.
pub async fn sheet_items(tx: &mut PgConnection, set: SetId) -> sqlx::Result<Vec<ItemId>> {
    let ids = sqlx::query_scalar!("select item_ids from family_previews where set_id = $1 limit 1", set.0)
        .fetch_optional(tx)
        .await?;
    Ok(ids.unwrap_or_default().into_iter().map(ItemId).collect())
}
