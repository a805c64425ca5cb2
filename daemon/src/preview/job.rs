//! The job of the queue `preview`: makes the family's contact sheet, then lets the policy settle the upload.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use sqlx::PgConnection;
use tradepost_common::catalog::SetState;
use tradepost_common::ids::ItemId;
use tradepost_common::uploads::{Stage, UploadState};

use crate::app::App;
use crate::catalog::gc;
use crate::catalog::service::{self as catalog, SetProgress, Sheet};
use crate::duplicates::service as duplicates;
use crate::findings;
use crate::jobs::PreviewJob;
use crate::notices;
use crate::objects::rendition_key;
use crate::review;
use crate::uploads::service as uploads;
use tradepost_jail::{JailError, Rendition};
use tradepost_queue::Outcome;
use tradepost_render::presets::Format;
use tradepost_render::sheet::{SheetSpec, choose};
use tradepost_store::ContentKey;

/// A sheet that got no processor time is tried again after this time.
const BUSY: Duration = Duration::from_secs(5);
/// Preset of the tiles of the sheet.
const TILE_PRESET: &str = "png-256";

struct Drawn {
    seed: u64,
    items: Vec<ItemId>,
    renditions: Vec<Rendition>,
}

impl Drawn {
    fn objects(&self) -> Vec<(ContentKey, Bytes)> {
        let object = |r: &Rendition| (rendition_key(r.sha256, r.format.as_str()), r.bytes.clone());
        self.renditions.iter().map(object).collect()
    }
}

/// Finishes one set exactly once, however often it is received.
pub async fn run(app: &Arc<App>, job: PreviewJob) -> anyhow::Result<Outcome> {
    let mut tx = app.db.begin().await?;
    let Some(set) = catalog::lock_set(&mut tx, job.set_id).await? else {
        return Ok(Outcome::Discard("the set is gone".to_owned()));
    };
    let has_sheet = !catalog::sheet_items(&mut tx, set.id).await?.is_empty();
    tx.commit().await?;
    if set.state == SetState::Rejected || (has_sheet && review::service::is_settled(&app.db, job.upload_id).await?) {
        return Ok(Outcome::Done);
    }
    if set.pending > 0 {
        // The safety message: files are still on their way, look again later.
        return Ok(Outcome::Retry(Duration::from_secs(
            app.config.queues.safety_seconds.into(),
        )));
    }
    let drawn = match draw(app, &set).await {
        Err(error) if error.downcast_ref().is_some_and(JailError::is_busy) => return Ok(Outcome::Retry(BUSY)),
        drawn => drawn?,
    };
    let objects = drawn.as_ref().map(|drawn| drawn.objects()).unwrap_or_default();
    if let Err(error) = finish(app, job, drawn).await {
        return gc::restore(&app.db, &app.store, error, objects).await;
    }
    app.changed.everything();
    Ok(Outcome::Done)
}

/// Chooses and draws the sheet. The seed is the set's own, so that a second attempt draws the same picture.
async fn draw(app: &App, set: &SetProgress) -> anyhow::Result<Option<Drawn>> {
    let seed = u64::from_be_bytes(*set.id.0.as_bytes().last_chunk().expect("a UUID has 16 bytes"));
    // PostgreSQL keeps it as a signed number.
    let seed = seed >> 1;
    let candidates = catalog::sheet_candidates(&app.db, set.id).await?;
    let chosen = choose(seed, &candidates, app.config.previews.sheet_items as usize);
    let tiles = catalog::tiles(&app.db, &chosen, TILE_PRESET).await?;
    let mut pictures = Vec::with_capacity(tiles.len());
    for tile in &tiles {
        let key = rendition_key(tile.sha256, Format::Png.as_str());
        pictures.push(
            app.store
                .read_content(&key)
                .await
                .context("reading a tile of the contact sheet")?,
        );
    }
    if pictures.is_empty() {
        return Ok(None);
    }
    match app.jail.sheet(pictures, SheetSpec::default()).await {
        Ok(renditions) => {
            let drawn = Drawn {
                seed,
                items: tiles.into_iter().map(|tile| tile.item_id).collect(),
                renditions,
            };
            app.store
                .put_content(drawn.objects())
                .await
                .context("storing the contact sheet")?;
            Ok(Some(drawn))
        }
        // The tiles are our own renditions: a sheet that can not be drawn is our fault, and an operator's to see.
        Err(error) => {
            let findings = findings::from_jail_error(error, None)?;
            anyhow::bail!(
                "the contact sheet cannot be drawn: {}",
                findings.first().map_or("", |f| f.message.as_str())
            )
        }
    }
}

/// Keeps the sheet and settles the upload in one transaction.
async fn finish(app: &App, job: PreviewJob, drawn: Option<Drawn>) -> anyhow::Result<()> {
    let mut tx = app.db.begin().await?;
    review::service::lock_account(&mut tx, job.upload_id).await?;
    let set = catalog::lock_set(&mut tx, job.set_id)
        .await?
        .context("the set is gone")?;
    if set.state == SetState::Rejected || set.pending > 0 {
        return Ok(());
    }
    if !catalog::sheet_items(&mut tx, set.id).await?.is_empty()
        && review::service::is_at_rest(&mut tx, job.upload_id).await?
    {
        // Somebody put a sheet there while this one was drawn: a decision was taken back.
        return Ok(());
    }
    if let Some(drawn) = &drawn {
        keep(&mut tx, &set, drawn).await?;
        let key = |rendition: &Rendition| (rendition.sha256, rendition.format.as_str());
        let pictures: Vec<gc::Key> = drawn.renditions.iter().map(key).collect();
        gc::keep(&mut tx, &pictures).await?;
    }
    duplicates::compare(&mut tx, job.upload_id).await?;
    let told = review::policy::decide(&mut tx, &app.config.review, &set, job.upload_id).await?;
    notices::emit(&app.broker, &mut tx, told.as_slice()).await?;
    duplicates::cluster(&mut tx, job.upload_id).await?;
    tx.commit().await?;
    Ok(())
}

/// Rejects the upload of a job that an operator gave up on, unless it has come to rest without the sheet.
pub async fn give_up(tx: &mut PgConnection, job: &PreviewJob, reason: &str) -> sqlx::Result<()> {
    let upload = uploads::lock(&mut *tx, job.upload_id).await?;
    let set = catalog::lock_set(&mut *tx, job.set_id).await?;
    let (Some(upload), Some(set)) = (upload, set) else {
        return Ok(());
    };
    if upload.state != UploadState::Previewing || set.pending > 0 {
        return Ok(());
    }
    catalog::reject_set(&mut *tx, &set).await?;
    uploads::reject(tx, job.upload_id, Stage::Preview, &[findings::given_up(reason)]).await
}

async fn keep(tx: &mut PgConnection, set: &SetProgress, drawn: &Drawn) -> sqlx::Result<()> {
    let sheet = Sheet {
        set,
        seed: drawn.seed,
        items: &drawn.items,
        renditions: &drawn.renditions,
    };
    catalog::insert_sheet(&mut *tx, &sheet).await?;
    if set.state == SetState::Published {
        // A moderator left out an item of the first sheet: this one takes its place.
        catalog::publish_sheet(tx, set.id).await?;
    }
    Ok(())
}
