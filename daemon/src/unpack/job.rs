//! The job of the queue `unpack`: opens the pack in the jail, stores its files, creates the drafts, sends a message for each file.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::sync::mpsc;
use tradepost_common::catalog::Kind;
use tradepost_common::ids::UploadId;
use tradepost_common::queues::Lane;
use tradepost_common::uploads::{FindingSeverity, Stage, UploadState};

use crate::app::App;
use crate::catalog::service::{self as catalog, Draft, StoredFile};
use crate::config::LimitsConfig;
use crate::findings::{self, pack_finding};
use crate::jobs::{Job, PreviewJob, RenderBatchJob, RenderJob, UnpackJob};
use crate::notices::{self, Event};
use crate::objects::member_key;
use crate::pinned;
use crate::uploads::service as uploads;
use crate::uploads::{Upload, turns};
use tradepost_inspect::manifest::Manifest;
use tradepost_inspect::pack::PackLimits;
use tradepost_jail::{BATCH_BYTES, BATCH_FILES, Member};
use tradepost_queue::{NewMessage, Outcome};
use tradepost_store::Store;

/// A pack that got no processor time is tried again after this time.
const BUSY: Duration = Duration::from_secs(5);
/// Members that wait to be stored; more are held back in the jail.
const MEMBERS_AHEAD: usize = 256;
/// Members are stored in groups of at most this size.
const GROUP_BYTES: usize = 4 * 1024 * 1024;
/// Packs with more files are bulk work: smaller ones pass them.
const INTERACTIVE_FILES: usize = 512;
/// A larger file is rendered alone: with it a batch of the most files has no more than the jail takes at once.
const MAX_BATCHED_BYTES: u64 = (BATCH_BYTES / BATCH_FILES) as u64;

/// Opens one pack.
pub async fn run(app: &Arc<App>, job: UnpackJob) -> anyhow::Result<Outcome> {
    let Some(upload) = uploads::find(&app.db, job.upload_id).await? else {
        return Ok(Outcome::Discard("the upload is gone".to_owned()));
    };
    if upload.state != UploadState::Unpacking {
        return Ok(Outcome::Done);
    }
    let key = uploads::object(&upload).context("a scanned upload has no bytes")?;
    let file = app
        .store
        .open_version(&key)
        .await
        .context("opening the uploaded bytes")?;
    let seal = pinned::seal(&app.store, &file, upload.sha256, "a pack").await?;
    let same_file = file.try_clone().context("sharing an open file")?;
    let (sender, receiver) = mpsc::channel(MEMBERS_AHEAD);
    let opening = app.jail.open_pack(file, limits(&app.config.limits), sender);
    let (opened, stored) = tokio::join!(opening, store_members(&app.store, receiver));
    seal.check(&same_file, &upload.sha256, "a pack")?;
    match opened {
        Ok(opened) => create(app, &upload, &opened.manifest, &stored?).await?,
        Err(error) if error.is_busy() => return Ok(Outcome::Retry(BUSY)),
        Err(error) => {
            let findings = findings::from_jail_error(error, None)?;
            let mut tx = app.db.begin().await?;
            uploads::reject(&mut tx, upload.id, Stage::Unpack, &findings).await?;
            notices::emit(&app.broker, &mut tx, &[Event::UploadRejected(upload.id)]).await?;
            tx.commit().await?;
        }
    }
    app.changed.uploads();
    Ok(Outcome::Done)
}

async fn store_members(
    store: &Store,
    mut members: mpsc::Receiver<Member>,
) -> anyhow::Result<HashMap<String, StoredFile>> {
    let mut stored = HashMap::new();
    let mut group = Vec::with_capacity(MEMBERS_AHEAD);
    while members.recv_many(&mut group, MEMBERS_AHEAD).await > 0 {
        // A group of large members is written one by one: the channel holds the rest back.
        for chunk in group.chunk_by(|a, b| a.bytes.len() + b.bytes.len() < GROUP_BYTES) {
            let objects = chunk
                .iter()
                .map(|member| (member_key(member.sha256), member.bytes.clone()))
                .collect();
            store
                .put_content(objects)
                .await
                .context("storing the files of the pack")?;
        }
        for member in group.drain(..) {
            stored.insert(
                member.path,
                StoredFile {
                    sha256: member.sha256,
                    size_bytes: member.size_bytes,
                },
            );
        }
    }
    Ok(stored)
}

