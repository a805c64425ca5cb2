//! Dead letters as people see them; keys, replies and news.

mod acting;
mod data;
mod editing;
mod searching;

use std::time::Duration;

use tradepost_common::operations::{OperationState, Selection};
use tradepost_common::problem::Fault;

use super::edit::CheckEdit;
use super::*;
use crate::client::Failure;
use crate::list::Step;
use crate::screen::testing::{assert_sizes, large_screen, lines, screen};
use crate::shell::{App, Marking};
use crate::testdata::operations::{id as operation_id, operation};
use crate::theme::Theme;
use data::message_id;
use plan::PlanRequest;
use selected::ActsOn;

const REDRIVE: Action = Action::Letter('R');
const DISCARD: Action = Action::Letter('D');
const PURGE: Action = Action::Letter('X');
const EDIT: Action = Action::Letter('E');

fn armed(mut app: App) -> App {
    app.act(Action::Arm);
    app
}

fn dead(app: &mut App) -> &mut DeadLetters {
    app.screens.get()
}

fn plan(app: &mut App) -> &mut Plan {
    dead(app).plan.as_mut().unwrap()
}

/// The requests about plans that wait to be sent.
fn writes(app: &mut App) -> Vec<PlanRequest> {
    let sent = app.sent();
    app.shell.effects.clear();
    sent
}

/// The daemon has made the plan.
fn make(app: &mut App, state: OperationState) {
    let new = plan(app).new.clone();
    let mut operation = operation(9, state);
    (operation.kind, operation.reason) = (new.kind, new.reason.clone());
    let ticket = dead(app).tickets;
    app.answer(PlanRequest::Make { ticket, new }, Ok(operation));
}

/// A plan of that key, with the first reason if it needs one.
fn planned(app: App, key: Action) -> App {
    let mut app = armed(app);
    app.act(key);
    if dead(&mut app).plan.is_none() {
        app.press('1');
    }
    make(&mut app, OperationState::Planned);
    app
}

/// The payload of the letter comes back from the editor.
fn edited(text: &str) -> App {
    let mut app = armed(data::app_with_letter());
    app.act(EDIT);
    app.edit_ends(text);
    app
}

/// Both sizes of one screen.
macro_rules! both {
    ($app:expr) => {{
        let mut app = $app;
        insta::assert_snapshot!(screen(&mut app));
        insta::assert_snapshot!(large_screen(&mut app));
    }};
}

#[test]
fn groups_are_listed_with_their_error_in_full() {
    assert_sizes!("groups", data::app_with_groups());
}

#[test]
fn letters_are_marked_and_say_how_often_they_failed_again() {
    let mut app = data::app_with_letters();
    app.act(Action::Mark(Marking::One));
    assert_sizes!("letters", app);
}

#[test]
fn letter_shows_everything_that_is_known() {
    assert_sizes!("letter", data::app_with_letter());
}

#[test]
fn plan_says_what_is_left_out_and_asks() {
    both!(planned(data::app_with_letters(), REDRIVE));
}

#[test]
fn purge_asks_for_the_name_of_the_queue() {
    let mut app = planned(data::app_with_groups(), PURGE);
    app.shell.clock.instant += Duration::from_secs(1);
    for c in "yren".chars() {
        app.press(c);
    }
    insta::assert_snapshot!(screen(&mut app));
}

#[test]
fn giving_up_asks_for_a_reason() {
    let mut app = armed(data::app_with_letter());
    app.act(DISCARD);
    insta::assert_snapshot!(screen(&mut app));
}

#[test]
fn edit_shows_what_would_change_or_the_fault() {
    let mut app = edited("{}");
    let asked = app.sent::<CheckEdit>().remove(0);
    app.answer(asked.clone(), Ok(data::check()));
    insta::assert_snapshot!(screen(&mut app));

    let mut app = edited("{}");
    let mut check = data::check();
    check.faults.push(Fault {
        at: "/payload/path".to_owned(),
        message: "missing field".to_owned(),
    });
    app.answer(asked, Ok(check));
    let shown = screen(&mut app);
    assert!(shown.contains("/payload/path: missing field"), "{shown}");
    assert!(shown.contains("e edit again") && !shown.contains("y send"), "{shown}");
}

#[test]
fn edit_that_is_no_json_shows_the_line() {
    let shown = screen(&mut edited("{\n  \"path\": icons\n}"));
    assert!(shown.contains("   2 │   \"path\": icons"), "{shown}");
    assert!(shown.contains("line 2"), "{shown}");
}

#[test]
fn nothing_is_said_by_colour_alone() {
    let mut app = planned(data::app_with_letters(), REDRIVE);
    app.shell.theme = Theme::Mono;
    let mut terminal = ratatui::Terminal::new(ratatui::backend::TestBackend::new(80, 24)).unwrap();
    terminal.draw(|frame| app.draw(frame)).unwrap();
    let cells = &terminal.backend().buffer().content;
    let plain = ratatui::style::Color::Reset;
    assert!(cells.iter().all(|cell| cell.fg == plain && cell.bg == plain));
}

#[test]
fn every_page_fits_every_size() {
    let apps: [fn() -> App; 4] = [
        data::app_with_groups,
        data::app_with_letters,
        data::app_with_letter,
        || planned(data::app_with_groups(), PURGE),
    ];
    for make in apps {
        for (width, height) in [(80, 24), (120, 40), (200, 60), (60, 16), (20, 5)] {
            let mut app = make();
            app.act(Action::Step(Step::Last));
            lines(&mut app, width, height);
            app.act(Action::Open);
            lines(&mut app, width, height);
        }
    }
}

#[test]
fn esc_leads_back_to_where_the_letter_was_opened() {
    for (from, to) in [("operations", "operations"), ("dead-letters", "dead-letters")] {
        let mut app = data::app_with_letters();
        app.go(from);
        app.shell.open(Destination::DeadLetter(message_id(3)));
        app.tick();
        assert_eq!(app.shell.page.name, "dead-letter");
        app.act(Action::Back);
        assert_eq!(app.shell.page.name, to);
    }
}
