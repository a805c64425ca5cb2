//! Many cases at once: the plan, the guard, what is left out.

use tradepost_common::ids::CaseId;
use tradepost_common::review::{Bulk, BulkAct, BulkDone, BulkPlan, BulkPreview, BulkWhich, LeftOut};

use super::*;
use crate::list::Step;
use crate::screen::review::bulk::BulkPrompt;

fn marked() -> App {
    let mut app = app_with_cases();
    app.act(Action::Arm);
    app.act(Action::Mark(Marking::One));
    app.act(Action::Mark(Marking::One));
    app.shell.effects.clear();
    app
}

fn plans(app: &mut App) -> Vec<BulkPlan> {
    let effects = app.drain_sent::<Read>();
    let plan = |e| {
        if let Read::BulkPlan { plan, .. } = e {
            Some(plan)
        } else {
            None
        }
    };
    effects.into_iter().filter_map(plan).collect()
}

fn preview(cases: u128) -> BulkPreview {
    BulkPreview {
        cases: (1..=cases).map(case_id).collect(),
        items: 40,
        contributors: 2,
        left_out: vec![LeftOut {
            case: case_id(99),
            title: "fish / bold".to_owned(),
            why: "ben holds it".to_owned(),
        }],
        confirm: (cases > 20).then(|| cases.to_string()),
    }
}

fn planned(app: &mut App, cases: u128) {
    app.arrived(Update::BulkPlanned(app.review().tickets, Ok(preview(cases))));
    wait(app, 1);
    app.shell.effects.clear();
}

fn bulks(app: &mut App) -> Vec<Bulk> {
    let bulk = |w| {
        if let Write::Bulk { bulk, .. } = w {
            Some(bulk)
        } else {
            None
        }
    };
    writes(app).into_iter().filter_map(bulk).collect()
}

#[test]
fn marked_cases_are_planned_then_decided_with_y() {
    let mut app = marked();
    app.act(Action::Letter('a'));
    let cases = vec![case_id(1), case_id(2)];
    let plan = BulkPlan {
        act: BulkAct::Approve,
        which: BulkWhich::Cases(cases.clone()),
    };
    assert_eq!(plans(&mut app), [plan]);
    app.press('y');
    assert_eq!(bulks(&mut app), [], "there is no plan yet");
    app.arrived(Update::BulkPlanned(app.review().tickets, Ok(preview(2))));
    app.press('y');
    assert_eq!(bulks(&mut app), [], "it just came up");
    planned(&mut app, 2);
    app.press('y');
    let expected = Bulk {
        act: BulkAct::Approve,
        cases: cases.clone(),
        confirm: None,
    };
    assert_eq!(bulks(&mut app), [expected]);
    app.press('y');
    assert_eq!(bulks(&mut app), [], "once is enough");
    done(&mut app, cases, vec![]);
    assert_eq!(status(&app), "2 cases approved; u undoes it");
    assert_eq!(app.review().cases.list.rows().len(), 1);
    assert!(app.shell.prompt.is_none());
}

fn done(app: &mut App, decided: Vec<CaseId>, left_out: Vec<LeftOut>) {
    let (ticket, act) = (app.review().tickets, BulkAct::Approve);
    let reply = Ok(BulkDone { decided, left_out });
    app.arrived(Update::BulkDone { ticket, act, reply });
}

#[test]
fn more_than_twenty_cases_want_their_number_typed_by_hand() {
    let mut app = marked();
    app.act(Action::Letter('a'));
    planned(&mut app, 34);
    app.press('y');
    assert!(matches!(prompt::<BulkPrompt>(&app), Some(BulkPrompt::Number(input)) if input.text().is_empty()));
    app.paste("34");
    app.press('y');
    assert_eq!(bulks(&mut app), [], "pasted is not typed");
    app.control('u');
    for c in ['3', '4'] {
        app.press(c);
    }
    app.code(KeyCode::Enter);
    assert_eq!(bulks(&mut app), [], "Enter decides nothing");
    app.press('y');
    let sent = bulks(&mut app);
    assert_eq!((sent[0].cases.len(), sent[0].confirm.as_deref()), (34, Some("34")));
}

#[test]
fn number_is_asked_for_even_when_the_daemon_forgets_to() {
    let mut app = marked();
    app.act(Action::Letter('a'));
    let forgetful = BulkPreview {
        confirm: None,
        ..preview(21)
    };
    app.arrived(Update::BulkPlanned(app.review().tickets, Ok(forgetful)));
    wait(&mut app, 1);
    app.press('y');
    assert_eq!(bulks(&mut app), []);
    assert!(matches!(prompt::<BulkPrompt>(&app), Some(BulkPrompt::Number(input)) if input.text().is_empty()));
}

