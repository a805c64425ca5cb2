use std::collections::HashSet;

use sqlx::{PgConnection, PgExecutor, PgPool};
use tradepost_common::catalog::{FileState, Kind};
use tradepost_common::ids::UploadId;
use tradepost_common::review::{LookAlike, Relation};
use uuid::Uuid;

use super::{Match, Prints};
use crate::catalog::service::Item;

/// Keeps what files of a kind are recognised by, in the transaction that settles them. Without prints only the bytes are. Idempotent.
pub async fn record(
    tx: &mut PgConnection,
    upload: UploadId,
    kind: Kind,
    files: &[(&Item, Option<Prints>)],
) -> sqlx::Result<()> {
    fn column<T>(files: &[(&Item, Option<Prints>)], of: impl Fn(&Prints) -> T) -> Vec<Option<T>> {
        files.iter().map(|(_, prints)| prints.as_ref().map(&of)).collect()
    }
    let ids: Vec<_> = files.iter().map(|(item, _)| item.id.0).collect();
    let hashes: Vec<_> = files.iter().map(|(item, _)| item.sha256.to_vec()).collect();
    let geometry: Vec<_> = column(files, |prints| prints.geometry.map(|geometry| geometry.to_vec()));
    let geometry: Vec<_> = geometry.into_iter().map(Option::flatten).collect();
    // Arrays of arrays must be rectangular in PostgreSQL; an array of JSON arrays need not be.
    let facets: Vec<_> = files
        .iter()
        .map(|(_, prints)| serde_json::json!(prints.as_ref().map(Prints::facets).unwrap_or_default()))
        .collect();
    sqlx::query!(
        r#"
        insert into item_prints (item_id, kind, upload_id, account_id, sha256, geometry, look, plain, facets)
        select item_id, $2, upload.id, upload.account_id, print.sha256, geometry, look, coalesce(plain, false),
            array(select jsonb_array_elements_text(facets))
        from uploads upload, unnest($3::uuid[], $4::bytea[], $5::bytea[], $6::int8[], $7::bool[], $8::jsonb[])
            as print (item_id, sha256, geometry, look, plain, facets)
        where upload.id = $1
        on conflict (item_id) do nothing
        "#,
        upload.0,
        kind.as_str(),
        &ids,
        &hashes,
        &geometry as &[Option<Vec<u8>>],
        &column(files, |prints| prints.look.cast_signed()) as &[Option<i64>],
        &column(files, |prints| prints.plain) as &[Option<bool>],
        &facets
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub async fn same_bytes(db: impl PgExecutor<'_>, upload: UploadId, most: i64) -> sqlx::Result<Vec<Match>> {
    sqlx::query_as!(
        Match,
        r#"
        select mine.item_id as item, item.path, other.item_id as "other!", other.upload_id as "other_upload!",
            'exact' as "relation!: Relation", 0 as "distance!",
            other.account_id = mine.account_id as "same_contributor!"
        from item_prints mine join items item on item.id = mine.item_id and item.kind = mine.kind
        cross join lateral (
            select print.item_id, print.upload_id, print.account_id from item_prints print
            join items known on known.id = print.item_id and known.kind = print.kind
            where print.sha256 = mine.sha256 and print.upload_id <> mine.upload_id and known.state <> 'rejected'
            order by print.account_id = mine.account_id, print.item_id limit $2
        ) other
        where mine.upload_id = $1
        "#,
        upload.0,
        most
    )
    .fetch_all(db)
    .await
}

pub async fn same_geometry(db: impl PgExecutor<'_>, upload: UploadId, most: i64) -> sqlx::Result<Vec<Match>> {
    sqlx::query_as!(
        Match,
        r#"
        select mine.item_id as item, item.path, other.item_id as "other!", other.upload_id as "other_upload!",
            'geometry' as "relation!: Relation", 0 as "distance!",
            other.account_id = mine.account_id as "same_contributor!"
        from item_prints mine join items item on item.id = mine.item_id and item.kind = mine.kind
        cross join lateral (
            select print.item_id, print.upload_id, print.account_id from item_prints print
            join items known on known.id = print.item_id and known.kind = print.kind
            where print.geometry = mine.geometry and not print.plain and print.upload_id <> mine.upload_id
                and known.state <> 'rejected'
            order by print.account_id = mine.account_id, print.item_id limit $2
        ) other
        where mine.upload_id = $1 and mine.geometry is not null and not mine.plain
        "#,
        upload.0,
        most
    )
    .fetch_all(db)
    .await
}

/// Finds the closest files that look alike, at most `most`: a picture that everybody draws has too many.
pub async fn alike(db: impl PgExecutor<'_>, upload: UploadId, radius: i32, most: i64) -> sqlx::Result<Vec<Match>> {
    sqlx::query_as!(
        Match,
        r#"
        select mine.item_id as item, item.path, other.item_id as "other!", other.upload_id as "other_upload!",
            'look' as "relation!: Relation",
            other.distance as "distance!", other.account_id = mine.account_id as "same_contributor!"
        from item_prints mine join items item on item.id = mine.item_id and item.kind = mine.kind
        cross join lateral (
            select print.item_id, print.upload_id, print.account_id, near.distance
            from prints_like(mine.look, $2, 2000) near join item_prints print on print.item_id = near.item_id
            join items known on known.id = print.item_id and known.kind = print.kind
            where print.upload_id <> mine.upload_id and known.state <> 'rejected'
            order by near.distance, print.account_id = mine.account_id, print.item_id limit $3
        ) other
        where mine.upload_id = $1 and mine.look is not null and not mine.plain
        "#,
        upload.0,
        radius,
        most
    )
    .fetch_all(db)
    .await
}

/// Answers with the pairs that were not known.
pub async fn insert_matches(
    db: impl PgExecutor<'_>,
    upload: UploadId,
    matches: &[Match],
) -> sqlx::Result<HashSet<(Uuid, Uuid)>> {
    let items: Vec<_> = matches.iter().map(|one| one.item.0).collect();
    let others: Vec<_> = matches.iter().map(|one| one.other.0).collect();
    let uploads: Vec<_> = matches.iter().map(|one| one.other_upload.0).collect();
    let relations: Vec<_> = matches.iter().map(|one| one.relation.as_str().to_owned()).collect();
    let distances: Vec<_> = matches.iter().map(|one| one.distance).collect();
    let rows = sqlx::query!(
        r#"
        insert into item_matches (item_id, other_id, upload_id, other_upload_id, relation, distance)
        select item_id, other_id, $1, other_upload_id, relation, distance::smallint
        from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::int4[])
            as found (item_id, other_id, other_upload_id, relation, distance)
        on conflict (item_id, other_id) do nothing
        returning item_id, other_id
        "#,
        upload.0,
        &items,
        &others,
        &uploads,
        &relations,
        &distances
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.item_id, row.other_id)).collect())
}

