//! Fixed dead letters.

use tradepost_common::dead::{
    DeadAttempt, DeadAttributes, DeadDetail, DeadGroup, DeadGroups, DeadPage, DeadRow, DiffKind, DiffLine, EditCheck,
    Links, Part, Snapshot,
};
use tradepost_common::ids::{ItemId, MessageId, SetId, UploadId};
use tradepost_common::operations::Selection;
use tradepost_common::queues::{Attempt, AttemptOutcome, Backend, Lane};
use uuid::Uuid;

use crate::list::Step;
use crate::screen::dead_letters::groups::ReadGroups;
use crate::screen::dead_letters::letter::ReadLetter;
use crate::screen::dead_letters::letters::ReadLetters;
use crate::shell::{Action, App};
use crate::testdata::operations::{PRINT, id as operation_id};
use crate::testdata::{self, NOW, ago};

pub fn message_id(n: u128) -> MessageId {
    MessageId(Uuid::from_u128(n))
}

pub fn snapshot() -> Snapshot {
    Snapshot { upper: 900, at: NOW }
}

fn group(queue: &str, fingerprint: &str, error: &str, messages: i64) -> DeadGroup {
    DeadGroup {
        queue: queue.to_owned(),
        fingerprint: fingerprint.to_owned(),
        error: error.to_owned(),
        messages,
        refailed: messages / 100,
        first_died_at: ago(90_000),
        last_died_at: ago(40),
    }
}

pub fn groups() -> DeadGroups {
    DeadGroups {
        groups: vec![
            group(
                "render",
                PRINT,
                "jail child ended with signal 9 (icons/broken.svg)",
                1204,
            ),
            group("scan", "fedcba9876543210", "clamd does not answer", 3),
        ],
        snapshot: snapshot(),
        messages: 1207,
    }
}

pub fn letter(n: u128) -> DeadRow {
    DeadRow {
        id: message_id(n),
        seq: 900 - n as i64,
        queue: "render".to_owned(),
        fingerprint: PRINT.to_owned(),
        error: "jail child ended with signal 9".to_owned(),
        subject: Some(format!("icons/broken-{n}.svg")),
        upload_id: Some(UploadId(Uuid::from_u128(1000))),
        attempts: 5,
        redrives: i32::from(n == 2) * 2,
        enqueued_at: ago(4000),
        died_at: ago(40 * n as i64),
    }
}

pub fn letters(range: std::ops::Range<u128>, next: Option<&str>) -> DeadPage {
    DeadPage {
        rows: range.map(letter).collect(),
        next: next.map(str::to_owned),
        snapshot: snapshot(),
    }
}

pub fn detail(n: u128) -> DeadDetail {
    let attempt = |attempt, redrives, error: &str| DeadAttempt {
        attempt: Attempt {
            queue: "render".to_owned(),
            message_id: message_id(n),
            attempt,
            file: Some("icons/broken.svg".to_owned()),
            error: error.to_owned(),
            outcome: match attempt {
                5 => AttemptOutcome::Dead,
                _ => AttemptOutcome::Retry,
            },
            at: ago(100),
            duration_ms: 5012,
        },
        worker: "mill:4711".to_owned(),
        redrives,
        fingerprint: PRINT.to_owned(),
    };
    DeadDetail {
        row: letter(n),
        payload: serde_json::json!({ "upload_id": Uuid::from_u128(1000), "path": "icons/broken.svg" }),
        attributes: DeadAttributes {
            lane: Lane::Interactive,
            backend: Backend::Postgres,
            receives: 6,
            payload_bytes: 91,
        },
        links: Links {
            upload_id: Some(UploadId(Uuid::from_u128(1000))),
            upload_state: Some("rendering".to_owned()),
            account: Some("anna".to_owned()),
            set_id: Some(SetId(Uuid::from_u128(2000))),
            item_id: Some(ItemId(Uuid::from_u128(3000))),
        },
        history: vec![
            attempt(5, 1, "jail child ended with signal 9"),
            attempt(4, 0, "jail child took more than 10 s"),
        ],
        left_out: (n == 2).then(|| "the upload is settled".to_owned()),
        operations: vec![Part {
            operation_id: operation_id(1),
            kind: "redrive".to_owned(),
            actor: "anna".to_owned(),
            state: "failed".to_owned(),
            at: ago(200),
        }],
    }
}

pub fn check() -> EditCheck {
    let line = |kind, text: &str| DiffLine {
        kind,
        text: text.to_owned(),
    };
    EditCheck {
        faults: Vec::new(),
        diff: vec![
            line(DiffKind::Same, "{"),
            line(DiffKind::Removed, "  \"path\": \"icons/broken.svg\","),
            line(DiffKind::Added, "  \"path\": \"icons/mended.svg\","),
        ],
    }
}

/// On the groups, with two of them.
pub fn app_with_groups() -> App {
    let mut app = testdata::app();
    app.go("dead-groups");
    app.answer(ReadGroups(Selection::default()), Ok(groups()));
    app.shell.effects.clear();
    app
}

/// On the messages of the first group.
pub fn app_with_letters() -> App {
    let mut app = app_with_groups();
    app.act(Action::Open);
    let asked = app.sent::<ReadLetters>().remove(0);
    app.answer(asked, Ok(letters(1..6, None)));
    app.shell.effects.clear();
    app
}

/// On the second message of the group.
pub fn app_with_letter() -> App {
    let mut app = app_with_letters();
    app.act(Action::Step(Step::Down));
    app.act(Action::Open);
    let asked = app.sent::<ReadLetter>().remove(0);
    assert_eq!(asked, ReadLetter(message_id(2)));
    app.answer(asked, Ok(detail(2)));
    app.shell.effects.clear();
    app
}
