//! Operations, queues and alerts.

use tradepost_common::operations::{ItemState, OperationState};

use super::dead::{armed, yes};
use super::*;
use crate::client::Turn;
use crate::list::Step;
use crate::paged::PageRequest;
use crate::state::message::ItemsAsk;
use crate::state::prompt::Sure;
use crate::view::testdata::dead::{self, operation_id};

#[test]
fn operation_is_paused_at_once_and_cancelled_after_a_question() {
    let mut app = armed(dead::app_with_operations());
    app.act(Action::Letter('P'));
    assert_eq!(writes(&mut app), [Write::Turn(operation_id(2), Turn::Pause)]);
    app.act(Action::Letter('X'));
    assert_eq!(writes(&mut app), []);
    app.code(KeyCode::Esc);
    assert_eq!((writes(&mut app), app.prompt()), (vec![], None));
    app.act(Action::Letter('X'));
    assert_eq!(yes(&mut app), [Write::Turn(operation_id(2), Turn::Cancel)]);
    app.act(Action::Step(Step::Down));
    app.act(Action::Letter('P'));
    assert_eq!(
        app.prompt(),
        Some(Prompt::Sure(Sure::Resume(operation_id(1)))),
        "it had stopped by itself"
    );
    assert_eq!(yes(&mut app), [Write::Turn(operation_id(1), Turn::Resume)]);
}

#[test]
fn operation_that_is_over_leaves_the_foot_and_says_how_it_went() {
    let mut app = dead::app_with_operations();
    app.go("overview");
    app.shell.effects.clear();
    app.update(shell::Update::Event(Event::Operations {
        operations: vec![dead::operation(1, OperationState::Stopped)],
    }));
    assert!(app.reads().contains(&Read::Operation(operation_id(2))));
    let mut done = dead::operation(2, OperationState::Done);
    done.finished_at = Some(testdata::NOW);
    app.hear(Update::Operation(operation_id(2), Ok(done)));
    assert!(
        status(&app).contains("480 succeeded, 7 failed again"),
        "{}",
        status(&app)
    );
}

#[test]
fn messages_of_another_filter_are_not_shown() {
    let mut app = dead::app_with_operations();
    app.act(Action::Open);
    let all = ItemsAsk {
        id: operation_id(2),
        state: None,
        page: PageRequest { cursor: None },
    };
    assert!(app.reads().contains(&Read::Items(all.clone())));
    app.act(Action::OtherPane);
    app.shell.effects.clear();
    let rows = vec![dead::item(1, ItemState::Done)];
    app.hear(Update::Items(
        all.clone(),
        Ok(tradepost_common::Page { rows, next: None }),
    ));
    assert!(app.operations.view.as_ref().unwrap().items.list.rows().is_empty());
    let left_out = ItemsAsk {
        state: Some(ItemState::LeftOut),
        ..all
    };
    assert!(app.reads().contains(&Read::Items(left_out)));
}
