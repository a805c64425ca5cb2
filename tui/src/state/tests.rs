//! Keys and news, without a terminal and without a daemon.

mod dead;
mod looking;

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
