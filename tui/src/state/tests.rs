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
    app.hear(Update::Case(case_id(1), Ok(Box::new(testdata::detail(1)))));
    app.hear(Update::Claimed(case_id(1), Ok(testdata::case(1))));
    app.clock.instant += Duration::from_secs(2);
    app.effects.clear();
    app
}

fn status(app: &App) -> &str {
    app.status.as_ref().map_or("", |s| s.text.as_str())
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
    app.clock.instant += Duration::from_secs(seconds);
    app.clock.utc += time::Duration::seconds(seconds as i64);
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
    assert!(app.effects.iter().any(|e| matches!(e, Effect::Read(Read::Cases(..)))));
}

#[test]
fn palette_finds_commands_and_never_decides_cases() {
    let app = testdata::app();
    assert_eq!(app.entries("que")[0].words, "queues");
    assert!(app.entries("pause ren").iter().any(|e| e.words == "pause queue render"));
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
