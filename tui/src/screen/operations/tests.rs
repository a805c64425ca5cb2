//! Operations as people see them, and the keys that act on them.

use crossterm::event::KeyCode;
use tradepost_common::ids::MessageId;
use tradepost_common::operations::{ItemState, OperationItem, OperationState};
use uuid::Uuid;

use super::act::{SetRate, TurnOperation};
use super::detail::ReadItems;
use super::*;
use crate::client::Turn;
use crate::list::Step;
use crate::screen::testing::{assert_sizes, lines, screen};
use crate::shell::{App, Update};
use crate::testdata::operations::{id, operation};
use crate::testdata::{self, NOW, ago};

fn item(n: u128, state: ItemState) -> OperationItem {
    OperationItem {
        message_id: MessageId(Uuid::from_u128(n)),
        state,
        queue: "render".to_owned(),
        subject: Some(format!("icons/broken-{n}.svg")),
        reason: (state == ItemState::Failed).then(|| "jail child ended with signal 9".to_owned()),
        at: ago(10),
    }
}

fn event(operations: Vec<Operation>) -> Update {
    Update::Event(Event::Operations { operations })
}

/// On the list: one runs, one stopped.
fn opened() -> App {
    let mut app = testdata::app();
    let rows = vec![
        operation(2, OperationState::Running),
        operation(1, OperationState::Stopped),
    ];
    app.update(event(rows.clone()));
    app.go("operations");
    let asked = app.sent::<ReadOperations>().remove(0);
    app.answer(asked, Ok(Rows::new(rows, None)));
    app.shell.effects.clear();
    app
}

#[test]
fn operations_show_how_far_they_are() {
    assert_sizes!("operations", opened());
}

#[test]
fn operation_shows_its_messages() {
    let mut app = opened();
    app.act(Action::Open);
    let asked = app.sent::<ReadItems>().remove(0);
    let rows = vec![item(1, ItemState::Failed), item(2, ItemState::Done)];
    app.answer(asked, Ok(Rows::new(rows, None)));
    assert_sizes!("operation", app);
    app.act(Action::Back);
    assert_eq!(app.shell.page, list_page());
}

#[test]
fn pages_fit_every_size() {
    for (width, height) in [(80, 24), (120, 40), (200, 60), (60, 16), (20, 5)] {
        let mut app = opened();
        app.act(Action::Step(Step::Last));
        lines(&mut app, width, height);
        app.act(Action::Open);
        lines(&mut app, width, height);
    }
}

#[test]
fn what_runs_is_shown_at_the_foot_of_other_screens() {
    let mut app = opened();
    app.go("uploads");
    let shown = screen(&mut app);
    assert!(shown.contains("redrive 42 %, 1,980/s, 28s (+1)"), "{shown}");
    app.go("operations");
    assert!(!screen(&mut app).contains("(+1)"));
}

#[test]
fn operation_is_paused_at_once_and_cancelled_after_a_question() {
    let mut app = opened();
    app.act(Action::Arm);
    app.press('P');
    assert_eq!(app.drain_sent::<TurnOperation>(), [TurnOperation(id(2), Turn::Pause)]);
    for (answer, turns) in [
        (KeyCode::Esc, vec![]),
        (KeyCode::Char('y'), vec![TurnOperation(id(2), Turn::Cancel)]),
    ] {
        app.press('X');
        assert!(app.sent::<TurnOperation>().is_empty());
        app.code(answer);
        assert_eq!((app.drain_sent(), app.shell.prompt.is_none()), (turns, true));
    }
    app.act(Action::Step(Step::Down));
    app.press('P');
    assert!(app.sent::<TurnOperation>().is_empty(), "it had stopped by itself");
    app.press('y');
    assert_eq!(app.drain_sent::<TurnOperation>(), [TurnOperation(id(1), Turn::Resume)]);
}

#[test]
fn operation_that_stops_by_itself_is_told_of_in_place_of_what_was_said_before() {
    let mut app = opened();
    app.answer(
        TurnOperation(id(2), Turn::Resume),
        Ok(operation(2, OperationState::Running)),
    );
    assert_eq!(app.status(), "redrive resumed; 4 shows it");
    let mut stopped = operation(2, OperationState::Stopped);
    stopped.note = Some("21 % of 100 failed again".to_owned());
    app.update(event(vec![stopped.clone()]));
    assert_eq!(app.status(), "redrive stopped: 21 % of 100 failed again");
    app.answer(TurnOperation(id(2), Turn::Pause), Ok(stopped.clone()));
    app.update(event(vec![stopped]));
    assert_eq!(app.status(), "redrive paused; 4 shows it", "it is told once");
}

#[test]
fn rate_takes_a_number_in_its_range() {
    let mut app = opened();
    app.act(Action::Arm);
    app.press('C');
    app.press('0');
    app.code(KeyCode::Enter);
    assert_eq!(app.drain_sent::<SetRate>(), [SetRate(id(2), 1000)]);
    app.press('C');
    app.paste("000000");
    app.code(KeyCode::Enter);
    assert_eq!(
        (app.drain_sent::<SetRate>(), app.status()),
        (vec![], "enter a number from 1 to 100,000")
    );
}

#[test]
fn operation_that_is_over_leaves_the_foot_and_says_how_it_went() {
    let mut app = opened();
    app.go("overview");
    app.shell.effects.clear();
    app.update(event(vec![operation(1, OperationState::Stopped)]));
    assert_eq!(app.sent::<ReadOperation>(), [ReadOperation(id(2))]);
    let mut done = operation(2, OperationState::Done);
    done.finished_at = Some(NOW);
    app.answer(ReadOperation(id(2)), Ok(done));
    assert!(
        app.status().contains("480 succeeded, 7 failed again"),
        "{}",
        app.status()
    );
}

#[test]
fn messages_of_another_filter_are_not_shown() {
    let mut app = opened();
    app.act(Action::Open);
    let all = app.sent::<ReadItems>().remove(0);
    app.act(Action::OtherPane);
    app.shell.effects.clear();
    let rows = vec![item(1, ItemState::Done)];
    app.answer(all.clone(), Ok(Rows::new(rows, None)));
    let detail = app.screens.get::<Operations>().detail.as_ref().unwrap();
    assert!(detail.items.list.rows().is_empty());
    let left_out = ReadItems {
        state: Some(ItemState::LeftOut),
        ..all
    };
    assert_eq!(app.sent::<ReadItems>(), [left_out]);
}
