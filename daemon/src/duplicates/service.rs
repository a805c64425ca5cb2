//! Keeps prints, compares packs, groups cases.

use std::collections::BTreeMap;

use sqlx::{PgConnection, PgExecutor, PgPool};
use tradepost_common::ids::UploadId;
use tradepost_common::review::{LookAlike, Relation};
use tradepost_common::uploads::{Finding, FindingSeverity};
use uuid::Uuid;

use super::{LOOK_RADIUS, Match, Prints, queries};
use crate::catalog::service::Item;
use crate::uploads::findings;
use crate::uploads::service::{self as uploads, file_finding};

/// Matches that are kept of one file.
const MOST_OF_A_FILE: i64 = 20;
/// Findings about one pack; a copy of a whole pack needs not be told file by file.
const MOST_FINDINGS: usize = 200;
/// What a moderator is shown.
const MOST_SHOWN: i64 = 50;

/// Keeps what a file is recognised by, in the transaction that settles it. Without prints only its bytes are. Idempotent.
///
/// # Errors
/// When the database does not answer.
pub async fn record(tx: &mut PgConnection, upload: UploadId, item: &Item, prints: Option<&Prints>) -> sqlx::Result<()> {
    queries::insert_print(tx, upload, item, prints).await
}

/// Compares a pack whose files are all settled with everything else, and keeps what it finds: the matches, the findings, and
/// nothing twice; an upload at rest is left alone. To be called in another transaction than those that recorded the prints, before the policy decides.
///
/// # Errors
/// When the database does not answer.
pub async fn compare(tx: &mut PgConnection, upload: UploadId) -> sqlx::Result<Vec<Match>> {
    let is_new = uploads::lock(&mut *tx, upload)
        .await?
        .is_some_and(|upload| !upload.state.is_settled());
    if !is_new {
        // Who came first is not told of who came later.
        return Ok(Vec::new());
    }
    let matches = find(&mut *tx, upload).await?;
    let new = queries::insert_matches(&mut *tx, upload, &matches).await?;
    let told: Vec<_> = matches
        .iter()
        .filter(|found| new.contains(&(found.item.0, found.other.0)))
        .collect();
    findings::insert(tx, upload, &as_findings(&told)).await?;
    Ok(matches)
}

/// The files of other packs that those of this one are like, the closest relation of each pair; changes nothing.
///
/// # Errors
/// When the database does not answer.
pub async fn find(tx: &mut PgConnection, upload: UploadId) -> sqlx::Result<Vec<Match>> {
    let mut found = BTreeMap::<(Uuid, Uuid), Match>::new();
    let same = queries::same_bytes(&mut *tx, upload, MOST_OF_A_FILE).await?;
    let outlines = queries::same_geometry(&mut *tx, upload, MOST_OF_A_FILE).await?;
    let looks = queries::alike(&mut *tx, upload, LOOK_RADIUS, MOST_OF_A_FILE).await?;
    for one in same.into_iter().chain(outlines).chain(looks) {
        found.entry((one.item.0, one.other.0)).or_insert(one);
    }
    Ok(found.into_values().collect())
}

/// Files whose picture's hash differs from this one in at most [`LOOK_RADIUS`] bits, with the distance, the closest first.
///
/// # Errors
/// When the database does not answer.
pub async fn look_up(db: impl PgExecutor<'_>, look: u64) -> sqlx::Result<Vec<(Uuid, i32)>> {
    queries::look_up(db, look.cast_signed(), LOOK_RADIUS, MOST_OF_A_FILE as i32).await
}

/// What the files of an upload are like, whichever of the two came first, for its case: the closest first, at most 50.
///
/// # Errors
/// When the database does not answer.
pub async fn look_alikes(db: &PgPool, upload: UploadId) -> sqlx::Result<Vec<LookAlike>> {
    queries::look_alikes(db, upload, MOST_SHOWN).await
}

/// Puts the open case of an upload into one group with those of the files it is like. Answers with the group, when there is one.
/// Needs the column `cases.cluster_id`.
///
/// # Errors
/// When the database does not answer.
pub async fn cluster(tx: &mut PgConnection, upload: UploadId) -> sqlx::Result<Option<Uuid>> {
    queries::cluster(tx, upload).await
}

/// One finding for a file and a relation: the most serious. The contributor reads them, so they do not say whose the other file is.
fn as_findings(matches: &[&Match]) -> Vec<Finding> {
    let mut worst = BTreeMap::<(&str, Relation), (bool, i32)>::new();
    for one in matches {
        let of_others = !one.same_contributor;
        let known = worst
            .entry((&one.path, one.relation))
            .or_insert((of_others, one.distance));
        *known = (known.0 || of_others, known.1.min(one.distance));
    }
    let mut findings: Vec<_> = worst
        .into_iter()
        .map(|((path, relation), (of_others, distance))| finding(path, relation, of_others, distance))
        .collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    findings.truncate(MOST_FINDINGS);
    findings
}

fn finding(path: &str, relation: Relation, of_others: bool, distance: i32) -> Finding {
    let whose = if of_others {
        "of another contributor"
    } else {
        "of an earlier pack of yours"
    };
    let (rule, message) = match relation {
        Relation::Exact => ("copy.exact", format!("It is the same file as one {whose}.")),
        Relation::Geometry => ("copy.geometry", format!("It has the same outlines as a file {whose}.")),
        Relation::Look => {
            let message = format!("It looks like a file {whose} ({distance} of 64 bits differ).");
            ("copy.look", message)
        }
    };
    let severity = if of_others {
        FindingSeverity::Warning
    } else {
        FindingSeverity::Info
    };
    file_finding(path, rule, severity, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tradepost_common::ids::ItemId;

    fn found(path: &str, relation: Relation, distance: i32, same_contributor: bool) -> Match {
        Match {
            item: ItemId(Uuid::from_u128(1)),
            path: path.to_owned(),
            other: ItemId(Uuid::from_u128(2)),
            other_upload: UploadId::new(),
            relation,
            distance,
            same_contributor,
        }
    }

    #[test]
    fn a_copy_of_anothers_file_is_a_warning_and_of_ones_own_is_a_note() {
        let own = found("a.svg", Relation::Exact, 0, true);
        let theirs = found("a.svg", Relation::Exact, 0, false);
        let look = found("b.svg", Relation::Look, 4, true);
        let findings = as_findings(&[&own, &theirs, &look]);
        let told: Vec<_> = findings.iter().map(|one| (one.rule.as_str(), one.severity)).collect();
        assert_eq!(
            told,
            [
                ("copy.exact", FindingSeverity::Warning),
                ("copy.look", FindingSeverity::Info)
            ]
        );
        assert!(findings[1].message.contains("4 of 64"), "{findings:?}");
    }

    #[test]
    fn a_copied_pack_is_not_told_without_end() {
        let matches: Vec<_> = (0..1_000)
            .map(|n| found(&format!("{n}.svg"), Relation::Exact, 0, false))
            .collect();
        assert_eq!(as_findings(&matches.iter().collect::<Vec<_>>()).len(), MOST_FINDINGS);
    }
}
