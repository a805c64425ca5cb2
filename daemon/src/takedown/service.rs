//! Takes down published packs that are found to be infected later: out of the catalogue, the renditions and the presigned URLs.
//!
//! The whole pack goes back to the moderators, who find a case with the file named; the infected file itself is blocked for good.

use anyhow::Context as _;
use sqlx::PgConnection;
use tradepost_common::audit::AuditAct;
use tradepost_common::ids::UploadId;
use tradepost_common::uploads::{FindingSeverity, Stage, UploadState};

use super::queries;
use tradepost_queue::NewMessage;

use crate::app::App;
use crate::audit::{self, Actor};
use crate::catalog::takedown::{self, TakenDown};
use crate::findings::{self, file_finding, pack_finding};
use crate::jobs::{Job, PreviewJob};
use crate::review::service as review;
use crate::telemetry::alerts::AlertCode;
use crate::uploads::Upload;
use crate::uploads::service as uploads;
use crate::uploads::stages;

/// Malware in published bytes.
#[derive(Debug, Clone, Copy)]
pub struct Hit<'a> {
    /// `None`: in the pack itself.
    pub path: Option<&'a str>,
    pub sha256: [u8; 32],
    pub signature: &'a str,
}

/// Takes an upload down in the caller's transaction. Doing it again changes nothing but what is found anew.
pub async fn take_down(app: &App, tx: &mut PgConnection, id: UploadId, hit: &Hit<'_>) -> anyhow::Result<()> {
    let upload = uploads::lock(tx, id).await?.context("an upload is never deleted")?;
    let bytes = hit.path.is_some().then_some(&hit.sha256);
    let taken_down = takedown::take_down(tx, id, bytes).await?;
    let place = hit.path.unwrap_or("the pack");
    let message = format!(
        "With new signatures the scanner finds {} in it. It was taken out of the catalogue.",
        hit.signature
    );
    let finding = match hit.path {
        Some(path) => file_finding(path, "malware", FindingSeverity::Blocking, message),
        None => pack_finding("malware", FindingSeverity::Blocking, message),
    };
    findings::insert(tx, id, &[finding]).await?;
    let reason = format!("taken down: malware in {place}");
    match upload.state {
        UploadState::Published => {
            stages::enter(tx, id, Stage::Review).await?;
            uploads::set_in_review(tx, id).await?;
            open_case(app, tx, id, &reason).await?;
            queries::mark_taken_down(&mut *tx, id).await?;
        }
        UploadState::InReview => open_case(app, tx, id, &reason).await?,
        _ => {}
    }
    let detail = serde_json::json!({
        "file": hit.path, "sha256": hex::encode(hit.sha256), "signature": hit.signature,
        "items_withdrawn": taken_down.published, "items_blocked": taken_down.blocked,
    });
    audit::record(tx, &daemon(), AuditAct::UploadTakedown, &format!("upload:{id}"), detail).await?;
    app.broker.send(tx, &redraws(&taken_down)).await?;
    tracing::error!(upload.id = %id, file = place, signature = hit.signature, "took down a published pack: malware");
    app.scans.meter.withdrew(taken_down.published.unsigned_abs());
    Ok(())
}

/// An earlier decision does not hold any more and can not be undone.
async fn open_case(app: &App, tx: &mut PgConnection, id: UploadId, reason: &str) -> sqlx::Result<()> {
    review::open_again(tx, &app.config.review, id, FindingSeverity::Blocking, reason).await
}

/// Follows the commit: the pack goes to quarantine, and every other upload with the same bytes is taken down, too.
///
/// # Errors
/// Doing it again is harmless.
pub async fn after(app: &App, upload: &Upload, hit: &Hit<'_>) -> anyhow::Result<()> {
    let what = format!(
        "malware in what was published: {} in the upload {}",
        hit.signature, upload.id
    );
    app.alerts.raise(AlertCode::MalwareWithdrawn, what);
    if let Some(key) = uploads::object(upload) {
        app.store
            .quarantine_version(&key)
            .await
            .context("moving an infected pack to quarantine")?;
    }
    for other in queries::uploads_with(&app.db, &hit.sha256).await? {
        let mut tx = app.db.begin().await?;
        let paths = takedown::paths_with(&mut tx, other, &hit.sha256).await?;
        for path in &paths {
            let hit = Hit {
                path: Some(path),
                ..*hit
            };
            take_down(app, &mut tx, other, &hit).await?;
        }
        tx.commit().await?;
    }
    app.changed.everything();
    Ok(())
}

/// The contact sheets that showed what is gone.
fn redraws(taken_down: &TakenDown) -> Vec<NewMessage> {
    let message = |(set_id, upload_id): &(_, UploadId)| {
        let job = PreviewJob {
            upload_id: *upload_id,
            set_id: *set_id,
        };
        Job::Preview(job).message()
    };
    taken_down.sheets.iter().map(message).collect()
}

/// The actor of acts that no person did.
fn daemon() -> Actor {
    Actor {
        user: "daemon".to_owned(),
        uid: nix::unistd::getuid().as_raw(),
    }
}