pub async fn look_up(db: impl PgExecutor<'_>, look: i64, radius: i32, most: i32) -> sqlx::Result<Vec<(Uuid, i32)>> {
    let rows = sqlx::query!(
        r#"select item_id as "item_id!", distance as "distance!" from prints_like($1, $2, $3)"#,
        look,
        radius,
        most
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.item_id, row.distance)).collect())
}

/// Items with the same outlines as one, or that look like it, with the bits that differ; the closest first.
pub async fn similar(db: impl PgExecutor<'_>, item: Uuid, radius: i32, most: i64) -> sqlx::Result<Vec<(Uuid, i32)>> {
    let rows = sqlx::query!(
        r#"
        select other.item_id as "item_id!", min(other.distance) as "distance!" from item_prints mine cross join lateral (
            (select item_id, 0 as distance from item_prints print
                where print.geometry = mine.geometry and not print.plain and not mine.plain limit $3::int8)
            union all
            select item_id, distance from prints_like(mine.look, $2, ($3::int8)::int4) where mine.look is not null
        ) other
        where mine.item_id = $1 and other.item_id <> $1
        group by other.item_id order by min(other.distance), other.item_id limit $3::int8
        "#,
        item,
        radius,
        most
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.item_id, row.distance)).collect())
}

/// Items with these outlines, or that look like this, with the bits that differ; the closest first.
pub async fn similar_to(
    db: impl PgExecutor<'_>,
    prints: &Prints,
    radius: i32,
    most: i64,
) -> sqlx::Result<Vec<(Uuid, i32)>> {
    let geometry = prints
        .geometry
        .filter(|_| !prints.plain)
        .map(|geometry| geometry.to_vec());
    let rows = sqlx::query!(
        r#"
        select other.item_id as "item_id!", min(other.distance) as "distance!" from (
            (select item_id, 0 as distance from item_prints print where print.geometry = $1 and not print.plain limit $4::int8)
            union all
            select item_id, distance from prints_like($2, $3, ($4::int8)::int4)
        ) other
        group by other.item_id order by min(other.distance), other.item_id limit $4::int8
        "#,
        geometry,
        prints.look.cast_signed(),
        radius,
        most
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.item_id, row.distance)).collect())
}

