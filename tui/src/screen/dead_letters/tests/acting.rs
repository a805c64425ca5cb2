//! Acting on dead letters: what is selected, what is asked, what comes late.

use crossterm::event::KeyCode;
use tradepost_common::ids::OperationId;
use tradepost_common::overview::Role;

use super::*;
use crate::client::Turn;
use crate::screen::dead_letters::plan_prompt::PlanPrompt;
use crate::screen::dead_letters::reason::ReasonPrompt;
use crate::shell::{Link, Update};
use crate::testdata::operations::PRINT;

fn yes(app: &mut App) -> Vec<PlanRequest> {
    app.press('y');
    writes(app)
}

/// The selection of the plan that was asked for.
pub fn selection(app: &mut App) -> Selection {
    match &writes(app)[..] {
        [PlanRequest::Make { new, .. }] => new.selection.clone(),
        other => panic!("no plan: {other:?}"),
    }
}

/// The plan is there and was looked at.
fn ready(app: &mut App) {
    make(app, OperationState::Planned);
    app.shell.clock.instant += Duration::from_secs(1);
    writes(app);
}

fn start(id: OperationId) -> Vec<PlanRequest> {
    vec![PlanRequest::Turn(id, Turn::Start)]
}

#[test]
fn nothing_is_planned_until_w_is_pressed_nor_by_a_viewer() {
    for key in [REDRIVE, DISCARD, PURGE, EDIT] {
        let mut app = data::app_with_letters();
        app.act(key);
        assert_eq!((app.shell.effects.len(), app.is_asking()), (0, false), "{key:?}");
        assert_eq!(app.status(), "Read-only: press W to arm writing");
        app.act(Action::Arm);
        app.shell.you.as_mut().unwrap().roles = vec![Role::Viewer, Role::Moderator];
        app.act(key);
        assert!(app.shell.effects.is_empty() && app.status().contains("operator"));
    }
}

#[test]
fn group_is_redriven_as_it_was_seen() {
    let mut app = armed(data::app_with_groups());
    app.act(REDRIVE);
    let done = writes(&mut app);
    let [PlanRequest::Make { new, .. }] = &done[..] else {
        panic!("no plan: {done:?}");
    };
    assert_eq!(new.selection.fingerprint.as_deref(), Some(PRINT));
    assert_eq!((new.selection.queue.as_deref(), new.upper), (Some("render"), Some(900)));
    assert_eq!(yes(&mut app), [], "there is no plan to say yes to yet");
    make(&mut app, OperationState::Planned);
    assert_eq!(yes(&mut app), [], "it just came up");
    app.shell.clock.instant += Duration::from_secs(1);
    assert_eq!(yes(&mut app), start(operation_id(9)));
    assert_eq!(yes(&mut app), [], "once is enough");
    let running = operation(9, OperationState::Running);
    app.answer(PlanRequest::Turn(operation_id(9), Turn::Start), Ok(running));
    assert!(dead(&mut app).plan.is_none() && app.shell.prompt.is_none());
}

#[test]
fn cursor_then_marks_then_all_that_match_are_selected() {
    let mut app = armed(data::app_with_letters());
    app.act(REDRIVE);
    assert_eq!(selection(&mut app).ids, Some(vec![message_id(1)]));
    app.code(KeyCode::Esc);
    app.act(Action::Mark(Marking::One));
    app.act(Action::Step(Step::Down));
    app.act(Action::Mark(Marking::Range));
    app.act(REDRIVE);
    assert_eq!(selection(&mut app).ids.unwrap().len(), 3);
    app.code(KeyCode::Esc);
    app.act(Action::Mark(Marking::All));
    app.act(Action::Mark(Marking::One));
    assert!(app.status().contains("* undoes it"), "marks are no use now");
    app.act(REDRIVE);
    let all = selection(&mut app);
    assert_eq!((all.ids, all.fingerprint.as_deref()), (None, Some(PRINT)));
}

#[test]
fn enter_and_the_key_that_asked_start_nothing() {
    let mut app = armed(data::app_with_letters());
    app.act(REDRIVE);
    ready(&mut app);
    for code in [KeyCode::Enter, KeyCode::Char('R'), KeyCode::Char(' ')] {
        app.code(code);
        assert_eq!(writes(&mut app), [], "{code:?}");
        assert!(app.shell.prompt.is_some());
    }
    app.code(KeyCode::Esc);
    assert_eq!(writes(&mut app), [PlanRequest::Turn(operation_id(9), Turn::Cancel)]);
    assert!(dead(&mut app).plan.is_none() && app.shell.prompt.is_none());
}

