//! What keys and news do, without a terminal and without a daemon.

mod bulk;
mod campaigns;
mod claiming;
mod dead;
mod deciding;
mod desk;
mod looking;
mod looks;
mod refusing;
mod turning;
mod undoing;

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tradepost_common::events::Event;
use tradepost_common::overview::Role;
use tradepost_common::problem::Problem;
use tradepost_common::review::Decision;

use super::case::Claim;
use super::message::{Read, Update, Write};
use super::prompt::Prompt;
use super::screen::Screen;
use crate::client::Failure;
use crate::shell::{self, Action, App, Effect, Link, Marking};
use crate::view::testdata::{self, case_id};

fn writes(app: &mut App) -> Vec<Write> {
    app.take_writes()
}

/// Armed, with the first case open, read, claimed and looked at.
fn reviewing() -> App {
    let mut app = testdata::app_with_cases();
    app.act(Action::Arm);
    app.act(Action::Open);
    app.hear(Update::Case(case_id(1), Ok(Box::new(testdata::detail(1)))));
    app.hear(Update::Claimed(case_id(1), Ok(testdata::case(1))));
    app.shell.clock.instant += Duration::from_secs(2);
    app.shell.effects.clear();
    app
}

fn status(app: &App) -> &str {
    app.shell.status.as_ref().map_or("", |s| s.text.as_str())
}

fn problem(status: u16, code: &str, title: &str) -> Failure {
    Failure::Problem(Box::new(Problem {
        kind: format!("/docs/problems#{code}"),
        status,
        code: code.to_owned(),
        title: title.to_owned(),
        detail: None,
        faults: Vec::new(),
    }))
}

fn conflict() -> Failure {
    problem(409, "case-claimed", "Somebody else holds this case")
}

fn gone() -> Failure {
    Failure::Unreachable("gone".to_owned())
}

fn approved() -> Decision {
    Decision {
        outcome: tradepost_common::review::CaseOutcome::Approved,
        by: "root".to_owned(),
        reason: None,
        at: testdata::NOW,
        items_published: 3,
        items_rejected: 2,
        banned: false,
        undo_until: Some(testdata::NOW + time::Duration::minutes(10)),
        undone_by: None,
    }
}

fn answered(app: &mut App, case: u128, reply: Result<Decision, Failure>) {
    let title = format!("birds {case} / line");
    app.hear(Update::Decided {
        case: case_id(case),
        title,
        reply,
    });
}

/// Time goes by, so that what came up was looked at.
fn wait(app: &mut App, seconds: u64) {
    app.shell.clock.instant += Duration::from_secs(seconds);
    app.shell.clock.utc += time::Duration::seconds(seconds as i64);
}

#[test]
fn nothing_is_written_until_w_is_pressed_and_not_after_ten_minutes() {
    let mut app = testdata::app();
    app.go("queues");
    app.act(Action::Letter('P'));
    assert_eq!(
        (writes(&mut app), status(&app)),
        (vec![], "read-only: press W to arm writing")
    );
    app.act(Action::Arm);
    app.act(Action::Letter('P'));
    assert_eq!(writes(&mut app), [Write::Pause("scan".to_owned())]);
    app.shell.clock.instant += Duration::from_secs(601);
    app.tick();
    app.act(Action::Letter('P'));
    assert_eq!(writes(&mut app), []);
}

#[test]
fn undo_key_that_is_held_down_takes_back_one_decision() {
    let mut app = testdata::app_with_cases();
    app.act(Action::Arm);
    for n in 1..=3 {
        let (legacy, cx) = app.both();
        legacy.remember(cx, vec![case_id(n)], format!("birds {n}"), "approved");
    }
    let key = KeyEvent::new(KeyCode::Char('u'), KeyModifiers::NONE);
    for _ in 0..10 {
        app.key(key);
        app.shell.clock.instant += Duration::from_millis(30);
    }
    let is_undo = |write: &Write| matches!(write, Write::Undo(_));
    assert_eq!(writes(&mut app).iter().filter(|w| is_undo(w)).count(), 1);
    app.shell.clock.instant += Duration::from_secs(1);
    app.key(key);
    assert_eq!(writes(&mut app).iter().filter(|w| is_undo(w)).count(), 1);
}

#[test]
fn viewer_is_told_what_is_missing() {
    let mut app = testdata::app();
    if let Some(you) = &mut app.shell.you {
        you.roles = vec![Role::Viewer];
    }
    app.act(Action::Arm);
    assert!(app.shell.armed_for().is_none());
    assert!(status(&app).contains("may only look"));
}

#[test]
fn frozen_screen_stands_still_and_catches_up() {
    let mut app = testdata::app();
    app.act(Action::Freeze);
    app.update(shell::Update::Event(Event::Queues {
        queues: vec![testdata::queue("scan", 9)],
    }));
    assert_eq!(app.queues.rows().len(), 2);
    app.act(Action::Freeze);
    assert_eq!(app.queues.rows()[0].depth, 9);
}

#[test]
fn after_a_lost_line_lists_are_read_again() {
    let mut app = testdata::app_with_cases();
    app.update(shell::Update::Link(Link::Lost {
        why: "gone".to_owned(),
        retry: Duration::from_millis(500),
    }));
    assert!(app.shell.effects.is_empty());
    app.update(shell::Update::Link(Link::Live));
    app.update(shell::Update::Event(Event::Snapshot(Box::new(testdata::snapshot()))));
    assert!(app.reads().iter().any(|read| matches!(read, Read::Cases(..))));
}

#[test]
fn palette_finds_commands_and_never_decides_cases() {
    let app = testdata::app();
    let entries = |typed| shell::palette_words(typed, &app.screens, &app.shell);
    assert_eq!(entries("que")[0], "queues");
    assert!(entries("pause ren").contains(&"pause queue render".to_owned()));
    let all = entries("");
    assert!(
        all.iter()
            .all(|words| !words.contains("approve") && !words.contains("reject"))
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
