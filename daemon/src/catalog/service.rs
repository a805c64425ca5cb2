//! Creates drafts, settles items, publishes and rejects sets.

use std::collections::HashMap;

use sqlx::{PgConnection, PgPool};
use tradepost_common::catalog::{FileState, SetState};
use tradepost_common::ids::{FamilyId, ItemId, SetId, UploadId};

pub use super::drafts::create_draft;
pub use super::queries::sheets::{delete_sheet, publish_sheet, sheet_candidates, sheet_items};
use super::queries::{self, sheets};
pub use super::queries::{
    count_down, counts, find_items, items_of_set, licence, lock_set, picture, set_of_upload, settle_items, stored_file,
};
use tradepost_common::catalog::Kind;
use tradepost_jail::Rendition;
use tradepost_render::presets::{Format, Preset};

/// A file of a pack in the store.
#[derive(Debug, Clone)]
pub struct StoredFile {
    pub sha256: [u8; 32],
    pub size_bytes: u64,
}

/// The drafts of one pack.
#[derive(Debug)]
pub struct Draft {
    pub set_id: SetId,
    pub kind: Kind,
    pub items: Vec<DraftItem>,
}

#[derive(Debug)]
pub struct DraftItem {
    pub id: ItemId,
    pub path: String,
    pub size_bytes: u64,
}

/// An item as the jobs see it.
#[derive(Debug)]
pub struct Item {
    pub id: ItemId,
    pub kind: Kind,
    pub set_id: SetId,
    pub path: String,
    pub sha256: [u8; 32],
    pub size_bytes: i64,
    pub state: FileState,
}

/// The end of an item's way through the pipeline.
#[derive(Debug)]
pub struct Settled<'a> {
    pub item: &'a Item,
    /// Ready or blocked.
    pub state: FileState,
    pub natural_size: Option<(f32, f32)>,
    /// The bytes that may be published.
    pub file: Option<StoredFile>,
}

/// Stores the renditions of items of a kind. Rendering them again replaces nothing: the bytes are the same.
pub async fn insert_renditions(
    tx: &mut PgConnection,
    kind: Kind,
    presets: &[Preset],
    renditions: &[(ItemId, &Rendition)],
) -> sqlx::Result<()> {
    let hashes: HashMap<&str, Vec<u8>> = presets.iter().map(|p| (p.name.as_str(), p.hash().to_vec())).collect();
    queries::insert_renditions(tx, kind, renditions, |name| {
        hashes.get(name).cloned().unwrap_or_default()
    })
    .await
}

/// A set and its counts, locked until the caller's transaction ends.
#[derive(Debug)]
pub struct SetProgress {
    pub id: SetId,
    pub family_id: FamilyId,
    pub upload_id: UploadId,
    pub state: SetState,
    pub pending: i32,
    pub items_ready: i64,
    pub items_blocked: i64,
}

/// Publishes the ready items of a set but those in `except`; the others are rejected. Answers with (published, rejected).
pub async fn publish_set(tx: &mut PgConnection, set: &SetProgress, except: &[ItemId]) -> sqlx::Result<(i64, i64)> {
    let except: Vec<_> = except.iter().map(|id| id.0).collect();
    let published = queries::publish_items(&mut *tx, set.id, &except).await?;
    let rejected = queries::reject_items(&mut *tx, set.id).await?;
    queries::publish_set(&mut *tx, set.id).await?;
    queries::publish_family(&mut *tx, set.family_id).await?;
    Ok((published, rejected))
}

/// Rejects a set and all its items. Answers with how many.
pub async fn reject_set(tx: &mut PgConnection, set: &SetProgress) -> sqlx::Result<i64> {
    queries::reject_set(&mut *tx, set.id).await?;
    delete_sheet(&mut *tx, set.id).await?;
    queries::reject_items(tx, set.id).await
}

/// An item that may be on a contact sheet, and its tile.
#[derive(Debug, Clone)]
pub struct Tile {
    pub item_id: ItemId,
    pub sha256: [u8; 32],
}

/// The PNG renditions of the given items in the given preset, in the order of `items`.
pub async fn tiles(db: &PgPool, items: &[ItemId], preset: &str) -> sqlx::Result<Vec<Tile>> {
    let tiles = sheets::tiles(db, items, preset).await?;
    Ok(items
        .iter()
        .filter_map(|id| tiles.iter().find(|tile| tile.item_id == *id).cloned())
        .collect())
}

/// A contact sheet to be stored.
#[derive(Debug)]
pub struct Sheet<'a> {
    pub set: &'a SetProgress,
    pub seed: u64,
    pub items: &'a [ItemId],
    pub renditions: &'a [Rendition],
}

/// Stores the contact sheet of a set in place of the one it had.
pub async fn insert_sheet(tx: &mut PgConnection, sheet: &Sheet<'_>) -> sqlx::Result<()> {
    delete_sheet(&mut *tx, sheet.set.id).await?;
    for rendition in sheet.renditions {
        sheets::insert_preview(&mut *tx, sheet, rendition).await?;
    }
    Ok(())
}

/// A file of a set, for its case.
#[derive(Debug)]
pub struct SetItem {
    pub id: ItemId,
    pub path: String,
    pub title: String,
    pub state: FileState,
    pub size_bytes: i64,
    pub has_picture: bool,
}

/// True for a rendition of a published item and for a published contact sheet. What a campaign replaced stays public until it is
/// collected, and what was rolled back for an hour: pages that name it are still cached.
pub async fn is_public(db: &PgPool, sha256: &[u8], format: Format) -> sqlx::Result<bool> {
    queries::is_public(db, sha256, format.as_str()).await
}
