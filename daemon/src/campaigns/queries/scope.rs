//! Statements of the plan.

use sqlx::{PgConnection, PgExecutor};
use tradepost_common::campaigns::Basis;
use tradepost_common::ids::OperationId;
use uuid::Uuid;

/// The items that a plan looks for.
pub(in crate::campaigns) struct Wanted<'a> {
    pub kinds: Option<&'a [String]>,
    pub family: Option<Uuid>,
    pub account: Option<Uuid>,
    pub only_stale: bool,
    pub presets: &'a [String],
    pub hashes: &'a [Vec<u8>],
}

/// The result of one step of a plan.
pub(in crate::campaigns) struct Looked {
    /// The last item it has looked at; none when there are no more.
    pub last: Option<Uuid>,
    pub kept: i64,
}

/// Looks at the items after `above` and keeps those that are wanted, at most `room`.
pub(in crate::campaigns) async fn plan_items(
    tx: &mut PgConnection,
    id: OperationId,
    wanted: &Wanted<'_>,
    above: Uuid,
    first: i64,
    (limit, room): (i64, i64),
) -> sqlx::Result<Looked> {
    let row = sqlx::query!(
        r#"
        with looked as materialized (
            select id, kind, set_id, state, coalesce(file_sha256, sha256) as source_sha256 from items where id > $2 order by id limit $3
        ), chosen as (
            select id, kind, source_sha256 from looked item
            where state in ('ready', 'published') and ($4::text[] is null or kind = any($4))
                and ($5::uuid is null or exists (select 1 from sets where sets.id = item.set_id and sets.family_id = $5))
                and ($6::uuid is null or exists (
                    select 1 from sets join families on families.id = sets.family_id
                    where sets.id = item.set_id and families.account_id = $6))
                and (not $7 or exists (
                    select 1 from unnest($8::text[], $9::bytea[]) as preset (name, sha256) where not exists (
                        select 1 from current_renditions rendition
                        where rendition.item_id = item.id and rendition.preset = preset.name
                            and rendition.preset_sha256 = preset.sha256)))
            order by id limit $10
        ), kept as (
            insert into campaign_items (campaign_id, position, item_id, kind, source_sha256)
            select $1, ($11 + row_number() over (order by id) - 1)::int4, id, kind, source_sha256 from chosen
            returning 1
        )
        select (select id from looked order by id desc limit 1) as last, (select count(*) from kept) as "kept!"
        "#,
        id.0,
        above,
        limit,
        wanted.kinds,
        wanted.family,
        wanted.account,
        wanted.only_stale,
        wanted.presets,
        wanted.hashes,
        room,
        first
    )
    .fetch_one(tx)
    .await?;
    Ok(Looked {
        last: row.last,
        kept: row.kept,
    })
}

/// Notes the last item that a plan has read. The caller has it locked.
pub(in crate::campaigns) async fn set_planned_to(
    tx: &mut PgConnection,
    id: OperationId,
    planned_to: Uuid,
) -> sqlx::Result<()> {
    sqlx::query!("update campaigns set planned_to = $2 where id = $1", id.0, planned_to)
        .execute(tx)
        .await?;
    Ok(())
}

/// Makes some items the canary: `count` of `items`, evenly spread over the plan.
pub(in crate::campaigns) async fn mark_canary(
    tx: &mut PgConnection,
    id: OperationId,
    count: i64,
    items: i64,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update campaign_items set canary = true
        where campaign_id = $1 and position in (select (number * $3::int8 / $2::int8)::int4 from generate_series(0::int8, $2::int8 - 1) as number)
        "#,
        id.0,
        count,
        items
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The mean size of what is shown now of an item in all the presets, from some items of the plan, in bytes.
pub(in crate::campaigns) async fn mean_bytes(
    tx: &mut PgConnection,
    id: OperationId,
    presets: &[String],
) -> sqlx::Result<Option<f64>> {
    sqlx::query_scalar!(
        r#"
        select avg(size)::float8 from (
            select sum(rendition.size_bytes) as size from campaign_items item
            join current_renditions rendition on rendition.item_id = item.item_id and rendition.preset = any($2)
            where item.campaign_id = $1 and item.position < 200 group by item.item_id) sizes
        "#,
        id.0,
        presets
    )
    .fetch_one(tx)
    .await
}

/// Notes what one item takes, as far as is known before one was drawn. The caller has it locked.
pub(in crate::campaigns) async fn set_expectation(
    tx: &mut PgConnection,
    id: OperationId,
    (cpu_seconds, bytes): (f64, f64),
    basis: Basis,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update campaigns set item_cpu_seconds = $2, item_bytes = $3, basis = $4 where id = $1",
        id.0,
        cpu_seconds,
        bytes,
        basis.as_str()
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// A family by its id, or by `account/slug`.
pub(in crate::campaigns) async fn family(db: impl PgExecutor<'_>, name: &str) -> sqlx::Result<Option<Uuid>> {
    let (account, slug) = name.split_once('/').unwrap_or_default();
    sqlx::query_scalar!(
        r#"
        select families.id from families join accounts on accounts.id = families.account_id
        where families.id = $1 or (accounts.name = $2 and families.slug = $3)
        "#,
        name.parse::<Uuid>().ok(),
        account,
        slug
    )
    .fetch_optional(db)
    .await
}

/// An account by its name.
pub(in crate::campaigns) async fn account(db: impl PgExecutor<'_>, name: &str) -> sqlx::Result<Option<Uuid>> {
    sqlx::query_scalar!("select id from accounts where name = $1", name)
        .fetch_optional(db)
        .await
}
