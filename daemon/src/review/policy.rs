//! Trusted and clean: published; of the elite also with warnings that are not hostile. Anything else flagged, a new or a banned
//! contributor: a case. Nothing left that could be published: rejected.

use anyhow::Context as _;
use sqlx::PgConnection;
use tradepost_common::ids::{AccountId, UploadId};
use tradepost_common::review::Trust;
use tradepost_common::uploads::{Finding, FindingSeverity, Stage, UploadState};

use super::queries::{self, NewCase};
use super::standing::Move;
use crate::accounts::service::{self as accounts, Standing};
use crate::catalog::service::{self as catalog, SetProgress};
use crate::config::ReviewConfig;
use crate::findings;
use crate::notices::Event;
use crate::uploads::service as uploads;
use crate::uploads::stages;

/// Rules (or what they begin with) after which a moderator looks, even if nothing of the pack can be published, or its
/// contributor is elite.
const HOSTILE_RULES: [&str; 5] = ["malware", "unscannable", "active-content", "polyglot", "copy."];
/// Rules after which a contributor is new again: no honest tool makes such files.
const BETRAYALS: [&str; 2] = ["malware", "active-content"];

/// The policy's decision about a finished set.
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

/// Settles an upload whose files are all settled. Idempotent. The caller has locked the account, then the set. Answers with what the
/// contributor is told.
pub async fn decide(
    tx: &mut PgConnection,
    config: &ReviewConfig,
    set: &SetProgress,
    upload_id: UploadId,
) -> anyhow::Result<Option<Event>> {
    let upload = uploads::lock(tx, upload_id).await?.context("the upload is gone")?;
    if upload.state.is_settled() {
        return Ok(None);
    }
    let found = findings::list(&mut *tx, upload_id).await?;
    let standing = accounts::lock(&mut *tx, upload.account_id).await?;
    let standing = punish(&mut *tx, config, upload.account_id, standing, &found).await?;
    match ruling(&found, standing, set.items_ready) {
        Ruling::Publish => {
            catalog::publish_set(tx, set, &[]).await?;
            catalog::publish_sheet(tx, set.id).await?;
            uploads::settle(tx, upload_id, Stage::Preview, UploadState::Published).await?;
            let moved = Move::by_publication(tx, upload.account_id, standing.trust, &config.trust).await?;
            moved.write(tx, upload.account_id, None).await?;
            Ok(Some(Event::UploadPublished(upload_id)))
        }
        Ruling::Reject => {
            catalog::reject_set(tx, set).await?;
            uploads::settle(tx, upload_id, Stage::Preview, UploadState::Rejected).await?;
            Ok(Some(Event::UploadRejected(upload_id)))
        }
        Ruling::Review { severity, reason } => {
            let case = NewCase {
                upload: upload_id,
                severity,
                reason: &reason,
                target_hours: config.target_hours.for_severity(severity),
            };
            queries::open_case(&mut *tx, &case).await?;
            stages::leave(tx, upload_id, Stage::Preview).await?;
            stages::enter(tx, upload_id, Stage::Review).await?;
            uploads::set_in_review(tx, upload_id).await?;
            Ok(None)
        }
    }
}

/// Malware and active content make a contributor new at once: a moderator looks at the other packs.
async fn punish(
    tx: &mut PgConnection,
    config: &ReviewConfig,
    account: AccountId,
    standing: Standing,
    found: &[Finding],
) -> sqlx::Result<Standing> {
    let betrayal = found.iter().find(|finding| {
        finding.severity == FindingSeverity::Blocking && BETRAYALS.iter().any(|rule| finding.rule.starts_with(rule))
    });
    let (Some(finding), true) = (betrayal, config.trust.hostile_makes_new) else {
        return Ok(standing);
    };
    let reason = format!("{} in {}", finding.rule, place(finding));
    Move::to(standing.trust, Trust::New, reason)
        .write(tx, account, None)
        .await?;
    Ok(Standing {
        trust: Trust::New,
        ..standing
    })
}