#[test]
fn plan_that_comes_after_it_was_given_up_is_cancelled() {
    let mut app = armed(data::app_with_letters());
    app.act(REDRIVE);
    let asked = writes(&mut app).remove(0);
    app.code(KeyCode::Esc);
    app.act(DISCARD);
    app.press('1');
    writes(&mut app);
    app.answer(asked, Ok(operation(9, OperationState::Planned)));
    assert_eq!(writes(&mut app), [PlanRequest::Turn(operation_id(9), Turn::Cancel)]);
    assert!(plan(&mut app).is_looking(), "the newer plan still waits");
}

#[test]
fn discard_asks_why_before_it_plans() {
    let mut app = armed(data::app_with_letters());
    app.act(DISCARD);
    assert_eq!(writes(&mut app), []);
    assert!(app.shell.prompt_is::<ReasonPrompt>());
    app.press('m');
    app.code(KeyCode::Enter);
    assert_eq!(writes(&mut app), [], "an empty reason is none");
    app.paste("broken beyond repair");
    app.code(KeyCode::Enter);
    let done = writes(&mut app);
    let [PlanRequest::Make { new, .. }] = &done[..] else {
        panic!("no plan: {done:?}");
    };
    assert_eq!(new.reason.as_deref(), Some("broken beyond repair"));
    assert_eq!(new.kind, OperationKind::Discard);
}

#[test]
fn purge_and_whole_queues_want_the_name_typed() {
    let mut app = armed(data::app_with_letters());
    app.act(PURGE);
    app.press('1');
    ready(&mut app);
    assert_eq!(yes(&mut app), [], "y asks for the name");
    "rende".chars().for_each(|c| app.press(c));
    app.press('y');
    app.code(KeyCode::Backspace);
    app.code(KeyCode::Enter);
    assert_eq!(writes(&mut app), []);
    app.paste("r");
    app.press('r');
    app.code(KeyCode::Enter);
    assert_eq!(writes(&mut app), [], "Enter is no yes");
    app.press('y');
    assert_eq!(writes(&mut app), start(operation_id(9)));

    let mut app = armed(data::app_with_groups());
    app.act(Action::Mark(Marking::All));
    assert_eq!(dead(&mut app).groups.acts_on, ActsOn::AllMatching);
    app.act(REDRIVE);
    ready(&mut app);
    assert_eq!(yes(&mut app), []);
    assert_eq!(plan(&mut app).name_to_type().as_deref(), Some("all"));
    assert!(app.shell.prompt_is::<PlanPrompt>());
}

#[test]
fn line_that_is_lost_starts_nothing_and_a_failure_is_shown() {
    let mut app = armed(data::app_with_letters());
    app.act(REDRIVE);
    ready(&mut app);
    app.update(Update::Link(Link::Lost {
        why: "gone".to_owned(),
        retry: Duration::from_millis(500),
    }));
    assert_eq!(yes(&mut app), []);
    assert!(app.status().contains("link to the daemon is down"));
    app.update(Update::Link(Link::Live));
    assert_eq!(yes(&mut app), start(operation_id(9)), "the plan is still there");
    let gone = Failure::Unreachable("gone".to_owned());
    app.answer(PlanRequest::Turn(operation_id(9), Turn::Start), Err(gone));
    assert_eq!(plan(&mut app).error.as_deref(), Some("NOT started: gone"));
    assert_eq!(yes(&mut app), []);
}

#[test]
fn plan_in_the_making_is_asked_after_when_no_news_come() {
    let mut app = armed(data::app_with_groups());
    app.act(REDRIVE);
    make(&mut app, OperationState::Planning);
    app.shell.effects.clear();
    app.shell.clock.instant += Duration::from_secs(2);
    app.tick();
    assert_eq!(writes(&mut app), [PlanRequest::Read(operation_id(9))]);
    let operations = vec![operation(9, OperationState::Planned)];
    app.update(Update::Event(Event::Operations { operations }));
    assert!(plan(&mut app).is_ready());
}

#[test]
fn rate_is_changed_in_place_and_canary_makes_another_plan() {
    let mut app = armed(data::app_with_letters());
    app.act(REDRIVE);
    ready(&mut app);
    app.press('r');
    app.control('u');
    app.code(KeyCode::Enter);
    assert_eq!(writes(&mut app), [], "nothing is no number");
    app.paste("2000");
    app.code(KeyCode::Enter);
    assert_eq!(writes(&mut app), [PlanRequest::Rate(operation_id(9), 2000)]);
    app.press('c');
    app.control('u');
    app.paste("0");
    app.code(KeyCode::Enter);
    let done = writes(&mut app);
    let [PlanRequest::Turn(id, Turn::Cancel), PlanRequest::Make { new, .. }] = &done[..] else {
        panic!("the old plan goes, a new one comes: {done:?}");
    };
    assert_eq!(
        (*id, new.pace.canary, new.pace.rate_per_second),
        (operation_id(9), 0, 2000)
    );
}
