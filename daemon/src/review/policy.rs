//! Trusted and clean: published. Anything flagged, or a new contributor: a case. Nothing left that could be published: rejected.

use anyhow::Context as _;
use sqlx::PgConnection;
use tradepost_common::ids::UploadId;
use tradepost_common::uploads::{Finding, FindingSeverity, UploadState};

use super::queries;
use crate::catalog::service::{self as catalog, SetProgress};
use crate::uploads::findings;
use crate::uploads::service as uploads;
use crate::uploads::stages::{self, Stage};

/// Rules (or what they begin with) after which a moderator looks, even if nothing of the pack can be published.
const HOSTILE_RULES: [&str; 3] = ["malware", "unscannable", "active-content"];

/// What the policy says about a finished set.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Ruling {
    Publish,
    /// Every file was refused as broken: the findings tell the contributor, and there is nothing to look at.
    Reject,
    Review {
        severity: FindingSeverity,
        reason: String,
    },
}

/// Settles an upload whose files are all settled. Idempotent.
///
/// # Errors
/// When the database does not answer.
pub async fn decide(tx: &mut PgConnection, set: &SetProgress, upload_id: UploadId) -> anyhow::Result<()> {
    let upload = uploads::lock(tx, upload_id).await?.context("the upload is gone")?;
    if upload.state.is_settled() {
        return Ok(());
    }
    let found = findings::list(&mut *tx, upload_id).await?;
    let trust = queries::trust(&mut *tx, upload.account_id).await?;
    match ruling(&found, &trust, set.items_ready) {
        Ruling::Publish => {
            catalog::publish_set(tx, set, &[]).await?;
            catalog::publish_sheet(tx, set.id).await?;
            uploads::settle(tx, upload_id, Stage::Preview, UploadState::Published).await?;
        }
        Ruling::Reject => {
            catalog::reject_set(tx, set).await?;
            uploads::settle(tx, upload_id, Stage::Preview, UploadState::Rejected).await?;
        }
        Ruling::Review { severity, reason } => {
            queries::open_case(&mut *tx, upload_id, severity, &reason).await?;
            stages::leave(tx, upload_id, Stage::Preview).await?;
            stages::enter(tx, upload_id, Stage::Review).await?;
            uploads::set_in_review(tx, upload_id).await?;
        }
    }
    Ok(())
}

fn ruling(found: &[Finding], trust: &str, items_ready: i64) -> Ruling {
    let worst = found
        .iter()
        .max_by_key(|finding| (finding.severity, finding.file.is_some()));
    let hostile = found
        .iter()
        .any(|finding| HOSTILE_RULES.iter().any(|rule| finding.rule.starts_with(rule)));
    match worst {
        Some(_) if items_ready == 0 && !hostile => Ruling::Reject,
        Some(finding) if finding.severity > FindingSeverity::Info => {
            let place = finding.file.as_deref().unwrap_or("the pack");
            Ruling::Review {
                severity: finding.severity,
                reason: format!("{} in {place}", finding.rule),
            }
        }
        _ if trust != "trusted" => Ruling::Review {
            severity: FindingSeverity::Info,
            reason: "new contributor".to_owned(),
        },
        _ => Ruling::Publish,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::uploads::service::{file_finding, pack_finding};

    #[test]
    fn only_clean_packs_of_trusted_contributors_skip_review() {
        let info = pack_finding("note", FindingSeverity::Info, "x");
        let script = file_finding("a.svg", "active-content.script", FindingSeverity::Blocking, "x");
        let empty = file_finding("b.svg", "renders-nothing", FindingSeverity::Blocking, "x");
        let malware = file_finding("c.svg", "malware", FindingSeverity::Blocking, "x");
        let pack = pack_finding("malware", FindingSeverity::Blocking, "x");
        let review = |severity, reason: &str| Ruling::Review {
            severity,
            reason: reason.to_owned(),
        };
        assert_eq!(ruling(&[], "trusted", 9), Ruling::Publish);
        assert_eq!(ruling(&[info], "trusted", 9), Ruling::Publish);
        assert_eq!(ruling(&[], "new", 9), review(FindingSeverity::Info, "new contributor"));
        assert_eq!(
            ruling(&[script], "trusted", 9),
            review(FindingSeverity::Blocking, "active-content.script in a.svg")
        );
        assert_eq!(ruling(std::slice::from_ref(&empty), "trusted", 0), Ruling::Reject);
        assert_eq!(
            ruling(&[empty], "trusted", 9),
            review(FindingSeverity::Blocking, "renders-nothing in b.svg")
        );
        assert_eq!(
            ruling(&[pack, malware], "trusted", 0),
            review(FindingSeverity::Blocking, "malware in c.svg")
        );
    }
}
