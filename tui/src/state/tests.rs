//! What keys and news do, without a terminal and without a daemon.

mod dead;
mod looking;
mod turning;

use std::time::Duration;

use tradepost_common::events::Event;
use tradepost_common::overview::Role;
use tradepost_common::problem::Problem;
use tradepost_common::review::Decision;

use super::App;
use super::case::Claim;
use super::prompt::Prompt;
use super::screen::Screen;
use crate::client::Failure;
use crate::input::{Action, Review, Typed};
use crate::message::{Effect, Link, Read, Update, Write};
use crate::view::testdata::{self, case_id};

fn writes(app: &mut App) -> Vec<Write> {
    let effects = std::mem::take(&mut app.effects);
    effects
        .into_iter()
        .filter_map(|e| if let Effect::Write(w) = e { Some(w) } else { None })
        .collect()
}

/// Armed, with the first case open, read, claimed and looked at.
fn reviewing() -> App {
    let mut app = testdata::app_with_cases();
    app.act(Action::Arm);
    app.act(Action::Open);
    app.hear(Update::Case(case_id(1), Ok(testdata::detail(1))));
    app.hear(Update::Claimed(case_id(1), Ok(testdata::case(1))));
    app.clock.instant += Duration::from_secs(2);
    app.effects.clear();
    app
}

fn status(app: &App) -> &str {
    app.status.as_ref().map_or("", |s| s.text.as_str())
}

#[test]
fn nothing_is_written_until_w_is_pressed_and_not_after_ten_minutes() {
    let mut app = testdata::app();
    app.go(Screen::Queues);
    app.act(Action::TurnQueue);
    assert_eq!(
        (writes(&mut app), status(&app)),
        (vec![], "read-only: press W to arm writing")
    );
    app.act(Action::Arm);
    app.act(Action::TurnQueue);
    assert_eq!(writes(&mut app), [Write::Pause("scan".to_owned())]);
    app.clock.instant += Duration::from_secs(601);
    app.tick();
    app.act(Action::TurnQueue);
    assert_eq!(writes(&mut app), []);
}

#[test]
fn looking_at_a_case_unarmed_claims_nothing() {
    let mut app = testdata::app_with_cases();
    app.act(Action::Open);
    assert!(app.effects.contains(&Effect::Read(Read::Case(case_id(1)))));
    assert_eq!(writes(&mut app), []);
    app.act(Action::Arm);
    assert_eq!(writes(&mut app), [Write::Claim(case_id(1))]);
    app.act(Action::Back);
    assert_eq!(writes(&mut app), [Write::Release(case_id(1))]);
}

#[test]
fn approval_leaves_out_marked_files_and_brings_the_next_case_at_once() {
    let mut app = reviewing();
    app.act(Action::OtherPane);
    app.act(Action::Step(super::list::Step::Last));
    app.act(Action::Mark);
    app.act(Action::Review(Review::Approve));
    let done = writes(&mut app);
    let [Write::Approve { case, body, .. }, Write::Claim(next)] = &done[..] else {
        panic!("approve, then claim the next: {done:?}");
    };
    assert_eq!((*case, *next), (case_id(1), case_id(2)));
    assert_eq!(body.except, [testdata::detail(1).items[4].id]);
    assert_eq!(status(&app), "approving 2 files; 3 left out (2 blocked, 1 marked) …");
    assert_eq!(app.case.as_ref().unwrap().id, case_id(2));
    assert_eq!(app.cases.list.rows().len(), 2);
}

#[test]
fn key_meant_for_the_last_case_does_not_decide_the_next() {
    let mut app = reviewing();
    app.act(Action::Review(Review::Approve));
    app.hear(Update::Case(case_id(2), Ok(testdata::detail(2))));
    writes(&mut app);
    app.act(Action::Review(Review::Approve));
    assert_eq!(
        (writes(&mut app), status(&app)),
        (vec![], "a new case came up; look at it first")
    );
    app.clock.instant += Duration::from_secs(1);
    app.act(Action::Review(Review::Approve));
    assert!(matches!(writes(&mut app)[..], [Write::Approve { .. }, Write::Claim(_)]));
}

#[test]
fn key_that_is_held_down_is_noticed() {
    let mut app = testdata::app();
    assert!(!app.is_held_down('a'));
    app.clock.instant += Duration::from_millis(30);
    assert!(app.is_held_down('a'));
    app.clock.instant += Duration::from_millis(400);
    assert!(!app.is_held_down('a'));
    assert!(!app.is_held_down('x'));
}

#[test]
fn rejection_needs_a_reason_and_takes_the_note_along() {
    let mut app = reviewing();
    app.act(Action::Review(Review::AskReason));
    app.act(Action::Prompt(Typed::NoteAlone));
    assert_eq!((writes(&mut app), app.prompt.clone()), (vec![], Some(Prompt::Reasons)));
    app.act(Action::Prompt(Typed::EditNote));
    app.paste("lucide's arrow");
    app.act(Action::Prompt(Typed::Done));
    assert_eq!(writes(&mut app), [], "Enter decides nothing");
    app.act(Action::Review(Review::AskReason));
    app.act(Action::Prompt(Typed::Reason(3)));
    let done = writes(&mut app);
    let Write::Reject { case, body, .. } = &done[0] else {
        panic!("no rejection: {done:?}");
    };
    assert_eq!(*case, case_id(1));
    assert_eq!(
        body.reason.as_deref(),
        Some("Copies somebody else's work: lucide's arrow")
    );
}

