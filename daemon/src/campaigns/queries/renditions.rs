//! Statements about `campaign_renditions` and `campaign_samples`.

use sqlx::{PgConnection, PgPool};
use tradepost_common::campaigns::Sample;
use tradepost_common::ids::{ItemId, OperationId};
use uuid::Uuid;

/// A picture that a campaign has drawn.
#[derive(Debug, Clone)]
pub(in crate::campaigns) struct Drawn {
    pub item_id: Uuid,
    pub kind: String,
    pub preset: String,
    pub preset_sha256: Vec<u8>,
    pub format: &'static str,
    pub width: i32,
    pub height: i32,
    pub size_bytes: i64,
    pub sha256: [u8; 32],
}

/// Files pictures under a generation. Answers with the number of new ones.
pub(in crate::campaigns) async fn insert_renditions(
    tx: &mut PgConnection,
    generation: i64,
    drawn: &[&Drawn],
) -> sqlx::Result<u64> {
    fn column<T>(drawn: &[&Drawn], of: impl Fn(&Drawn) -> T) -> Vec<T> {
        drawn.iter().map(|one| of(one)).collect()
    }
    let done = sqlx::query!(
        r#"
        insert into campaign_renditions (generation, item_id, kind, preset, preset_sha256, format, width, height, size_bytes, sha256)
        select $1, * from unnest($2::uuid[], $3::text[], $4::text[], $5::bytea[], $6::text[], $7::int4[], $8::int4[], $9::int8[], $10::bytea[])
        on conflict (item_id, preset, generation) do nothing
        "#,
        generation,
        &column(drawn, |one| one.item_id),
        &column(drawn, |one| one.kind.clone()),
        &column(drawn, |one| one.preset.clone()),
        &column(drawn, |one| one.preset_sha256.clone()),
        &column(drawn, |one| one.format.to_owned()),
        &column(drawn, |one| one.width),
        &column(drawn, |one| one.height),
        &column(drawn, |one| one.size_bytes),
        &column(drawn, |one| one.sha256.to_vec())
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected())
}

/// Bytes of what is shown now of some items in some presets.
pub(in crate::campaigns) async fn shown_bytes(
    tx: &mut PgConnection,
    items: &[Uuid],
    presets: &[String],
) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"
        select coalesce(sum(size_bytes), 0)::int8 as "bytes!" from current_renditions where item_id = any($1) and preset = any($2)
        "#,
        items,
        presets
    )
    .fetch_one(tx)
    .await
}

/// A picture that is shown now.
#[derive(Debug, Clone)]
pub(in crate::campaigns) struct Shown {
    pub item_id: Uuid,
    pub preset: String,
    pub format: String,
    pub size_bytes: i64,
    pub sha256: Vec<u8>,
}

/// The pictures that are shown now of some items in some presets.
pub(in crate::campaigns) async fn shown(db: &PgPool, items: &[Uuid], presets: &[String]) -> sqlx::Result<Vec<Shown>> {
    sqlx::query_as!(
        Shown,
        r#"
        select item_id as "item_id!", preset as "preset!", format as "format!", size_bytes as "size_bytes!", sha256 as "sha256!"
        from current_renditions where item_id = any($1) and preset = any($2)
        "#,
        items,
        presets
    )
    .fetch_all(db)
    .await
}

/// The likeness of two pictures.
#[derive(Debug, Clone, Copy)]
pub(in crate::campaigns) struct Likeness {
    pub psnr_db: f64,
    pub max_difference: i32,
    pub differing: f64,
}

/// Keeps one picture of the canary beside what is shown.
pub(in crate::campaigns) async fn insert_sample(
    tx: &mut PgConnection,
    id: OperationId,
    new: &Drawn,
    old: Option<&Shown>,
    likeness: Option<Likeness>,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into campaign_samples (campaign_id, item_id, preset, format, width, height, new_sha256, new_bytes, old_sha256, old_format,
            old_bytes, psnr_db, max_difference, differing)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) on conflict do nothing
        "#,
        id.0,
        new.item_id,
        new.preset,
        new.format,
        new.width,
        new.height,
        new.sha256.as_slice(),
        new.size_bytes,
        old.map(|old| old.sha256.as_slice()),
        old.map(|old| old.format.as_str()),
        old.map(|old| old.size_bytes),
        likeness.map(|likeness| likeness.psnr_db),
        likeness.map(|likeness| likeness.max_difference),
        likeness.map(|likeness| likeness.differing)
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The samples of a campaign, the worst first: those with nothing to be compared to, then by PSNR.
pub(in crate::campaigns) async fn samples(
    db: &PgPool,
    id: OperationId,
    skip: i64,
    limit: i64,
) -> sqlx::Result<Vec<Sample>> {
    let rows = sqlx::query!(
        r#"
        select sample.item_id, sample.preset, sample.format, sample.width, sample.height, sample.new_bytes, sample.old_bytes,
            sample.psnr_db, sample.max_difference, sample.differing, item.title, item.path, item.kind
        from campaign_samples sample join items item on item.id = sample.item_id
        where sample.campaign_id = $1
        order by sample.psnr_db nulls first, sample.item_id, sample.preset offset $2 limit $3
        "#,
        id.0,
        skip,
        limit
    )
    .fetch_all(db)
    .await?;
    let told = rows.into_iter().map(|row| Sample {
        item: ItemId(row.item_id),
        title: row.title,
        path: row.path,
        kind: row.kind,
        preset: row.preset,
        format: row.format,
        width: row.width,
        height: row.height,
        psnr_db: row.psnr_db,
        max_difference: row.max_difference,
        differing: row.differing,
        old_bytes: row.old_bytes,
        new_bytes: row.new_bytes,
    });
    Ok(told.collect())
}

/// The pictures of one sample, by hash and format.
#[derive(Debug)]
pub(in crate::campaigns) struct SamplePictures {
    pub new_sha256: Vec<u8>,
    pub format: String,
    pub old_sha256: Option<Vec<u8>>,
    pub old_format: Option<String>,
}

pub(in crate::campaigns) async fn sample(
    db: &PgPool,
    id: OperationId,
    item: ItemId,
    preset: &str,
) -> sqlx::Result<Option<SamplePictures>> {
    sqlx::query_as!(
        SamplePictures,
        r#"
        select new_sha256, format, old_sha256, old_format from campaign_samples
        where campaign_id = $1 and item_id = $2 and preset = $3
        "#,
        id.0,
        item.0,
        preset
    )
    .fetch_optional(db)
    .await
}

/// The worst PSNR of the canary, in dB. `None`: there is no sample, or one with nothing to be compared to.
pub(in crate::campaigns) async fn worst_psnr_db(db: &PgPool, id: OperationId) -> sqlx::Result<Option<f64>> {
    let row = sqlx::query!(
        r#"
        select min(psnr_db) as worst, count(*) filter (where psnr_db is null) as "unknown!" from campaign_samples where campaign_id = $1
        "#,
        id.0
    )
    .fetch_one(db)
    .await?;
    Ok(row.worst.filter(|_| row.unknown == 0))
}
