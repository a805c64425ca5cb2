//! Cases for tests of the review desk.

use tradepost_common::catalog::FileState;
use tradepost_common::ids::{CaseId, ItemId, UploadId};
use tradepost_common::review::{
    CaseDetail, CaseItem, CaseOutcome, CaseRow, ContributorRecord, Decision, Letter, LetterKind, LookAlike,
    QuestionState, Relation, Source, SourceLine, Trust,
};
use tradepost_common::uploads::FindingSeverity;
use uuid::Uuid;

use crate::testdata::{NOW, ago, findings};

pub fn case_id(n: u128) -> CaseId {
    CaseId(Uuid::from_u128(n))
}

pub fn item_id(case: u128, n: u128) -> ItemId {
    ItemId(Uuid::from_u128(case * 100 + n))
}

pub const CLUSTER: Uuid = Uuid::from_u128(77);

pub fn case(n: u128) -> CaseRow {
    CaseRow {
        id: case_id(n),
        upload_id: UploadId(Uuid::from_u128(1000)),
        title: format!("birds {n} / line"),
        contributor: "anna".to_owned(),
        severity: if n == 1 {
            FindingSeverity::Blocking
        } else {
            FindingSeverity::Warning
        },
        reason: "malware in icons/eicar.svg".to_owned(),
        findings: 3,
        items: 5,
        items_blocked: 2,
        opened_at: ago(600),
        due_at: ago(if n == 1 { 300 } else { -7_500 }),
        trust: Trust::New,
        appeal: false,
        question: None,
        cluster: None,
        cluster_size: 1,
        claimed_by: None,
    }
}

/// An appeal with look-alikes, held by somebody else.
pub fn case_of_cluster(n: u128) -> CaseRow {
    CaseRow {
        appeal: n.is_multiple_of(2),
        question: (!n.is_multiple_of(2)).then_some(QuestionState::Answered),
        trust: Trust::Trusted,
        cluster: Some(CLUSTER),
        cluster_size: 12,
        claimed_by: n.is_multiple_of(2).then(|| "ben".to_owned()),
        ..case(n)
    }
}

pub fn detail(n: u128) -> CaseDetail {
    let item = |i: u128, path: &str, state: FileState, findings| CaseItem {
        id: item_id(n, i),
        path: path.to_owned(),
        title: "a picture".to_owned(),
        state,
        size_bytes: 1200,
        has_picture: i != 1,
        findings,
    };
    CaseDetail {
        case: case(n),
        record: record(),
        findings: findings(),
        items: vec![
            item(1, "icons/eicar.svg", FileState::Blocked, 1),
            item(2, "icons/script.svg", FileState::Blocked, 1),
            item(3, "icons/arrow.svg", FileState::Ready, 0),
            item(4, "icons/bird.svg", FileState::Ready, 0),
            item(5, "icons/cloud.svg", FileState::Ready, 0),
        ],
        licence: Some("CC-BY-4.0".to_owned()),
        look_alikes: Vec::new(),
        letters: Vec::new(),
        viewers: Vec::new(),
        claim_until: None,
        decision: None,
        history: Vec::new(),
    }
}

fn record() -> ContributorRecord {
    ContributorRecord {
        account: "anna".to_owned(),
        trust: Trust::New,
        trust_rule: "2 more published packs make it trusted".to_owned(),
        banned: false,
        uploads: 3,
        published: 1,
        rejected: 1,
        rejected_lately: 1,
        since: ago(86_400 * 40),
    }
}

/// A case with a picture of every file.
pub fn pictured(n: u128) -> CaseDetail {
    let mut detail = detail(n);
    for item in &mut detail.items {
        item.has_picture = true;
    }
    detail
}

/// A case with look-alikes, letters, another viewer and an earlier decision.
pub fn busy_detail(n: u128) -> CaseDetail {
    CaseDetail {
        case: CaseRow {
            appeal: true,
            cluster: Some(CLUSTER),
            cluster_size: 12,
            ..case(n)
        },
        look_alikes: vec![
            look_alike(n, 3, Relation::Geometry, "ben"),
            look_alike(n, 4, Relation::Look, "anna"),
        ],
        letters: vec![
            letter(LetterKind::Question, "root", "Did you draw these yourself?", 900),
            letter(LetterKind::Appeal, "anna", "Yes, the sources are in my studio.", 300),
        ],
        viewers: vec!["carla".to_owned()],
        history: vec![decided(CaseOutcome::Rejected)],
        ..detail(n)
    }
}

fn letter(kind: LetterKind, from: &str, text: &str, seconds: i64) -> Letter {
    Letter {
        kind,
        from: from.to_owned(),
        text: text.to_owned(),
        at: ago(seconds),
    }
}

pub fn look_alike(case: u128, item: u128, relation: Relation, contributor: &str) -> LookAlike {
    LookAlike {
        item: item_id(case, item),
        path: format!("icons/file-{item}.svg"),
        relation,
        distance: if relation == Relation::Look { 5 } else { 0 },
        other: item_id(900, item),
        other_path: format!("set/other-{item}.svg"),
        other_title: "fish / bold".to_owned(),
        other_contributor: contributor.to_owned(),
        other_state: FileState::Published,
        same_contributor: contributor == "anna",
        since: ago(3_600),
        other_since: ago(86_400 * 100),
    }
}

pub fn decided(outcome: CaseOutcome) -> Decision {
    Decision {
        outcome,
        by: "root".to_owned(),
        reason: Some("The pack contains malware.".to_owned()),
        at: ago(60),
        items_published: 0,
        items_rejected: 5,
        banned: false,
        undo_until: Some(NOW + time::Duration::seconds(540)),
        undone_by: None,
    }
}

/// Lines `first` to `last` of a file of `total`.
pub fn source(first: i32, last: i32, total: i32) -> Source {
    let lines = (first..=last).map(|n| SourceLine {
        first_column: 1,
        text: if n == 12 {
            "<g><script>fetch(1)</script></g>".to_owned()
        } else {
            format!("<path d=\"M{n} 0h24\"/>")
        },
        hidden: 0,
    });
    Source {
        first_line: first,
        lines: lines.collect(),
        total_lines: total,
    }
}
