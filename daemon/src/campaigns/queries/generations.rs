//! Statements about which generation is shown, and about taking one apart.

use sqlx::PgConnection;
use tradepost_common::ids::OperationId;
use uuid::Uuid;

use super::Publication;

/// Lays a generation over all others.
pub(in crate::campaigns) async fn activate(tx: &mut PgConnection, generation: i64) -> sqlx::Result<()> {
    sqlx::query!("insert into active_generations (generation) values ($1)", generation)
        .execute(tx)
        .await?;
    Ok(())
}

/// Takes a generation away.
pub(in crate::campaigns) async fn deactivate(tx: &mut PgConnection, generation: i64) -> sqlx::Result<()> {
    sqlx::query!("delete from active_generations where generation = $1", generation)
        .execute(tx)
        .await?;
    Ok(())
}

/// The campaign that lies next over this one, and the one that lies next under it.
pub(in crate::campaigns) async fn neighbours(
    tx: &mut PgConnection,
    generation: i64,
) -> sqlx::Result<(Option<Uuid>, Option<Uuid>)> {
    // Swaps, roll-backs and collecting come one after the other.
    sqlx::query!("lock table active_generations in share row exclusive mode")
        .execute(&mut *tx)
        .await?;
    let row = sqlx::query!(
        r#"
        select
            (select campaign.id from active_generations other join campaigns campaign on campaign.generation = other.generation
             where other.position > this.position order by other.position limit 1) as over_,
            (select campaign.id from active_generations other join campaigns campaign on campaign.generation = other.generation
             where other.position < this.position order by other.position desc limit 1) as under
        from active_generations this where this.generation = $1
        "#,
        generation
    )
    .fetch_optional(tx)
    .await?;
    Ok(row.map_or((None, None), |row| (row.over_, row.under)))
}

/// Notes that a campaign was swapped in or rolled back, and when it is collected. The caller has it locked.
pub(in crate::campaigns) async fn set_publication(
    tx: &mut PgConnection,
    id: OperationId,
    publication: Publication,
    keep_days: i32,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update campaigns set state = $2, swapped_at = case $2 when 'swapped' then now() else swapped_at end,
            rolled_back_at = case $2 when 'rolled_back' then now() end, collect_at = now() + make_interval(days => $3)
        where id = $1
        "#,
        id.0,
        publication.as_str(),
        keep_days
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Notes that collecting begins. The caller has it locked.
pub(in crate::campaigns) async fn begin_collecting(tx: &mut PgConnection, id: OperationId) -> sqlx::Result<()> {
    sqlx::query!(
        "update campaigns set collecting_at = now(), collect_at = now() where id = $1",
        id.0
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Notes that collecting is done. The caller has it locked.
pub(in crate::campaigns) async fn end_collecting(tx: &mut PgConnection, id: OperationId) -> sqlx::Result<()> {
    sqlx::query!("update campaigns set collected_at = now() where id = $1", id.0)
        .execute(tx)
        .await?;
    Ok(())
}

/// Pictures that have lost a reference.
#[derive(Debug, Default)]
pub(in crate::campaigns) struct Lost {
    /// Rows that were taken apart: with none there are no more.
    pub rows: usize,
    pub hashes: Vec<Vec<u8>>,
    pub formats: Vec<String>,
    pub sizes: Vec<i64>,
}

/// Forgets some of what a generation drew.
pub(in crate::campaigns) async fn forget(tx: &mut PgConnection, generation: i64, limit: i64) -> sqlx::Result<Lost> {
    let rows = sqlx::query!(
        r#"
        delete from campaign_renditions where generation = $1 and (item_id, preset) in (
            select item_id, preset from campaign_renditions where generation = $1 order by item_id, preset limit $2)
        returning sha256, format, size_bytes
        "#,
        generation,
        limit
    )
    .fetch_all(tx)
    .await?;
    let mut lost = Lost {
        rows: rows.len(),
        ..Lost::default()
    };
    for row in rows {
        lost.hashes.push(row.sha256);
        lost.formats.push(row.format);
        lost.sizes.push(row.size_bytes);
    }
    Ok(lost)
}

/// Makes some of what a generation drew the catalogue's own. What is shown does not change by it.
pub(in crate::campaigns) async fn adopt(tx: &mut PgConnection, generation: i64, limit: i64) -> sqlx::Result<Lost> {
    let rows = sqlx::query!(
        r#"
        with moved as (
            delete from campaign_renditions where generation = $1 and (item_id, preset) in (
                select item_id, preset from campaign_renditions where generation = $1 order by item_id, preset limit $2)
            returning item_id, kind, preset, preset_sha256, format, width, height, size_bytes, sha256
        ), adopted as (
            insert into renditions (item_id, kind, preset, preset_sha256, format, width, height, size_bytes, sha256)
            select item_id, kind, preset, preset_sha256, format, width, height, size_bytes, sha256 from moved
            on conflict (item_id, preset) do update set preset_sha256 = excluded.preset_sha256, format = excluded.format,
                width = excluded.width, height = excluded.height, size_bytes = excluded.size_bytes, sha256 = excluded.sha256
            returning 1
        )
        -- The statement sees `renditions` as it was before.
        select old.sha256 as "sha256?", old.format as "format?", old.size_bytes as "size_bytes?"
        from moved left join renditions old on old.item_id = moved.item_id and old.preset = moved.preset
        "#,
        generation,
        limit
    )
    .fetch_all(tx)
    .await?;
    let mut lost = Lost {
        rows: rows.len(),
        ..Lost::default()
    };
    for row in rows {
        if let (Some(sha256), Some(format), Some(size_bytes)) = (row.sha256, row.format, row.size_bytes) {
            lost.hashes.push(sha256);
            lost.formats.push(format);
            lost.sizes.push(size_bytes);
        }
    }
    Ok(lost)
}