#[test]
fn nothing_is_planned_unmarked_unarmed_or_by_a_viewer() {
    let mut app = app_with_cases();
    for key in ['a', 'x'] {
        app.act(Action::Letter(key));
        assert!(status(&app).contains("Mark cases first"), "{}", status(&app));
    }
    app.act(Action::Mark(Marking::One));
    app.act(Action::Letter('a'));
    assert_eq!(status(&app), "Read-only: press W to arm writing");
    app.act(Action::Arm);
    app.shell.you.as_mut().unwrap().roles = vec![Role::Viewer];
    app.act(Action::Letter('x'));
    assert_eq!(plans(&mut app), []);
    assert!(app.shell.prompt.is_none());
}

#[test]
fn rejection_of_many_takes_a_reason_and_a_note_of_its_own() {
    let mut app = marked();
    app.act(Action::Letter('x'));
    app.press('m');
    app.paste("see the rules");
    app.code(KeyCode::Enter);
    app.press('5');
    let plan = plans(&mut app).remove(0);
    let BulkAct::Reject { template, reason } = plan.act else {
        panic!("no rejection: {plan:?}");
    };
    assert_eq!(
        (template.as_deref(), reason.as_deref()),
        (Some("quality"), Some("see the rules"))
    );
    assert!(
        app.review()
            .bulk
            .as_ref()
            .unwrap()
            .message
            .as_ref()
            .unwrap()
            .ends_with("see the rules")
    );
}

#[test]
fn cluster_is_settled_after_it_was_asked_how() {
    let mut app = marked();
    app.act(Action::Step(Step::First));
    app.act(Action::Letter('C'));
    assert_eq!(status(&app), "This case has no look-alikes");
    assert!(app.shell.prompt.is_none());
    app.review_mut()
        .cases
        .list
        .update(data::case_of_cluster(1), testdata::NOW);
    app.act(Action::Letter('C'));
    assert_eq!(plans(&mut app), []);
    assert!(app.shell.prompt_is::<bulk_target::BulkActPrompt>());
    app.press('a');
    assert_eq!(plans(&mut app)[0].which, BulkWhich::Cluster(data::CLUSTER));
    app.code(KeyCode::Esc);
    app.act(Action::Letter('O'));
    app.press('x');
    app.press('1');
    assert_eq!(plans(&mut app)[0].which, BulkWhich::Contributor("anna".to_owned()));
}

#[test]
fn plan_of_a_ticket_that_was_given_up_is_not_shown() {
    let mut app = marked();
    app.act(Action::Letter('a'));
    let ticket = app.review().tickets;
    app.code(KeyCode::Esc);
    app.act(Action::Letter('a'));
    app.arrived(Update::BulkPlanned(ticket, Ok(preview(900))));
    assert!(
        app.review().bulk.as_ref().unwrap().preview.is_none(),
        "the newer plan still waits"
    );
}

#[test]
fn what_was_left_out_is_said_and_what_failed_is_shown() {
    let mut app = marked();
    app.act(Action::Letter('a'));
    planned(&mut app, 2);
    app.press('y');
    let (ticket, act) = (app.review().tickets, BulkAct::Approve);
    let refused = Err(problem(409, "confirm", "The number is another one"));
    app.arrived(Update::BulkDone {
        ticket,
        act,
        reply: refused,
    });
    let bulk = app.review().bulk.as_ref().unwrap();
    assert_eq!(bulk.error.as_deref(), Some("NOT decided: The number is another one"));
    assert!(!bulk.is_ready(), "it is not tried again");
    app.code(KeyCode::Esc);
    app.act(Action::Letter('a'));
    planned(&mut app, 2);
    app.press('y');
    done(&mut app, vec![case_id(1)], preview(1).left_out);
    assert_eq!(
        status(&app),
        "1 case approved; 1 skipped: fish / bold: ben holds it; u undoes it"
    );
}

#[test]
fn many_decisions_are_undone_after_a_question() {
    let mut app = marked();
    app.act(Action::Letter('a'));
    planned(&mut app, 2);
    app.press('y');
    done(&mut app, vec![case_id(1), case_id(2)], vec![]);
    writes(&mut app);
    app.act(Action::Letter('u'));
    assert!(app.shell.prompt_is::<Confirm<Review>>());
    app.press('y');
    let asked = writes(&mut app);
    let [Write::Undo(made)] = &asked[..] else {
        panic!("no undo: {asked:?}");
    };
    assert_eq!(made.cases, [case_id(1), case_id(2)]);
    let results = vec![(case_id(2), Ok(())), (case_id(1), Err(gone()))];
    app.arrived(Update::Undone(made.clone(), results));
    assert_eq!(status(&app), "Only 1 of 2 undone: gone");
    assert_eq!(
        app.review().recent_decisions[0].cases,
        [case_id(1)],
        "the rest can be tried again"
    );
}
