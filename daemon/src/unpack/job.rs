//! What a message of the queue `unpack` does: open the pack in the jail, store its files, create the drafts, one message for each file.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tradepost_common::ids::UploadId;
use tradepost_common::uploads::{Finding, FindingSeverity, UploadState};

use crate::app::App;
use crate::catalog::service::{self as catalog, Draft, StoredFile};
use crate::config::LimitsConfig;
use crate::jail::{JailError, Member};
use crate::objects::member_key;
use crate::preview::job::PreviewJob;
use crate::queue::{NewMessage, Outcome, QueueName};
use crate::render::job::RenderJob;
use crate::scan::pinned;
use crate::uploads::Upload;
use crate::uploads::service::{self as uploads, pack_finding};
use crate::uploads::stages::Stage;
use tradepost_inspect::manifest::Manifest;
use tradepost_inspect::pack::PackLimits;
use tradepost_store::Store;

/// Members that wait to be stored; more are held back in the jail.
const MEMBERS_AHEAD: usize = 32;
/// Members are stored in groups of at most this size.
const GROUP_BYTES: usize = 4 * 1024 * 1024;

/// A file that had the processor for so long and was not done never will be.
const CERTAINLY_SLOW: Duration = Duration::from_secs(1);

/// The payload.
#[derive(Debug, Serialize, Deserialize)]
pub struct UnpackJob {
    pub upload_id: UploadId,
}

/// Opens one pack.
///
/// # Errors
/// When the bytes can not be read, the jail is broken, or the store or the database do not answer.
pub async fn run(app: &Arc<App>, job: UnpackJob, attempt: u32) -> anyhow::Result<Outcome> {
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
    let seal = pinned::seal(&file, upload.sha256, "a pack").await?;
    let same_file = file.try_clone().context("sharing an open file")?;
    let (sender, receiver) = mpsc::channel(MEMBERS_AHEAD);
    let opening = app.jail.open_pack(file, limits(&app.config.limits), sender);
    let (opened, stored) = tokio::join!(opening, store_members(&app.store, receiver));
    seal.check(&same_file, &upload.sha256, "a pack")?;
    match opened {
        Ok(opened) => create(app, &upload, &opened.manifest, &stored?).await?,
        Err(error) => {
            let findings = refusal(error, None, attempt)?;
            let mut tx = app.db.begin().await?;
            uploads::reject(&mut tx, upload.id, Stage::Unpack, &findings).await?;
            tx.commit().await?;
        }
    }
    app.changed.uploads();
    Ok(Outcome::Done)
}

/// Turns what the jail says of a file into findings, or into an error when another attempt may help.
///
/// # Errors
/// A broken jail, and one that is busy; and the first time, a file that ran out of time without having had the processor: the machine was busy.
pub fn refusal(error: JailError, path: Option<&str>, attempt: u32) -> anyhow::Result<Vec<Finding>> {
    let (rule, message) = match error {
        JailError::Refused(findings) => return Ok(findings),
        JailError::Broken(error) => return Err(error),
        JailError::Busy => return Err(error.into()),
        JailError::Timeout { cpu } if attempt < 2 && cpu < CERTAINLY_SLOW => return Err(error.into()),
        JailError::Timeout { .. } => ("jail-timeout", "It takes too long to open."),
        JailError::Memory => ("jail-memory", "It needs too much memory to open."),
        JailError::Crash { .. } => ("jail-crash", "It crashes the program that opens it."),
    };
    // What the child said of a crash is for the log of the attempt; it may speak of our machine.
    let finding = pack_finding(rule, FindingSeverity::Blocking, message);
    Ok(vec![Finding {
        file: path.map(str::to_owned),
        ..finding
    }])
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
            app.broker.send(&mut tx, &messages(app, upload.id, &draft)).await?;
            uploads::advance(&mut tx, upload.id, Stage::Unpack, Stage::Render, UploadState::Rendering).await?;
        }
        None => {
            let message = format!("You already have a set {title:?}. Choose another name for the set.");
            let finding = pack_finding("set-exists", FindingSeverity::Blocking, message);
            uploads::reject(&mut tx, upload.id, Stage::Unpack, &[finding]).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}

fn messages(app: &App, upload_id: UploadId, draft: &Draft) -> Vec<NewMessage> {
    let render = |item: &catalog::DraftItem| {
        let job = RenderJob {
            upload_id,
            set_id: draft.set_id,
            item_id: item.id,
            kind: draft.kind.clone(),
            path: item.path.clone(),
        };
        NewMessage::new(QueueName::Render, upload_id, &job)
    };
    let mut messages: Vec<_> = draft.items.iter().map(render).collect();
    let safety = PreviewJob {
        upload_id,
        set_id: draft.set_id,
    };
    let delay = Duration::from_secs(app.config.queues.safety_seconds.into());
    messages.push(NewMessage::new(QueueName::Preview, upload_id, &safety).delayed(delay));
    messages
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
        // A member is held in memory, here and in the jail: no kind may be larger than a member.
        raster_bytes: config.member_mib * MIB,
        model_bytes: config.member_mib * MIB,
        audio_bytes: config.member_mib * MIB,
    }
}
