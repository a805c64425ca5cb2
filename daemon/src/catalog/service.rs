//! What other features do with the catalogue: create drafts, settle items, publish and withdraw sets.

use std::collections::HashMap;

use sqlx::{PgConnection, PgPool};
use tradepost_common::ids::{FamilyId, ItemId, SetId, UploadId};

pub use super::drafts::create_draft;
use super::queries;
use crate::jail::Rendition;
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
    pub kind: String,
    pub items: Vec<DraftItem>,
}

#[derive(Debug)]
pub struct DraftItem {
    pub id: ItemId,
    pub path: String,
}

/// An item as the jobs see it.
#[derive(Debug)]
pub struct Item {
    pub id: ItemId,
    pub kind: String,
    pub set_id: SetId,
    pub path: String,
    pub sha256: [u8; 32],
    pub size_bytes: i64,
    /// `pending` until it was judged and drawn, or refused.
    pub state: String,
}

/// What became of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// Clean and drawn: may be published.
    Ready,
    /// A check forbids to publish it.
    Blocked,
}

/// The item a message is about.
pub async fn find_item(db: impl sqlx::PgExecutor<'_>, id: ItemId, kind: &str) -> sqlx::Result<Option<Item>> {
    queries::find_item(db, id, kind).await
}

/// Settles a pending item. `None` when somebody did before; else how many files of its set are still pending.
pub async fn settle_item(
    tx: &mut PgConnection,
    item: &Item,
    settled: Settled,
    natural_size: Option<(f32, f32)>,
) -> sqlx::Result<Option<i32>> {
    let state = match settled {
        Settled::Ready => "ready",
        Settled::Blocked => "blocked",
    };
    let pixels = |side: f32| (side.is_finite() && side < 1e9).then(|| side.round().max(1.0) as i32);
    let (width, height) = natural_size.map_or((None, None), |(width, height)| (pixels(width), pixels(height)));
    if !queries::settle_item(&mut *tx, item.id, &item.kind, state, width, height).await? {
        return Ok(None);
    }
    queries::count_down(tx, item.set_id).await.map(Some)
}

/// Keeps which bytes of an item may be published.
pub async fn set_file(tx: &mut PgConnection, item: &Item, file: &StoredFile) -> sqlx::Result<()> {
    queries::set_file(tx, item.id, &item.kind, &file.sha256, file.size_bytes.cast_signed()).await
}

/// Keeps what was drawn of an item. Drawing it again replaces nothing: the bytes are the same.
pub async fn insert_renditions(
    tx: &mut PgConnection,
    item: &Item,
    presets: &[Preset],
    renditions: &[Rendition],
) -> sqlx::Result<()> {
    let hashes: HashMap<&str, Vec<u8>> = presets.iter().map(|p| (p.name.as_str(), p.hash().to_vec())).collect();
    queries::insert_renditions(tx, item, renditions, |name| {
        hashes.get(name).cloned().unwrap_or_default()
    })
    .await
}

/// A set and how far it is, locked until the caller's transaction ends.
#[derive(Debug)]
pub struct SetProgress {
    pub id: SetId,
    pub family_id: FamilyId,
    pub upload_id: UploadId,
    pub state: String,
    pub pending: i32,
    pub items_ready: i64,
    pub items_blocked: i64,
}

/// Locks a set and counts its items.
pub async fn lock_set(tx: &mut PgConnection, id: SetId) -> sqlx::Result<Option<SetProgress>> {
    queries::lock_set(tx, id).await
}

/// The set that an upload became.
pub async fn set_of_upload(db: impl sqlx::PgExecutor<'_>, upload: UploadId) -> sqlx::Result<Option<SetId>> {
    queries::set_of_upload(db, upload).await
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
    queries::delete_previews(&mut *tx, set.id).await?;
    queries::reject_items(tx, set.id).await
}

/// An item that may be on a contact sheet, and its tile.
#[derive(Debug, Clone)]
pub struct Tile {
    pub item_id: ItemId,
    pub sha256: [u8; 32],
}

/// Items of the whole family that are published, or ready in the set itself.
pub async fn sheet_candidates(db: &PgPool, set: SetId) -> sqlx::Result<Vec<ItemId>> {
    queries::sheet_candidates(db, set).await
}

/// The PNG renditions of the given items in the given preset, in the order of `items`.
pub async fn tiles(db: &PgPool, items: &[ItemId], preset: &str) -> sqlx::Result<Vec<Tile>> {
    let tiles = queries::tiles(db, items, preset).await?;
    Ok(items
        .iter()
        .filter_map(|id| tiles.iter().find(|tile| tile.item_id == *id).cloned())
        .collect())
}

/// A contact sheet to be kept.
#[derive(Debug)]
pub struct Sheet<'a> {
    pub set: &'a SetProgress,
    pub seed: u64,
    pub items: &'a [ItemId],
    pub renditions: &'a [Rendition],
}

/// Keeps a contact sheet; the set has only one.
pub async fn insert_sheet(tx: &mut PgConnection, sheet: &Sheet<'_>) -> sqlx::Result<()> {
    queries::delete_previews(&mut *tx, sheet.set.id).await?;
    for rendition in sheet.renditions {
        queries::insert_preview(&mut *tx, sheet, rendition).await?;
    }
    Ok(())
}

/// Makes the contact sheet of a set public.
pub async fn publish_sheet(tx: &mut PgConnection, set: SetId) -> sqlx::Result<()> {
    queries::publish_previews(tx, set).await
}

/// The items on the contact sheet of a set.
pub async fn sheet_items(tx: &mut PgConnection, set: SetId) -> sqlx::Result<Vec<ItemId>> {
    queries::sheet_items(tx, set).await
}

/// Forgets the contact sheet of a set.
pub async fn delete_sheet(tx: &mut PgConnection, set: SetId) -> sqlx::Result<()> {
    queries::delete_previews(tx, set).await
}

/// A file of a set, for the review desk.
#[derive(Debug)]
pub struct SetItem {
    pub id: ItemId,
    pub path: String,
    pub title: String,
    pub state: String,
    pub size_bytes: i64,
    pub has_picture: bool,
}

/// The files of a set by path, blocked ones first; at most `limit`.
pub async fn items_of_set(db: &PgPool, set: SetId, limit: i64) -> sqlx::Result<Vec<SetItem>> {
    queries::items_of_set(db, set, limit).await
}

/// Licence of a set, for the review desk.
pub async fn licence(db: &PgPool, set: SetId) -> sqlx::Result<Option<String>> {
    queries::licence(db, set).await
}

/// The PNG of an item (of that set, where one is named) that is at least `width` px wide, or the widest: for a moderator,
/// whatever the item's state.
pub async fn picture(db: &PgPool, set: Option<SetId>, item: ItemId, width: i32) -> sqlx::Result<Option<[u8; 32]>> {
    queries::picture(db, set, item, width).await
}

/// Hash and size of a file of a set, for the review desk.
pub async fn stored_file(db: &PgPool, set: SetId, item: ItemId) -> sqlx::Result<Option<([u8; 32], i64)>> {
    queries::stored_file(db, set, item).await
}

/// Whether a picture with this hash is public: a rendition of a published item, or a published contact sheet. What a campaign replaced stays
/// so until it is collected, and what was rolled back for an hour: pages that name it are still about.
pub async fn is_public(db: &PgPool, sha256: &[u8], format: Format) -> sqlx::Result<bool> {
    queries::is_public(db, sha256, format.as_str()).await
}

/// How many items are published and how many renditions there are, for the Overview.
pub async fn counts(db: &PgPool) -> sqlx::Result<(i64, i64)> {
    queries::counts(db).await
}
