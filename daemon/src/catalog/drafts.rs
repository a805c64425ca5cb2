//! Turns a manifest into drafts of a family, a set and its items.

use std::collections::HashMap;

use sqlx::PgConnection;
use tradepost_common::ids::{FamilyId, ItemId, SetId};
use uuid::Uuid;

use super::service::{Draft, DraftItem, StoredFile};
use crate::uploads::Upload;
use tradepost_inspect::manifest::{Description, Manifest, Tag};

/// Creates the drafts of a pack. `None` when the family has a set of that name.
pub async fn create_draft(
    tx: &mut PgConnection,
    upload: &Upload,
    manifest: &Manifest,
    files: &HashMap<String, StoredFile>,
) -> anyhow::Result<Option<Draft>> {
    let family_id = insert_family(tx, upload, manifest).await?;
    let Some(set_id) = insert_set(tx, family_id, upload, manifest).await? else {
        return Ok(None);
    };
    let items = insert_items(tx, set_id, manifest, files).await?;
    Ok(Some(Draft {
        set_id,
        kind: manifest.kind,
        items,
    }))
}

async fn insert_family(tx: &mut PgConnection, upload: &Upload, manifest: &Manifest) -> sqlx::Result<FamilyId> {
    let family = &manifest.family;
    let id = sqlx::query_scalar!(
        r#"
        insert into families (id, account_id, slug, name, description) values ($1, $2, $3, $4, $5)
        on conflict on constraint families_slug_unique do update set slug = excluded.slug
        returning id
        "#,
        Uuid::now_v7(),
        upload.account_id.0,
        family.name.slug(),
        family.name.as_str(),
        family.description.as_ref().map(Description::as_str)
    )
    .fetch_one(tx)
    .await?;
    Ok(FamilyId(id))
}

async fn insert_set(
    tx: &mut PgConnection,
    family_id: FamilyId,
    upload: &Upload,
    manifest: &Manifest,
) -> sqlx::Result<Option<SetId>> {
    let (set, licence, price) = (&manifest.set, &manifest.licence, &manifest.price);
    let id = sqlx::query_scalar!(
        r#"
        insert into sets (id, family_id, upload_id, slug, name, description, kind, licence, attribution, source,
            price_minor, currency, tags, files, pending)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14)
        on conflict do nothing
        returning id
        "#,
        Uuid::now_v7(),
        family_id.0,
        upload.id.0,
        set.name.slug(),
        set.name.as_str(),
        set.description.as_ref().map(Description::as_str),
        manifest.kind.as_str(),
        licence.id.as_str(),
        licence.attribution.as_ref().map(Description::as_str),
        licence.source.as_ref().map(Description::as_str),
        price.amount_minor,
        price.currency.as_str(),
        &texts(&manifest.tags),
        i32::try_from(manifest.files.len()).expect("a manifest lists at most 65,000 files")
    )
    .fetch_optional(tx)
    .await?;
    Ok(id.map(SetId))
}

async fn insert_items(
    tx: &mut PgConnection,
    set_id: SetId,
    manifest: &Manifest,
    files: &HashMap<String, StoredFile>,
) -> anyhow::Result<Vec<DraftItem>> {
    let mut columns = Columns::default();
    for file in &manifest.files {
        let path = file.path.as_str();
        let stored = files
            .get(path)
            .ok_or_else(|| anyhow::anyhow!("the jail did not send {path:?}"))?;
        columns.ids.push(Uuid::now_v7());
        columns.paths.push(path.to_owned());
        columns.titles.push(file.title.as_str().to_owned());
        let mut tags = texts(&manifest.tags);
        tags.extend(
            texts(&file.tags)
                .into_iter()
                .filter(|tag| !manifest.tags.iter().any(|other| other.as_str() == tag)),
        );
        // Arrays of arrays must be rectangular in PostgreSQL; an array of JSON arrays need not be.
        columns.tags.push(serde_json::json!(tags));
        columns.sha256s.push(stored.sha256.to_vec());
        columns.sizes.push(i64::try_from(stored.size_bytes)?);
    }
    sqlx::query!(
        r#"
        insert into items (id, kind, set_id, path, title, tags, sha256, size_bytes)
        select id, $1, $2, path, title, array(select jsonb_array_elements_text(tags)), sha256, size_bytes
        from unnest($3::uuid[], $4::text[], $5::text[], $6::jsonb[], $7::bytea[], $8::int8[])
            as item (id, path, title, tags, sha256, size_bytes)
        "#,
        manifest.kind.as_str(),
        set_id.0,
        &columns.ids,
        &columns.paths,
        &columns.titles,
        &columns.tags,
        &columns.sha256s,
        &columns.sizes
    )
    .execute(tx)
    .await?;
    let items = columns.ids.into_iter().zip(columns.paths).zip(columns.sizes);
    let item = |((id, path), size_bytes): ((Uuid, String), i64)| DraftItem {
        id: ItemId(id),
        path,
        size_bytes: size_bytes.cast_unsigned(),
    };
    Ok(items.map(item).collect())
}

#[derive(Default)]
struct Columns {
    ids: Vec<Uuid>,
    paths: Vec<String>,
    titles: Vec<String>,
    tags: Vec<serde_json::Value>,
    sha256s: Vec<Vec<u8>>,
    sizes: Vec<i64>,
}

fn texts(tags: &[Tag]) -> Vec<String> {
    tags.iter().map(|tag| tag.as_str().to_owned()).collect()
}
