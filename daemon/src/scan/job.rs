//! The job of the queue `scan`: checks that the upload is a ZIP, and has clamd scan its exact bytes.

use std::io::Cursor;
use std::sync::Arc;

use anyhow::Context as _;
use tokio::io::AsyncReadExt as _;
use tradepost_common::uploads::{Finding, FindingSeverity, Stage, UploadState};

use super::service::{self, Judged, Occasion, Scanned};
use crate::app::App;
use crate::clamd::Verdict;
use crate::findings::{self, pack_finding};
use crate::jobs::{Job, ScanJob, UnpackJob};
use crate::notices::{self, Event};
use crate::pinned;
use crate::uploads::service as uploads;
use crate::uploads::{Upload, turns};
use tradepost_inspect::magic;
use tradepost_queue::Outcome;
use tradepost_store::VersionKey;

/// The bytes that tell a ZIP.
const HEAD_BYTES: usize = 512;

/// Scans one upload and hands it on to be opened.
pub async fn run(app: &Arc<App>, job: ScanJob) -> anyhow::Result<Outcome> {
    let Some(upload) = uploads::find(&app.db, job.upload_id).await? else {
        return Ok(Outcome::Discard("the upload is gone".to_owned()));
    };
    if upload.state != UploadState::Scanning {
        return Ok(Outcome::Done);
    }
    let key = uploads::object(&upload).context("a completed upload has no bytes")?;
    let reader = app.store.read_version(&key).await;
    let mut reader = reader.context("opening the uploaded bytes")?;
    let mut head = Vec::with_capacity(HEAD_BYTES);
    let read = (&mut reader).take(HEAD_BYTES as u64).read_to_end(&mut head).await;
    read.context("reading the uploaded bytes")?;
    if !magic::is_zip(&head) {
        return reject(app, &upload, not_a_zip()).await;
    }
    let reader = Cursor::new(head).chain(reader);
    let scanned = service::scan(app, reader, upload.size_bytes.cast_unsigned()).await?;
    pinned::same(&scanned.sha256, &upload.sha256, "a pack")?;
    if matches!(scanned.verdict, Verdict::Infected { .. }) {
        app.store
            .quarantine_version(&key)
            .await
            .context("moving the pack to quarantine")?;
    }
    hand_on(app, &upload, &key, &scanned).await?;
    Ok(Outcome::Done)
}

fn not_a_zip() -> Finding {
    let message = "The upload is not a ZIP archive. A pack is a ZIP with a manifest.json at its root.";
    pack_finding("not-a-zip", FindingSeverity::Blocking, message)
}

async fn reject(app: &App, upload: &Upload, refusal: Finding) -> anyhow::Result<Outcome> {
    let mut tx = app.db.begin().await?;
    uploads::reject(&mut tx, upload.id, Stage::Scan, &[refusal]).await?;
    notices::emit(&app.broker, &mut tx, &[Event::UploadRejected(upload.id)]).await?;
    tx.commit().await?;
    app.changed.uploads();
    Ok(Outcome::Done)
}

async fn hand_on(app: &App, upload: &Upload, key: &VersionKey, scanned: &Scanned) -> anyhow::Result<()> {
    let mut tx = app.db.begin().await?;
    let of_pack = Judged {
        file_path: None,
        object_version: key.version.clone(),
        scanned,
    };
    service::record(&mut tx, Occasion::Upload, upload.id, &[of_pack]).await?;
    findings::insert(&mut tx, upload.id, &verdict_findings(&scanned.verdict)).await?;
    uploads::advance(&mut tx, upload.id, Stage::Scan, Stage::Unpack, UploadState::Unpacking).await?;
    let unpack = Job::Unpack(UnpackJob { upload_id: upload.id });
    let yields = turns::yields(&mut tx, upload, upload.size_bytes.cast_unsigned()).await?;
    app.broker.send(&mut tx, &[unpack.message().with_yield(yields)]).await?;
    tx.commit().await?;
    app.changed.uploads();
    Ok(())
}

/// An infected pack is unpacked all the same, in the jail, to name the file; nothing of it is published without a moderator.
fn verdict_findings(verdict: &Verdict) -> Vec<Finding> {
    match verdict {
        Verdict::Clean => Vec::new(),
        Verdict::Infected { signature } => {
            let message = format!("The scanner found {signature} in the pack.");
            vec![pack_finding("malware", FindingSeverity::Blocking, message)]
        }
        Verdict::Unscannable { reason } => {
            let message = format!("The pack could not be scanned as a whole ({reason}); each of its files is.");
            vec![pack_finding("unscannable", FindingSeverity::Warning, message)]
        }
    }
}
