//! Stores fingerprints, compares packs, groups cases.

use std::collections::BTreeMap;

use sqlx::{PgConnection, PgExecutor, PgPool};
use tradepost_common::ids::UploadId;
use tradepost_common::review::{LookAlike, Relation, similar_percent};
use tradepost_common::uploads::{Finding, FindingSeverity};
use uuid::Uuid;

pub use super::queries::{cluster, record};
use super::{LOOK_RADIUS, Match, Prints, queries};
use crate::catalog::listing::{self, Item};
use crate::error::{ApiError, ApiResult};
use crate::findings::{self, file_finding};
use crate::uploads::service as uploads;

/// Matches that are kept of one file.
const MOST_OF_A_FILE: i64 = 20;
/// Findings about one pack; a copy of a whole pack needs no finding for each file.
const MOST_FINDINGS: usize = 200;
/// Looked up of one item: some are not published.
const MOST_COMPARED: i64 = 200;
/// Shown to a moderator, and of what looks like an item.
const MOST_SHOWN: i64 = 50;

/// Compares a pack whose files are all settled with everything else, and keeps what it finds: the matches, the findings, and
/// nothing twice; an upload at rest is left alone. To be called in another transaction than those that recorded the prints, before the policy decides.
pub async fn compare(tx: &mut PgConnection, upload: UploadId) -> sqlx::Result<Vec<Match>> {
    let is_new = uploads::lock(&mut *tx, upload)
        .await?
        .is_some_and(|upload| !upload.state.is_settled());
    if !is_new {
        // The contributor who came first learns nothing of a later one.
        return Ok(Vec::new());
    }
    let matches = find(&mut *tx, upload).await?;
    let new = queries::insert_matches(&mut *tx, upload, &matches).await?;
    let found: Vec<_> = matches
        .iter()
        .filter(|found| new.contains(&(found.item.0, found.other.0)))
        .collect();
    findings::insert(tx, upload, &as_findings(&found)).await?;
    Ok(matches)
}

/// The files of other packs that those of this one are like, the closest relation of each pair; changes nothing.
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
pub async fn look_up(db: impl PgExecutor<'_>, look: u64) -> sqlx::Result<Vec<(Uuid, i32)>> {
    queries::look_up(db, look.cast_signed(), LOOK_RADIUS, MOST_OF_A_FILE as i32).await
}

/// Published items with the same outlines as one, or whose picture looks like its own, with their similarity in percent: the most alike
/// first, at most 50.
///
/// # Errors
/// Not found.
pub async fn similar(db: &PgPool, item: Uuid) -> ApiResult<Vec<(Item, i32)>> {
    if listing::items(db, &[item]).await?.is_empty() {
        return Err(ApiError::NotFound("item"));
    }
    let found = queries::similar(db, item, LOOK_RADIUS, MOST_COMPARED).await?;
    published(db, found).await
}

/// Published items that look like a picture, as [`similar()`].
pub async fn similar_to(db: &PgPool, prints: &Prints) -> ApiResult<Vec<(Item, i32)>> {
    let found = queries::similar_to(db, prints, LOOK_RADIUS, MOST_COMPARED).await?;
    published(db, found).await
}

async fn published(db: &PgPool, found: Vec<(Uuid, i32)>) -> ApiResult<Vec<(Item, i32)>> {
    let ids: Vec<_> = found.iter().map(|(id, _)| *id).collect();
    let distances: BTreeMap<_, _> = found.into_iter().collect();
    let mut items = listing::items(db, &ids).await?;
    items.truncate(MOST_SHOWN as usize);
    Ok(items
        .into_iter()
        .map(|item| {
            let distance = distances[&item.id];
            (item, similar_percent(distance))
        })
        .collect())
}

/// Look-alikes of the files of an upload, whichever of the two came first, for its case: the closest first, at most 50.
pub async fn look_alikes(db: &PgPool, upload: UploadId) -> sqlx::Result<Vec<LookAlike>> {
    queries::look_alikes(db, upload, MOST_SHOWN).await
}

/// The contributor of a file that another one is like, seen from that other one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Owner {
    Same,
    Other,
}

/// One finding for a file and a relation: the most serious. The contributor reads them, so they do not name the other contributor.
fn as_findings(matches: &[&Match]) -> Vec<Finding> {
    let mut worst = BTreeMap::<(&str, Relation), (Owner, i32)>::new();
    for one in matches {
        let owner = if one.same_contributor {
            Owner::Same
        } else {
            Owner::Other
        };
        let known = worst.entry((&one.path, one.relation)).or_insert((owner, one.distance));
        *known = (known.0.max(owner), known.1.min(one.distance));
    }
    let mut findings: Vec<_> = worst
        .into_iter()
        .map(|((path, relation), (owner, distance))| finding(path, relation, owner, distance))
        .collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    findings.truncate(MOST_FINDINGS);
    findings
}

fn finding(path: &str, relation: Relation, owner: Owner, distance: i32) -> Finding {
    let (whose, severity) = match owner {
        Owner::Other => ("of another contributor", FindingSeverity::Warning),
        Owner::Same => ("of an earlier pack of yours", FindingSeverity::Info),
    };
    let (rule, message) = match relation {
        Relation::Exact => ("copy.exact", format!("It is the same file as one {whose}.")),
        Relation::Geometry => ("copy.geometry", format!("It has the same outlines as a file {whose}.")),
        Relation::Look => {
            let percent = similar_percent(distance);
            let message = format!("It looks like a file {whose} ({percent} % similar).");
            ("copy.look", message)
        }
    };
    file_finding(path, rule, severity, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tradepost_common::ids::ItemId;

    fn found(path: &str, relation: Relation, distance: i32, owner: Owner) -> Match {
        Match {
            item: ItemId(Uuid::from_u128(1)),
            path: path.to_owned(),
            other: ItemId(Uuid::from_u128(2)),
            other_upload: UploadId::new(),
            relation,
            distance,
            same_contributor: owner == Owner::Same,
        }
    }

    #[test]
    fn a_copy_of_anothers_file_is_a_warning_and_of_ones_own_is_a_note() {
        let own = found("a.svg", Relation::Exact, 0, Owner::Same);
        let theirs = found("a.svg", Relation::Exact, 0, Owner::Other);
        let look = found("b.svg", Relation::Look, 4, Owner::Same);
        let findings = as_findings(&[&own, &theirs, &look]);
        let seen: Vec<_> = findings.iter().map(|one| (one.rule.as_str(), one.severity)).collect();
        assert_eq!(
            seen,
            [
                ("copy.exact", FindingSeverity::Warning),
                ("copy.look", FindingSeverity::Info)
            ]
        );
        assert!(findings[1].message.contains("94 % similar"), "{findings:?}");
    }

    #[test]
    fn a_copied_pack_is_not_told_without_end() {
        let matches: Vec<_> = (0..1_000)
            .map(|n| found(&format!("{n}.svg"), Relation::Exact, 0, Owner::Other))
            .collect();
        assert_eq!(as_findings(&matches.iter().collect::<Vec<_>>()).len(), MOST_FINDINGS);
    }
}