fn ruling(found: &[Finding], standing: Standing, items_ready: i64) -> Ruling {
    let worst = found
        .iter()
        .max_by_key(|finding| (finding.severity, finding.file.is_some()));
    let hostile = found
        .iter()
        .any(|finding| HOSTILE_RULES.iter().any(|rule| finding.rule.starts_with(rule)));
    let most_severe = worst.map_or(FindingSeverity::Info, |finding| finding.severity);
    // A warning alone holds nothing of an elite contributor up.
    let bar = if standing.trust == Trust::Elite && !hostile {
        FindingSeverity::Warning
    } else {
        FindingSeverity::Info
    };
    match worst {
        Some(_) if items_ready == 0 && !hostile => Ruling::Reject,
        Some(finding) if most_severe > bar => Ruling::Review {
            severity: most_severe,
            reason: format!("{} in {}", finding.rule, place(finding)),
        },
        _ if standing.banned => Ruling::Review {
            severity: FindingSeverity::Warning,
            reason: "banned contributor".to_owned(),
        },
        _ if standing.trust == Trust::New => Ruling::Review {
            severity: FindingSeverity::Info,
            reason: "new contributor".to_owned(),
        },
        _ => Ruling::Publish,
    }
}

fn place(finding: &Finding) -> &str {
    finding.file.as_deref().unwrap_or("the pack")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::{file_finding, pack_finding};

    fn standing(trust: Trust) -> Standing {
        Standing { trust, banned: false }
    }

    fn review(severity: FindingSeverity, reason: &str) -> Ruling {
        Ruling::Review {
            severity,
            reason: reason.to_owned(),
        }
    }

    #[test]
    fn only_clean_packs_of_trusted_contributors_skip_review() {
        let info = pack_finding("note", FindingSeverity::Info, "x");
        let script = file_finding("a.svg", "active-content.script", FindingSeverity::Blocking, "x");
        let empty = file_finding("b.svg", "renders-nothing", FindingSeverity::Blocking, "x");
        let malware = file_finding("c.svg", "malware", FindingSeverity::Blocking, "x");
        let pack = pack_finding("malware", FindingSeverity::Blocking, "x");
        let trusted = standing(Trust::Trusted);
        assert_eq!(ruling(&[], trusted, 9), Ruling::Publish);
        assert_eq!(ruling(&[info], trusted, 9), Ruling::Publish);
        assert_eq!(
            ruling(&[], standing(Trust::New), 9),
            review(FindingSeverity::Info, "new contributor")
        );
        assert_eq!(
            ruling(&[script], trusted, 9),
            review(FindingSeverity::Blocking, "active-content.script in a.svg")
        );
        assert_eq!(ruling(std::slice::from_ref(&empty), trusted, 0), Ruling::Reject);
        assert_eq!(
            ruling(&[empty], trusted, 9),
            review(FindingSeverity::Blocking, "renders-nothing in b.svg")
        );
        assert_eq!(
            ruling(&[pack, malware], trusted, 0),
            review(FindingSeverity::Blocking, "malware in c.svg")
        );
    }

    #[test]
    fn warnings_of_the_elite_hold_nothing_up_unless_they_may_be_hostile() {
        let odd = file_finding("a.svg", "huge-viewbox", FindingSeverity::Warning, "x");
        let unscannable = pack_finding("unscannable", FindingSeverity::Warning, "x");
        let empty = file_finding("b.svg", "renders-nothing", FindingSeverity::Blocking, "x");
        let elite = standing(Trust::Elite);
        assert_eq!(ruling(std::slice::from_ref(&odd), elite, 9), Ruling::Publish);
        assert_eq!(
            ruling(std::slice::from_ref(&odd), standing(Trust::Trusted), 9),
            review(FindingSeverity::Warning, "huge-viewbox in a.svg")
        );
        assert_eq!(
            ruling(&[unscannable], elite, 9),
            review(FindingSeverity::Warning, "unscannable in the pack")
        );
        assert_eq!(
            ruling(&[odd, empty], elite, 9),
            review(FindingSeverity::Blocking, "renders-nothing in b.svg")
        );
    }

    #[test]
    fn nothing_of_a_banned_contributor_is_published_without_a_moderator() {
        let banned = Standing {
            trust: Trust::Elite,
            banned: true,
        };
        assert_eq!(
            ruling(&[], banned, 9),
            review(FindingSeverity::Warning, "banned contributor")
        );
    }
}