#[test]
fn case_held_by_somebody_else_cannot_be_decided() {
    let mut app = testdata::app_with_cases();
    app.act(Action::Arm);
    app.act(Action::Open);
    app.hear(Update::Case(case_id(1), Ok(testdata::detail(1))));
    app.hear(Update::Claimed(case_id(1), Err(conflict())));
    app.clock.instant += Duration::from_secs(2);
    writes(&mut app);
    assert!(matches!(app.case.as_ref().unwrap().claim, Claim::Refused(_)));
    app.act(Action::Review(Review::Approve));
    assert_eq!(writes(&mut app), []);
    app.act(Action::Review(Review::Skip));
    assert_eq!(
        writes(&mut app),
        [Write::Claim(case_id(2))],
        "what is not held is not given back"
    );
}

fn conflict() -> Failure {
    Failure::Problem(Box::new(Problem {
        kind: "/docs/problems#case-claimed".to_owned(),
        status: 409,
        code: "case-claimed".to_owned(),
        title: "Somebody else holds this case".to_owned(),
        detail: None,
        faults: Vec::new(),
    }))
}

#[test]
fn failed_decision_is_loud_and_the_case_comes_back() {
    let mut app = reviewing();
    app.act(Action::Review(Review::Approve));
    let reply = Err(Failure::Unreachable("gone".to_owned()));
    app.hear(Update::Decided {
        case: case_id(1),
        title: "birds".to_owned(),
        reply,
    });
    assert_eq!(status(&app), "birds is NOT decided: gone");
    assert!(app.effects.iter().any(|e| matches!(e, Effect::Read(Read::Cases(_)))));
}

#[test]
fn page_from_before_a_decision_does_not_bring_the_case_back() {
    let mut app = reviewing();
    app.act(Action::Review(Review::Approve));
    let rows = vec![testdata::case(1), testdata::case(2)];
    let ask = super::paged::Ask { cursor: None };
    app.hear(Update::Cases(ask, Ok(tradepost_common::Page { rows, next: None })));
    assert_eq!(app.cases.list.rows().len(), 1);
    let decision = Decision {
        banned: false,
        undo_until: None,
        undone_by: None,
        outcome: "approved".to_owned(),
        by: "root".to_owned(),
        reason: None,
        at: testdata::NOW,
        items_published: 3,
        items_rejected: 2,
    };
    app.hear(Update::Decided {
        case: case_id(1),
        title: "birds".to_owned(),
        reply: Ok(decision),
    });
    assert_eq!(status(&app), "birds approved: 3 published, 2 left out");
}

#[test]
fn viewer_is_told_what_is_missing() {
    let mut app = testdata::app();
    if let Some(you) = &mut app.you {
        you.roles = vec![Role::Viewer];
    }
    app.act(Action::Arm);
    assert!(app.armed_for().is_none());
    assert!(status(&app).contains("may only look"));
}

#[test]
fn frozen_screen_stands_still_and_catches_up() {
    let mut app = testdata::app();
    app.act(Action::Freeze);
    app.hear(Update::Event(Event::Queues {
        queues: vec![testdata::queue("scan", 9)],
    }));
    assert_eq!(app.queues.rows().len(), 2);
    app.act(Action::Freeze);
    assert_eq!(app.queues.rows()[0].depth, 9);
}

#[test]
fn after_a_lost_line_lists_are_read_again() {
    let mut app = testdata::app_with_cases();
    app.hear(Update::Link(Link::Lost {
        why: "gone".to_owned(),
        retry: Duration::from_millis(500),
    }));
    assert_eq!(app.effects, []);
    app.hear(Update::Link(Link::Live));
    app.hear(Update::Event(Event::Snapshot(Box::new(testdata::snapshot()))));
    assert!(app.effects.iter().any(|e| matches!(e, Effect::Read(Read::Cases(_)))));
}

#[test]
fn palette_finds_commands_and_never_decides_cases() {
    let app = testdata::app();
    assert_eq!(app.entries("que")[0].words, "queues");
    assert!(app.entries("pause ima").iter().any(|e| e.words == "pause queue image"));
    assert!(
        app.entries("")
            .iter()
            .all(|e| !e.words.contains("approve") && !e.words.contains("reject"))
    );
}

#[test]
fn pasted_text_never_becomes_keys() {
    let mut app = reviewing();
    app.paste("aaa");
    assert_eq!(writes(&mut app), []);
    app.act(Action::AskFilter);
    app.paste("arrow");
    assert_eq!(app.case.as_ref().unwrap().findings.filter().text, "arrow");
}

#[test]
fn claim_is_renewed_while_somebody_looks_and_is_armed() {
    let mut app = reviewing();
    app.clock.instant += Duration::from_secs(121);
    app.tick();
    assert_eq!(writes(&mut app), [Write::Claim(case_id(1))]);
    app.tick();
    assert_eq!(writes(&mut app), []);
    app.clock.instant += Duration::from_secs(600);
    app.tick();
    assert_eq!(writes(&mut app), [], "no longer armed");
}

#[test]
fn case_on_the_screen_is_read_again_when_cases_change() {
    let mut app = reviewing();
    let revisions = tradepost_common::events::Revisions {
        cases: 9,
        ..app.revisions
    };
    app.hear(Update::Event(Event::Changed(revisions)));
    assert!(app.effects.contains(&Effect::Read(Read::Case(case_id(1)))));
    app.effects.clear();
    app.hear(Update::Event(Event::Tick { at: testdata::NOW }));
    assert!(
        !app.effects.contains(&Effect::Read(Read::Case(case_id(1)))),
        "one question at a time"
    );
}
