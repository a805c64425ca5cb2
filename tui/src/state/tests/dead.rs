//! Acting on dead letters: what is meant, what is asked, what comes late.

use tradepost_common::ids::OperationId;
use tradepost_common::operations::{OperationKind, OperationState, Selection};

use super::*;
use crate::client::Turn;
use crate::input::DeadKey;
use crate::state::list::Step;
use crate::state::plan::PlanView;
use crate::state::prompt::PlanStep;
use crate::state::selected::Meant;
use crate::view::testdata::dead::{self, PRINT, message_id, operation_id};

pub const REDRIVE: Action = Action::Dead(DeadKey::Plan(OperationKind::Redrive));
const DISCARD: Action = Action::Dead(DeadKey::Plan(OperationKind::Discard));
const PURGE: Action = Action::Dead(DeadKey::Plan(OperationKind::Purge));
pub const EDIT: Action = Action::Dead(DeadKey::Edit);

pub fn armed(mut app: App) -> App {
    app.act(Action::Arm);
    app
}

pub fn yes(app: &mut App) -> Vec<Write> {
    app.act(Action::Prompt(Typed::Yes));
    writes(app)
}

/// The selection of the plan that was asked for.
pub fn planned(app: &mut App) -> Selection {
    match &writes(app)[..] {
        [Write::Plan { new, .. }] => new.selection.clone(),
        other => panic!("no plan: {other:?}"),
    }
}

/// The plan is there and was looked at.
fn ready(app: &mut App) {
    let plan = dead::operation(9, OperationState::Planned);
    app.hear(Update::Planned(app.tickets, Ok(plan)));
    app.clock.instant += Duration::from_secs(1);
    writes(app);
}

fn start(id: OperationId) -> Vec<Write> {
    vec![Write::Turn(id, Turn::Start)]
}

fn unreachable() -> Failure {
    Failure::Unreachable("gone".to_owned())
}

#[test]
fn nothing_is_planned_until_w_is_pressed_nor_by_a_viewer() {
    for key in [REDRIVE, DISCARD, PURGE, EDIT] {
        let mut app = dead::app_with_letters();
        app.act(key.clone());
        assert_eq!((app.effects.len(), app.prompt.clone()), (0, None), "{key:?}");
        assert_eq!(status(&app), "read-only: press W to arm writing");
        app.act(Action::Arm);
        app.you.as_mut().unwrap().roles = vec![Role::Viewer, Role::Moderator];
        app.act(key);
        assert!(app.effects.is_empty() && status(&app).contains("operator"));
    }
}

#[test]
fn group_is_redriven_as_it_was_seen() {
    let mut app = armed(dead::app_with_groups());
    app.act(REDRIVE);
    let done = writes(&mut app);
    let [Write::Plan { new, .. }] = &done[..] else {
        panic!("no plan: {done:?}");
    };
    assert_eq!(new.selection.fingerprint.as_deref(), Some(PRINT));
    assert_eq!((new.selection.queue.as_deref(), new.upper), (Some("render"), Some(900)));
    assert_eq!(yes(&mut app), [], "there is no plan to say yes to yet");
    let plan = dead::operation(9, OperationState::Planned);
    app.hear(Update::Planned(app.tickets, Ok(plan)));
    assert_eq!(yes(&mut app), [], "it just came up");
    app.clock.instant += Duration::from_secs(1);
    assert_eq!(yes(&mut app), start(operation_id(9)));
    assert_eq!(yes(&mut app), [], "once is enough");
    let running = dead::operation(9, OperationState::Running);
    app.hear(Update::Turned(operation_id(9), Turn::Start, Ok(running)));
    assert_eq!((app.plan.is_none(), app.prompt.clone()), (true, None));
}

#[test]
fn cursor_then_marks_then_all_that_match_are_meant() {
    let mut app = armed(dead::app_with_letters());
    app.act(REDRIVE);
    assert_eq!(planned(&mut app).ids, Some(vec![message_id(1)]));
    app.act(Action::Prompt(Typed::Cancel));
    app.act(Action::Mark);
    app.act(Action::Step(Step::Down));
    app.act(Action::MarkRange);
    app.act(REDRIVE);
    assert_eq!(planned(&mut app).ids.unwrap().len(), 3);
    app.act(Action::Prompt(Typed::Cancel));
    app.act(Action::MarkAll);
    app.act(Action::Mark);
    assert!(status(&app).contains("* takes that back"), "marks are no use now");
    app.act(REDRIVE);
    let all = planned(&mut app);
    assert_eq!((all.ids, all.fingerprint.as_deref()), (None, Some(PRINT)));
}

#[test]
fn enter_and_the_key_that_asked_start_nothing() {
    use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
    let mut app = armed(dead::app_with_letters());
    app.act(REDRIVE);
    ready(&mut app);
    for code in [KeyCode::Enter, KeyCode::Char('R'), KeyCode::Char(' ')] {
        let key = KeyEvent::new(code, KeyModifiers::NONE);
        assert_eq!(crate::input::action(key, app.screen, app.prompt.as_ref()), None);
    }
    app.act(Action::Prompt(Typed::Cancel));
    assert_eq!(writes(&mut app), [Write::Turn(operation_id(9), Turn::Cancel)]);
    assert!(app.plan.is_none() && app.prompt.is_none());
}

