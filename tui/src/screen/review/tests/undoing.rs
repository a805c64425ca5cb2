//! Taking decisions back.

use super::*;
use crate::paged::PageRequest;
use crate::screen::review::desk::{CaseQuery, CaseState};
use crate::screen::review::undo::RecentDecision;

fn undos(app: &mut App) -> Vec<RecentDecision> {
    let made = |w| {
        if let Write::Undo(made) = w { Some(made) } else { None }
    };
    writes(app).into_iter().filter_map(made).collect()
}

/// The first case was approved and the second one is on the screen.
fn after_a_decision() -> App {
    let mut app = reviewing();
    app.act(Action::Letter('a'));
    answered(&mut app, 1, Ok(approved()));
    app.arrived(Update::Case(case_id(2), Ok(Box::new(data::detail(2)))));
    app.shell.effects.clear();
    app
}

#[test]
fn last_decision_is_undone_and_the_case_is_back_on_the_screen() {
    let mut app = after_a_decision();
    app.act(Action::Letter('u'));
    let asked = undos(&mut app);
    assert_eq!(asked[0].cases, [case_id(1)]);
    assert_eq!(status(&app), "Undoing birds 1 / line (approved) …");
    app.arrived(Update::Undone(asked[0].clone(), vec![(case_id(1), Ok(()))]));
    assert_eq!(status(&app), "Undone: birds 1 / line (approved); it is open again");
    assert_eq!(app.review().case.as_ref().unwrap().id, case_id(1));
    assert!(
        writes(&mut app).contains(&Write::Release(case_id(2))),
        "the other is given back"
    );
    app.act(Action::Letter('u'));
    assert_eq!(undos(&mut app), [], "there is nothing more to undo");
}

#[test]
fn case_does_not_change_under_hands_that_have_gone_on() {
    let mut app = after_a_decision();
    app.act(Action::Letter('u'));
    let asked = undos(&mut app);
    app.act(Action::Letter('n'));
    app.arrived(Update::Undone(asked[0].clone(), vec![(case_id(1), Ok(()))]));
    assert_eq!(app.review().case.as_ref().unwrap().id, case_id(3));
}

#[test]
fn undo_works_from_the_queue_and_only_armed() {
    let mut app = after_a_decision();
    app.go("cases");
    app.act(Action::Disarm);
    writes(&mut app);
    app.act(Action::Letter('u'));
    assert_eq!(
        (undos(&mut app), status(&app)),
        (vec![], "Read-only: press W to arm writing")
    );
    app.act(Action::Arm);
    app.act(Action::Letter('u'));
    assert_eq!(undos(&mut app).len(), 1);
}

#[test]
fn decisions_are_undone_one_after_the_other_the_last_one_first() {
    let mut app = after_a_decision();
    wait(&mut app, 2);
    app.act(Action::Letter('a'));
    writes(&mut app);
    app.act(Action::Letter('u'));
    app.act(Action::Letter('u'));
    let cases: Vec<_> = undos(&mut app).into_iter().flat_map(|made| made.cases).collect();
    assert_eq!(cases, [case_id(2), case_id(1)]);
}

#[test]
fn too_late_is_known_here_and_said_by_the_daemon() {
    let mut app = after_a_decision();
    app.shell.clock.utc += time::Duration::minutes(11);
    app.act(Action::Letter('u'));
    assert_eq!(undos(&mut app), []);
    assert!(status(&app).starts_with("None of your decisions can be undone"));
    app.shell.clock.utc = testdata::NOW;
    app.act(Action::Letter('u'));
    let asked = undos(&mut app).remove(0);
    let late = problem(409, "undo-too-late", "The ten minutes are over");
    app.arrived(Update::Undone(asked, vec![(case_id(1), Err(late))]));
    assert_eq!(
        status(&app),
        "NOT undone: birds 1 / line (approved): The ten minutes are over"
    );
    assert!(app.review().recent_decisions.is_empty(), "it would be refused again");
}

#[test]
fn undo_that_nobody_answered_can_be_tried_again() {
    let mut app = after_a_decision();
    app.act(Action::Letter('u'));
    let asked = undos(&mut app).remove(0);
    app.arrived(Update::Undone(asked, vec![(case_id(1), Err(gone()))]));
    app.act(Action::Letter('u'));
    assert_eq!(undos(&mut app)[0].cases, [case_id(1)]);
}

#[test]
fn decided_case_under_the_cursor_or_on_the_screen_is_the_one_that_is_undone() {
    let mut app = after_a_decision();
    app.go("cases");
    app.review_mut().case_query = CaseQuery {
        which: CaseState::Decided,
        ..CaseQuery::default()
    };
    let (ask, of) = (PageRequest::default(), app.review().case_query.clone());
    let rows = vec![data::case(50)];
    app.arrived(Update::Cases(of, ask, Ok(tradepost_common::Page::new(rows, None))));
    writes(&mut app);
    app.act(Action::Letter('u'));
    assert_eq!(undos(&mut app)[0].cases, [case_id(50)]);
    app.act(Action::Open);
    let mut detail = data::detail(50);
    detail.decision = Some(data::decided(tradepost_common::review::CaseOutcome::Rejected));
    app.arrived(Update::Case(case_id(50), Ok(Box::new(detail))));
    writes(&mut app);
    app.act(Action::Letter('a'));
    assert_eq!(writes(&mut app), [], "decided is decided");
    app.act(Action::Letter('u'));
    assert_eq!(undos(&mut app)[0].what, "rejected");
}

#[test]
fn account_is_let_in_again_after_a_question() {
    let mut app = after_a_decision();
    app.act(Action::AskCommand);
    app.paste("lift the ban of anna");
    app.code(KeyCode::Enter);
    app.press('y');
    assert_eq!(writes(&mut app), [Write::Unban("anna".to_owned())]);
    app.arrived(Update::Unbanned("anna".to_owned(), Ok(())));
    assert_eq!(status(&app), "anna may upload again");
}
