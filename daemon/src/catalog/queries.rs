pub mod sheets;

use sqlx::{PgConnection, PgExecutor};
use tradepost_common::catalog::{FileState, SetState};
use tradepost_common::ids::{FamilyId, ItemId, SetId, UploadId};
use uuid::Uuid;

use super::service::{Item, SetItem, SetProgress};
use tradepost_common::catalog::Kind;
use tradepost_jail::Rendition;

/// The item a message is about.
pub async fn find_item(db: impl PgExecutor<'_>, id: ItemId, kind: Kind) -> sqlx::Result<Option<Item>> {
    sqlx::query_as!(
        Item,
        r#"
        select id, kind as "kind: Kind", set_id, path, sha256 as "sha256: [u8; 32]", size_bytes, state as "state: FileState"
        from items where id = $1 and kind = $2
        "#,
        id.0,
        kind.as_str()
    )
    .fetch_optional(db)
    .await
}

pub async fn settle_item(
    db: impl PgExecutor<'_>,
    id: ItemId,
    kind: Kind,
    state: FileState,
    (width, height): (Option<i32>, Option<i32>),
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update items set state = $3, width = $4, height = $5 where id = $1 and kind = $2 and state = 'pending'",
        id.0,
        kind.as_str(),
        state.as_str(),
        width,
        height
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub async fn set_file(
    db: impl PgExecutor<'_>,
    id: ItemId,
    kind: Kind,
    sha256: &[u8],
    size_bytes: i64,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update items set file_sha256 = $3, file_size_bytes = $4 where id = $1 and kind = $2 and state = 'pending'",
        id.0,
        kind.as_str(),
        sha256,
        size_bytes
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn count_down(tx: &mut PgConnection, set: SetId) -> sqlx::Result<i32> {
    sqlx::query_scalar!(
        "update sets set pending = pending - 1 where id = $1 returning pending",
        set.0
    )
    .fetch_one(tx)
    .await
}

pub async fn insert_renditions(
    tx: &mut PgConnection,
    item: &Item,
    renditions: &[Rendition],
    preset_sha256: impl Fn(&str) -> Vec<u8>,
) -> sqlx::Result<()> {
    let column = |of: fn(&Rendition) -> i32| renditions.iter().map(of).collect::<Vec<i32>>();
    let names: Vec<String> = renditions.iter().map(|rendition| rendition.preset.clone()).collect();
    let presets: Vec<Vec<u8>> = renditions
        .iter()
        .map(|rendition| preset_sha256(&rendition.preset))
        .collect();
    let formats: Vec<String> = renditions
        .iter()
        .map(|rendition| rendition.format.as_str().to_owned())
        .collect();
    let sizes: Vec<i64> = renditions
        .iter()
        .map(|rendition| rendition.bytes.len() as i64)
        .collect();
    let hashes: Vec<Vec<u8>> = renditions.iter().map(|rendition| rendition.sha256.to_vec()).collect();
    sqlx::query!(
        r#"
        insert into renditions (item_id, kind, preset, preset_sha256, format, width, height, size_bytes, sha256)
        select $1, $2, preset, preset_sha256, format, width, height, size_bytes, sha256
        from unnest($3::text[], $4::bytea[], $5::text[], $6::int4[], $7::int4[], $8::int8[], $9::bytea[])
            as rendition (preset, preset_sha256, format, width, height, size_bytes, sha256)
        on conflict (item_id, preset) do nothing
        "#,
        item.id.0,
        item.kind.as_str(),
        &names,
        &presets,
        &formats,
        &column(|rendition| rendition.width_px.cast_signed()),
        &column(|rendition| rendition.height_px.cast_signed()),
        &sizes,
        &hashes
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Locks a set and counts its items.
pub async fn lock_set(tx: &mut PgConnection, id: SetId) -> sqlx::Result<Option<SetProgress>> {
    let row = sqlx::query!(
        r#"select family_id, upload_id, state as "state: SetState", pending from sets where id = $1 for update"#,
        id.0
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let counts = sqlx::query!(
        r#"
        select count(*) filter (where state = 'ready') as "ready!", count(*) filter (where state = 'blocked') as "blocked!"
        from items where set_id = $1
        "#,
        id.0
    )
    .fetch_one(tx)
    .await?;
    Ok(Some(SetProgress {
        id,
        family_id: FamilyId(row.family_id),
        upload_id: UploadId(row.upload_id),
        state: row.state,
        pending: row.pending,
        items_ready: counts.ready,
        items_blocked: counts.blocked,
    }))
}

/// The set that an upload became.
pub async fn set_of_upload(db: impl PgExecutor<'_>, upload: UploadId) -> sqlx::Result<Option<SetId>> {
    sqlx::query_scalar!(r#"select id as "id: SetId" from sets where upload_id = $1"#, upload.0)
        .fetch_optional(db)
        .await
}

pub async fn publish_items(db: impl PgExecutor<'_>, set: SetId, except: &[Uuid]) -> sqlx::Result<i64> {
    let done = sqlx::query!(
        "update items set state = 'published', released_at = coalesce(released_at, now()) where set_id = $1 and state = 'ready' and id <> all($2)",
        set.0,
        except
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected().cast_signed())
}

/// Rejects the items of the set that are not published.
pub async fn reject_items(db: impl PgExecutor<'_>, set: SetId) -> sqlx::Result<i64> {
    let done = sqlx::query!(
        "update items set state = 'rejected' where set_id = $1 and state in ('pending', 'ready', 'blocked')",
        set.0
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected().cast_signed())
}

pub async fn publish_set(db: impl PgExecutor<'_>, set: SetId) -> sqlx::Result<()> {
    sqlx::query!(
        "update sets set state = 'published', published_at = coalesce(published_at, now()) where id = $1 and state <> 'delisted'",
        set.0
    )
    .execute(db)
    .await?;
    Ok(())
}

pub async fn reject_set(db: impl PgExecutor<'_>, set: SetId) -> sqlx::Result<()> {
    sqlx::query!("update sets set state = 'rejected' where id = $1", set.0)
        .execute(db)
        .await?;
    Ok(())
}

/// A family is in the catalogue as long as a set of it is.
pub async fn publish_family(db: impl PgExecutor<'_>, family: FamilyId) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update families set published_at = coalesce(published_at, now())
        where id = $1 and exists (select from sets where family_id = $1 and state = 'published')
        "#,
        family.0
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The files of a set by path, blocked ones first; at most `limit`.
pub async fn items_of_set(db: impl PgExecutor<'_>, set: SetId, limit: i64) -> sqlx::Result<Vec<SetItem>> {
    sqlx::query_as!(
        SetItem,
        r#"
        select item.id, path, title, state as "state: FileState", size_bytes,
            exists (select 1 from current_renditions where item_id = item.id) as "has_picture!"
        from items item where set_id = $1
        order by case state when 'blocked' then 0 else 1 end, path limit $2
        "#,
        set.0,
        limit
    )
    .fetch_all(db)
    .await
}

/// Licence of a set, for its case.
pub async fn licence(db: impl PgExecutor<'_>, set: SetId) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!("select licence from sets where id = $1", set.0)
        .fetch_optional(db)
        .await
}

/// Hash and size of a file of a set, for its case.
pub async fn stored_file(db: impl PgExecutor<'_>, set: SetId, item: ItemId) -> sqlx::Result<Option<([u8; 32], i64)>> {
    let row = sqlx::query!(
        r#"select sha256 as "sha256: [u8; 32]", size_bytes from items where set_id = $1 and id = $2"#,
        set.0,
        item.0
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| (row.sha256, row.size_bytes)))
}

/// The PNG of an item (of that set, where one is named) that is at least `width` px wide, or the widest: for a moderator,
/// whatever the item's state.
pub async fn picture(
    db: impl PgExecutor<'_>,
    set: Option<SetId>,
    item: ItemId,
    width: i32,
) -> sqlx::Result<Option<[u8; 32]>> {
    sqlx::query_scalar!(
        r#"
        select rendition.sha256 as "sha256!: [u8; 32]" from current_renditions rendition
        join items item on item.id = rendition.item_id and item.kind = rendition.kind
        where ($1::uuid is null or item.set_id = $1) and item.id = $2 and rendition.item_id = $2 and rendition.format = 'png'
        order by rendition.width < $3, abs(rendition.width - $3) limit 1
        "#,
        set.map(|set| set.0),
        item.0,
        width
    )
    .fetch_optional(db)
    .await
}

pub async fn is_public(db: impl PgExecutor<'_>, sha256: &[u8], format: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"
        select exists (
            select 1 from renditions rendition
            join items item on item.id = rendition.item_id and item.kind = rendition.kind
            where rendition.sha256 = $1 and rendition.format = $2 and item.state = 'published'
        ) or exists (
            select 1 from campaign_renditions rendition
            join items item on item.id = rendition.item_id and item.kind = rendition.kind
            join campaigns campaign on campaign.generation = rendition.generation
            where rendition.sha256 = $1 and rendition.format = $2 and item.state = 'published'
                and (campaign.state = 'swapped' or campaign.rolled_back_at > now() - interval '1 hour')
        ) or exists (
            select 1 from family_previews where sha256 = $1 and format = $2 and published
        ) as "public!"
        "#,
        sha256,
        format
    )
    .fetch_one(db)
    .await
}

/// Published items, and renditions.
pub async fn counts(db: impl PgExecutor<'_>) -> sqlx::Result<(i64, i64)> {
    let row = sqlx::query!(
        r#"
        select (select count(*) from items where state = 'published') as "items!", (select count(*) from renditions) as "renditions!"
        "#
    )
    .fetch_one(db)
    .await?;
    Ok((row.items, row.renditions))
}