pub async fn look_alikes(db: impl PgExecutor<'_>, upload: UploadId, most: i64) -> sqlx::Result<Vec<LookAlike>> {
    sqlx::query_as!(
        LookAlike,
        r#"
        with pairs as (
            select item_id, other_id, relation, distance from item_matches where upload_id = $1
            union
            select other_id, item_id, relation, distance from item_matches where other_upload_id = $1
        )
        select mine.id as "item!", mine.path as "path!", pairs.relation as "relation!: Relation", pairs.distance::int4 as "distance!",
            other.id as "other!", other.path as "other_path!", family.name || ' / ' || set_.name as "other_title!",
            account.name as "other_contributor!", other.state as "other_state!: FileState",
            my_print.account_id = print.account_id as "same_contributor!", mine.created_at as "since!",
            other.created_at as "other_since!"
        from pairs
        join item_prints my_print on my_print.item_id = pairs.item_id
        join items mine on mine.id = my_print.item_id and mine.kind = my_print.kind
        join item_prints print on print.item_id = pairs.other_id
        join items other on other.id = print.item_id and other.kind = print.kind
        join sets set_ on set_.id = other.set_id join families family on family.id = set_.family_id
        join accounts account on account.id = print.account_id
        order by my_print.account_id = print.account_id,
            case pairs.relation when 'exact' then 0 when 'geometry' then 1 else 2 end, pairs.distance, mine.path, other.id
        limit $2
        "#,
        upload.0,
        most
    )
    .fetch_all(db)
    .await
}

/// Puts the open case of an upload into one group with those of the files it is like. Answers with the group, when there is one.
/// Needs the column `cases.cluster_id`.
pub async fn cluster(tx: &mut PgConnection, upload: UploadId) -> sqlx::Result<Option<Uuid>> {
    sqlx::query_scalar!("select cluster_cases($1)", upload.0)
        .fetch_one(tx)
        .await
}

/// A file whose colours are to be taken.
pub struct Colourless {
    pub item_id: Uuid,
    pub path: String,
    pub sha256: [u8; 32],
}

/// The next file without colours; it is not due again for an hour. Blocked files are not drawn.
pub async fn next_colourless(db: &PgPool) -> sqlx::Result<Option<Colourless>> {
    sqlx::query_as!(
        Colourless,
        r#"
        update item_prints print set colours_due_at = now() + interval '1 hour' from items item
        where item.id = print.item_id and item.kind = print.kind and print.item_id = (
            select due.item_id from item_prints due join items known on known.id = due.item_id and known.kind = due.kind
            where due.colours_due_at <= now() and due.facets = '{}' and due.look is not null and known.state <> 'blocked'
            order by due.colours_due_at limit 1)
        returning print.item_id, item.path, item.sha256 as "sha256: [u8; 32]"
        "#
    )
    .fetch_optional(db)
    .await
}

/// Keeps the colours of a file, and tells the catalogue.
pub async fn set_colours(db: &PgPool, item: Uuid, facets: &[String]) -> sqlx::Result<()> {
    let mut tx = db.begin().await?;
    sqlx::query!(
        "update item_prints set facets = $2, colours_due_at = null where item_id = $1",
        item,
        facets
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!("select refresh_items(array[$1::uuid])", item)
        .execute(&mut *tx)
        .await?;
    tx.commit().await
}