/// Creates the drafts and their messages in one transaction, or rejects a set whose name is taken.
async fn create(
    app: &App,
    upload: &Upload,
    manifest: &Manifest,
    files: &HashMap<String, StoredFile>,
) -> anyhow::Result<()> {
    let mut tx = app.db.begin().await?;
    let locked = uploads::lock(&mut tx, upload.id).await?.context("the upload is gone")?;
    if locked.state != UploadState::Unpacking {
        return Ok(());
    }
    let title = format!("{} / {}", manifest.family.name.as_str(), manifest.set.name.as_str());
    uploads::set_title(&mut tx, upload.id, &title).await?;
    match catalog::create_draft(&mut tx, upload, manifest, files).await? {
        Some(draft) => {
            let inflated_bytes = draft.items.iter().map(|item| item.size_bytes).sum();
            let yields = turns::yields(&mut tx, upload, inflated_bytes).await?;
            app.broker
                .send(&mut tx, &messages(app, upload.id, &draft, yields))
                .await?;
            uploads::advance(&mut tx, upload.id, Stage::Unpack, Stage::Render, UploadState::Rendering).await?;
        }
        None => {
            let message = format!("You already have a set {title:?}. Choose another name for the set.");
            let finding = pack_finding("set-exists", FindingSeverity::Blocking, message);
            uploads::reject(&mut tx, upload.id, Stage::Unpack, &[finding]).await?;
            notices::emit(&app.broker, &mut tx, &[Event::UploadRejected(upload.id)]).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}

/// Sends the files to be rendered in batches, and the preview for safety.
fn messages(app: &App, upload_id: UploadId, draft: &Draft, yields: Duration) -> Vec<NewMessage> {
    let lane = if draft.items.len() > INTERACTIVE_FILES {
        Lane::Bulk
    } else {
        Lane::Interactive
    };
    let render = |items: &[&catalog::DraftItem]| {
        let (first, more) = (&items[0], items.len() - 1);
        let (set_id, kind, path) = (draft.set_id, draft.kind, first.path.clone());
        let job = match more {
            0 => Job::Render(RenderJob {
                upload_id,
                set_id,
                item_id: first.id,
                kind,
                path,
            }),
            _ => Job::RenderBatch(RenderBatchJob {
                upload_id,
                set_id,
                kind,
                items: items.iter().map(|item| item.id).collect(),
                path: format!("{path} and {more} more"),
            }),
        };
        job.message().with_lane(lane).with_yield(yields)
    };
    let mut messages: Vec<_> = batches(draft, app.jail_children)
        .iter()
        .map(|items| render(items))
        .collect();
    let safety = PreviewJob {
        upload_id,
        set_id: draft.set_id,
    };
    let delay = Duration::from_secs(app.config.queues.safety_seconds.into());
    messages.push(Job::Preview(safety).message().with_delay(delay));
    messages
}

/// Drawings go together: as many as make four batches for each child, so that the first pictures show early and no core is idle at the end. What is
/// large or of another kind takes long enough to go alone.
fn batches(draft: &Draft, children: usize) -> Vec<Vec<&catalog::DraftItem>> {
    let is_quick = |item: &&catalog::DraftItem| {
        matches!(draft.kind, Kind::Icon | Kind::Illustration) && item.size_bytes <= MAX_BATCHED_BYTES
    };
    let (quick, slow): (Vec<_>, Vec<_>) = draft.items.iter().partition(is_quick);
    let size = quick.len().div_ceil(children.max(1) * 4).clamp(1, BATCH_FILES);
    let together = quick.chunks(size).map(<[_]>::to_vec);
    together.chain(slow.into_iter().map(|item| vec![item])).collect()
}

fn limits(config: &LimitsConfig) -> PackLimits {
    const MIB: u64 = 1024 * 1024;
    PackLimits {
        packed_bytes: config.pack_mib * MIB,
        entries: config.pack_entries,
        inflated_bytes: config.pack_inflated_mib * MIB,
        member_bytes: config.member_mib * MIB,
        member_ratio: config.member_ratio.into(),
        svg_bytes: config.svg_mib * MIB,
    }
}
