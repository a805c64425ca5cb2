pub mod sheets;

use std::collections::HashSet;

use sqlx::{PgConnection, PgExecutor};
use tradepost_common::catalog::{FileState, SetState};
use tradepost_common::ids::{FamilyId, ItemId, SetId, UploadId};
use uuid::Uuid;

use super::service::{Item, SetItem, SetProgress, Settled};
use tradepost_common::catalog::Kind;
use tradepost_jail::Rendition;

/// The items that a message is about, by their ids.
pub async fn find_items(db: impl PgExecutor<'_>, ids: &[ItemId], kind: Kind) -> sqlx::Result<Vec<Item>> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    sqlx::query_as!(
        Item,
        r#"
        select id, kind as "kind: Kind", set_id, path, sha256 as "sha256: [u8; 32]", size_bytes, state as "state: FileState"
        from items where id = any($1) and kind = $2 order by id
        "#,
        &ids,
        kind.as_str()
    )
    .fetch_all(db)
    .await
}

/// Settles those items that are pending. Answers with their ids.
pub async fn settle_items(db: impl PgExecutor<'_>, kind: Kind, items: &[Settled<'_>]) -> sqlx::Result<HashSet<Uuid>> {
    fn column<'a, T>(items: &'a [Settled<'a>], of: impl Fn(&'a Settled<'a>) -> T) -> Vec<T> {
        items.iter().map(of).collect()
    }
    let pixels = |side: f32| (side.is_finite() && side < 1e9).then(|| side.round().max(1.0) as i32);
    let settled = sqlx::query_scalar!(
        r#"
        update items item set state = new.state, width = new.width, height = new.height, file_sha256 = new.file_sha256,
            file_size_bytes = new.file_size_bytes
        from unnest($2::uuid[], $3::text[], $4::int4[], $5::int4[], $6::bytea[], $7::int8[])
            as new (id, state, width, height, file_sha256, file_size_bytes)
        where item.id = new.id and item.kind = $1 and item.state = 'pending'
        returning item.id
        "#,
        kind.as_str(),
        &column(items, |settled| settled.item.id.0),
        &column(items, |settled| settled.state.as_str().to_owned()),
        &column(items, |settled| settled
            .natural_size
            .and_then(|(width, _)| pixels(width))) as &[Option<i32>],
        &column(items, |settled| settled
            .natural_size
            .and_then(|(_, height)| pixels(height))) as &[Option<i32>],
        &column(items, |settled| settled.file.as_ref().map(|file| file.sha256.to_vec())) as &[Option<Vec<u8>>],
        &column(items, |settled| settled
            .file
            .as_ref()
            .map(|file| file.size_bytes.cast_signed())) as &[Option<i64>]
    )
    .fetch_all(db)
    .await?;
    Ok(settled.into_iter().collect())
}

pub async fn count_down(tx: &mut PgConnection, set: SetId, settled: i32) -> sqlx::Result<i32> {
    sqlx::query_scalar!(
        "update sets set pending = pending - $2 where id = $1 returning pending",
        set.0,
        settled
    )
    .fetch_one(tx)
    .await
}

/// Inserts the renditions of items. `preset_sha256` is the hash of a preset by its name.
pub async fn insert_renditions(
    tx: &mut PgConnection,
    kind: Kind,
    renditions: &[(ItemId, &Rendition)],
    preset_sha256: impl Fn(&str) -> Vec<u8>,
) -> sqlx::Result<()> {
    fn column<'a, T>(renditions: &[(ItemId, &'a Rendition)], of: impl Fn(&'a Rendition) -> T) -> Vec<T> {
        renditions.iter().map(|(_, rendition)| of(rendition)).collect()
    }
    let items: Vec<_> = renditions.iter().map(|(item, _)| item.0).collect();
    sqlx::query!(
        r#"
        insert into renditions (item_id, kind, preset, preset_sha256, format, width, height, size_bytes, sha256)
        select item_id, $1, preset, preset_sha256, format, width, height, size_bytes, sha256
        from unnest($2::uuid[], $3::text[], $4::bytea[], $5::text[], $6::int4[], $7::int4[], $8::int8[], $9::bytea[])
            as rendition (item_id, preset, preset_sha256, format, width, height, size_bytes, sha256)
        on conflict (item_id, preset) do nothing
        "#,
        kind.as_str(),
        &items,
        &column(renditions, |rendition| rendition.preset.clone()),
        &column(renditions, |rendition| preset_sha256(&rendition.preset)),
        &column(renditions, |rendition| rendition.format.as_str().to_owned()),
        &column(renditions, |rendition| rendition.width_px.cast_signed()),
        &column(renditions, |rendition| rendition.height_px.cast_signed()),
        &column(renditions, |rendition| rendition.bytes.len() as i64),
        &column(renditions, |rendition| rendition.sha256.to_vec())
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
