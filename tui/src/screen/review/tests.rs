//! The review by its keys, without a terminal and without a daemon.

mod bulk;
mod claiming;
mod data;
mod deciding;
mod desk;
mod looks;
mod refusing;
mod screens;
mod undoing;

use std::any::TypeId;
use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tradepost_common::Page as Rows;
use tradepost_common::events::Event;
use tradepost_common::overview::Role;
use tradepost_common::review::Decision;

use super::case::Claim;
use super::requests::{Read, Update, Write};
use super::*;
use crate::client::Failure;
use crate::paged::PageRequest;
use crate::screen::testing::refusal;
use crate::shell::{self, App, Confirm, Effect, Link, Marking};
use crate::testdata;
use data::case_id;

impl App {
    fn review(&self) -> &Review {
        let review = self.screens.peek(TypeId::of::<Review>());
        review.and_then(|any| any.downcast_ref()).unwrap()
    }

    fn review_mut(&mut self) -> &mut Review {
        self.screens.get()
    }

    fn arrived(&mut self, update: Update) {
        let review: &mut Review = self.screens.get();
        review.update(update, &mut self.shell);
        self.screens.settle(&mut self.shell);
    }
}

/// The prompt of that type.
fn prompt<P: 'static>(app: &App) -> Option<&P> {
    let prompt = app.shell.prompt.as_deref()? as &dyn std::any::Any;
    prompt.downcast_ref()
}

/// A live terminal with open cases read.
fn app_with_cases() -> App {
    let mut app = testdata::app();
    app.go("cases");
    let ask = crate::paged::PageRequest::default();
    let rows = (1..=3).map(data::case).collect();
    let query = CaseQuery::default();
    app.arrived(Update::Cases(query, ask, Ok(Rows::new(rows, None))));
    app.shell.effects.clear();
    app
}

fn writes(app: &mut App) -> Vec<Write> {
    app.drain_sent()
}

fn status(app: &App) -> &str {
    app.status()
}

fn problem(status: u16, code: &str, title: &str) -> Failure {
    refusal(status, code, title, &[])
}

fn gone() -> Failure {
    Failure::Unreachable("gone".to_owned())
}

/// Time goes by, so that what came up was looked at.
fn wait(app: &mut App, seconds: u64) {
    app.shell.clock.instant += Duration::from_secs(seconds);
    app.shell.clock.utc += time::Duration::seconds(seconds as i64);
}

/// Armed, with the first case open, read, claimed and looked at.
fn reviewing() -> App {
    let mut app = app_with_cases();
    app.act(Action::Arm);
    app.act(Action::Open);
    app.arrived(Update::Case(case_id(1), Ok(Box::new(data::detail(1)))));
    app.arrived(Update::Claimed(case_id(1), Ok(data::case(1))));
    app.shell.clock.instant += Duration::from_secs(2);
    app.shell.effects.clear();
    app
}

fn conflict() -> Failure {
    problem(409, "case-claimed", "Somebody else holds this case")
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
    app.arrived(Update::Decided {
        case: case_id(case),
        title,
        reply,
    });
}

#[test]
fn undo_key_that_is_held_down_takes_back_one_decision() {
    let mut app = app_with_cases();
    app.act(Action::Arm);
    for n in 1..=3 {
        let review: &mut Review = app.screens.get();
        let cx = &mut app.shell;
        review.remember(cx, vec![case_id(n)], format!("birds {n}"), "approved");
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
fn after_a_lost_line_lists_are_read_again() {
    let mut app = app_with_cases();
    app.update(shell::Update::Link(Link::Lost {
        why: "gone".to_owned(),
        retry: Duration::from_millis(500),
    }));
    assert!(app.shell.effects.is_empty());
    app.update(shell::Update::Link(Link::Live));
    app.update(shell::Update::Event(Event::Snapshot(Box::new(testdata::snapshot()))));
    assert!(app.sent::<Read>().iter().any(|read| matches!(read, Read::Cases(..))));
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
    assert_eq!(app.review().case.as_ref().unwrap().findings.filter().text, "arrow");
}
