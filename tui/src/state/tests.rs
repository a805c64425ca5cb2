//! Keys and news, without a terminal and without a daemon.

mod campaigns;
mod dead;
mod looking;
mod turning;

use std::time::Duration;

use crossterm::event::KeyCode;
use tradepost_common::events::Event;
use tradepost_common::overview::Role;
use tradepost_common::problem::Problem;

use super::message::{Read, Update, Write};
use super::prompt::Prompt;
use super::screen::Screen;
use crate::client::Failure;
use crate::shell::{self, Action, App, Link, Marking};
use crate::view::testdata;

fn writes(app: &mut App) -> Vec<Write> {
    app.take_writes()
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