#[test]
fn plan_that_comes_after_it_was_given_up_is_cancelled() {
    let mut app = armed(dead::app_with_letters());
    app.act(REDRIVE);
    let ticket = app.tickets;
    app.act(Action::Prompt(Typed::Cancel));
    app.act(DISCARD);
    app.act(Action::Prompt(Typed::Reason(1)));
    writes(&mut app);
    let late = dead::operation(9, OperationState::Planned);
    app.hear(Update::Planned(ticket, Ok(late)));
    assert_eq!(writes(&mut app), [Write::Turn(operation_id(9), Turn::Cancel)]);
    assert!(
        app.plan.as_ref().is_some_and(PlanView::is_looking),
        "the newer plan still waits"
    );
}

#[test]
fn discard_asks_why_before_it_plans() {
    let mut app = armed(dead::app_with_letters());
    app.act(DISCARD);
    assert_eq!(
        (writes(&mut app), app.prompt.clone()),
        (vec![], Some(Prompt::Why(None)))
    );
    app.act(Action::Prompt(Typed::EditNote));
    app.act(Action::Prompt(Typed::Done));
    assert_eq!(writes(&mut app), [], "an empty reason is none");
    app.paste("broken beyond repair");
    app.act(Action::Prompt(Typed::Done));
    let done = writes(&mut app);
    let [Write::Plan { new, .. }] = &done[..] else {
        panic!("no plan: {done:?}");
    };
    assert_eq!(new.reason.as_deref(), Some("broken beyond repair"));
    assert_eq!(new.kind, OperationKind::Discard);
}

#[test]
fn purge_and_whole_queues_want_the_name_typed() {
    let mut app = armed(dead::app_with_letters());
    app.act(PURGE);
    app.act(Action::Prompt(Typed::Reason(1)));
    ready(&mut app);
    assert_eq!(yes(&mut app), [], "y asks for the name");
    "rende".chars().for_each(|c| app.act(Action::Prompt(Typed::Text(c))));
    app.act(Action::Prompt(Typed::Text('y')));
    app.act(Action::Prompt(Typed::EraseChar));
    app.act(Action::Prompt(Typed::Done));
    assert_eq!(writes(&mut app), []);
    app.paste("r");
    app.act(Action::Prompt(Typed::Text('r')));
    app.act(Action::Prompt(Typed::Done));
    assert_eq!(writes(&mut app), [], "Enter is no yes");
    app.act(Action::Prompt(Typed::Text('y')));
    assert_eq!(writes(&mut app), start(operation_id(9)));

    let mut app = armed(dead::app_with_groups());
    app.act(Action::MarkAll);
    assert_eq!(app.dead.groups.meant, Meant::All);
    app.act(REDRIVE);
    ready(&mut app);
    assert_eq!(yes(&mut app), []);
    assert_eq!(app.plan.as_ref().unwrap().name_to_type().as_deref(), Some("all"));
    assert!(matches!(app.prompt, Some(Prompt::Plan(PlanStep::Name(_)))));
}

#[test]
fn line_that_is_lost_starts_nothing_and_a_failure_is_shown() {
    let mut app = armed(dead::app_with_letters());
    app.act(REDRIVE);
    ready(&mut app);
    app.hear(Update::Link(Link::Lost {
        why: "gone".to_owned(),
        retry: Duration::from_millis(500),
    }));
    assert_eq!(yes(&mut app), []);
    assert!(status(&app).contains("line to the daemon is down"));
    app.hear(Update::Link(Link::Live));
    assert_eq!(yes(&mut app), start(operation_id(9)), "the plan is still there");
    app.hear(Update::Turned(operation_id(9), Turn::Start, Err(unreachable())));
    assert_eq!(app.plan.as_ref().unwrap().error.as_deref(), Some("NOT started: gone"));
    assert_eq!(yes(&mut app), []);
}

#[test]
fn plan_in_the_making_is_asked_after_when_no_news_come() {
    let mut app = armed(dead::app_with_groups());
    app.act(REDRIVE);
    let planning = dead::operation(9, OperationState::Planning);
    app.hear(Update::Planned(app.tickets, Ok(planning)));
    app.effects.clear();
    app.clock.instant += Duration::from_secs(2);
    app.tick();
    assert!(app.effects.contains(&Effect::Read(Read::Operation(operation_id(9)))));
    let planned = dead::operation(9, OperationState::Planned);
    app.hear(Update::Event(Event::Operations {
        operations: vec![planned],
    }));
    assert!(app.plan.as_ref().unwrap().is_ready());
}

#[test]
fn rate_is_changed_in_place_and_canary_makes_another_plan() {
    let mut app = armed(dead::app_with_letters());
    app.act(REDRIVE);
    ready(&mut app);
    app.act(Action::Prompt(Typed::Rate));
    app.act(Action::Prompt(Typed::Clear));
    app.act(Action::Prompt(Typed::Done));
    assert_eq!(writes(&mut app), [], "nothing is no number");
    app.paste("2000");
    app.act(Action::Prompt(Typed::Done));
    assert_eq!(writes(&mut app), [Write::Rate(operation_id(9), 2000)]);
    app.act(Action::Prompt(Typed::Canary));
    app.act(Action::Prompt(Typed::Clear));
    app.paste("0");
    app.act(Action::Prompt(Typed::Done));
    let done = writes(&mut app);
    let [Write::Turn(id, Turn::Cancel), Write::Plan { new, .. }] = &done[..] else {
        panic!("the old plan goes, a new one comes: {done:?}");
    };
    assert_eq!(
        (*id, new.pace.canary, new.pace.rate_per_second),
        (operation_id(9), 0, 2000)
    );
}
