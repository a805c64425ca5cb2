//! Takes back what was published and is found to be infected later: from the catalogue, the pictures and the signed URLs.
//!
//! The whole pack goes back to the moderators, who find a case with the file named; the infected file itself is blocked for good.

use anyhow::Context as _;
use sqlx::PgConnection;
use tradepost_common::ids::UploadId;
use tradepost_common::overview::Severity;
use tradepost_common::uploads::{FindingSeverity, UploadState};

use super::queries;
use crate::app::App;
use crate::audit::{self, Actor};
use crate::catalog::withdrawal::{self, Withdrawn};
use crate::preview::job::PreviewJob;
use crate::queue::{NewMessage, QueueName};
use crate::review::service as review;
use crate::uploads::service::{self as uploads, file_finding, pack_finding};
use crate::uploads::stages::{self, Stage};
use crate::uploads::{Upload, findings};

/// What was found.
#[derive(Debug, Clone, Copy)]
pub struct Hit<'a> {
    /// `None`: in the pack itself.
    pub path: Option<&'a str>,
    pub sha256: [u8; 32],
    pub signature: &'a str,
}

/// Withdraws an upload in the caller's transaction. Doing it again changes nothing but what is found anew.
///
/// # Errors
/// When the database does not answer.
pub async fn take_down(app: &App, tx: &mut PgConnection, id: UploadId, hit: &Hit<'_>) -> anyhow::Result<()> {
    let upload = uploads::lock(tx, id).await?.context("an upload is never deleted")?;
    let bytes = hit.path.is_some().then_some(&hit.sha256);
    let withdrawn = withdrawal::withdraw(tx, id, bytes).await?;
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
    let reason = format!("withdrawn: malware in {place}");
    match upload.state {
        UploadState::Published => {
            stages::enter(tx, id, Stage::Review).await?;
            uploads::set_in_review(tx, id).await?;
            open_case(app, tx, id, &reason).await?;
            queries::mark_withdrawn(&mut *tx, id).await?;
        }
        UploadState::InReview => open_case(app, tx, id, &reason).await?,
        _ => {}
    }
    let detail = serde_json::json!({
        "file": hit.path, "sha256": hex::encode(hit.sha256), "signature": hit.signature,
        "items_withdrawn": withdrawn.published, "items_blocked": withdrawn.blocked,
    });
    audit::record(tx, &daemon(), "upload.withdraw", &format!("upload:{id}"), detail).await?;
    app.broker.send(tx, &redraws(&withdrawn)).await?;
    tracing::error!(upload.id = %id, file = place, signature = hit.signature, "withdrew what was published: malware");
    app.scans.meter.withdrew(withdrawn.published.unsigned_abs());
    Ok(())
}

/// What a moderator decided before does not hold any more, and is not to be undone.
async fn open_case(app: &App, tx: &mut PgConnection, id: UploadId, reason: &str) -> sqlx::Result<()> {
    review::open_again(tx, &app.config.review, id, FindingSeverity::Blocking, reason).await
}

/// What follows the commit: the pack goes to quarantine, and every other upload with the same bytes is withdrawn, too.
///
/// # Errors
/// When the store or the database do not answer; doing it again is harmless.
pub async fn after(app: &App, upload: &Upload, hit: &Hit<'_>) -> anyhow::Result<()> {
    let what = format!(
        "malware in what was published: {} in the upload {}",
        hit.signature, upload.id
    );
    app.alerts.raise("malware-withdrawn", Severity::Critical, what);
    if let Some(key) = uploads::object(upload) {
        app.store
            .quarantine_version(&key)
            .await
            .context("moving a withdrawn pack to quarantine")?;
    }
    for other in queries::uploads_with(&app.db, &hit.sha256).await? {
        let mut tx = app.db.begin().await?;
        let paths = withdrawal::paths_with(&mut tx, other, &hit.sha256).await?;
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
fn redraws(withdrawn: &Withdrawn) -> Vec<NewMessage> {
    let message = |(set_id, upload_id): &(_, UploadId)| {
        let job = PreviewJob {
            upload_id: *upload_id,
            set_id: *set_id,
        };
        NewMessage::new(QueueName::Preview, *upload_id, &job)
    };
    withdrawn.sheets.iter().map(message).collect()
}

/// No person did it.
fn daemon() -> Actor {
    Actor {
        user: "daemon".to_owned(),
        uid: nix::unistd::getuid().as_raw(),
    }
}
