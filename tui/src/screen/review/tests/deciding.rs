//! Deciding cases: one key a decision, what comes next, what comes back.

use super::*;
use crate::list::Step;
use crate::picture::{Background, Colour, Focus, PictureKey, PictureOf, Zoom};
use crate::screen::review::desk::CaseQuery;

#[test]
fn approval_leaves_out_marked_files_and_brings_the_next_case_at_once() {
    let mut app = reviewing();
    app.act(Action::OtherPane);
    app.act(Action::Step(Step::Last));
    app.act(Action::Mark(Marking::One));
    app.act(Action::Letter('a'));
    let done = writes(&mut app);
    let [Write::Approve { case, body, .. }, Write::Claim(next)] = &done[..] else {
        panic!("approve, then claim the next: {done:?}");
    };
    assert_eq!((*case, *next), (case_id(1), case_id(2)));
    assert_eq!(body.except, [data::detail(1).items[4].id]);
    assert_eq!(status(&app), "Approving 2 files; 3 left out (2 blocked, 1 marked) …");
    assert_eq!(app.review().case.as_ref().unwrap().id, case_id(2));
    assert_eq!(app.review().cases.list.rows().len(), 2);
}

#[test]
fn key_meant_for_the_last_case_does_not_decide_the_next() {
    let mut app = reviewing();
    app.act(Action::Letter('a'));
    app.arrived(Update::Case(case_id(2), Ok(Box::new(data::detail(2)))));
    writes(&mut app);
    app.act(Action::Letter('a'));
    assert_eq!(
        (writes(&mut app), status(&app)),
        (vec![], "A new case has just appeared; read it first")
    );
    app.shell.clock.instant += Duration::from_secs(1);
    app.act(Action::Letter('a'));
    assert!(matches!(writes(&mut app)[..], [Write::Approve { .. }, Write::Claim(_)]));
}

#[test]
fn failed_decision_is_loud_and_the_case_comes_back() {
    let mut app = reviewing();
    app.act(Action::Letter('a'));
    answered(&mut app, 1, Err(gone()));
    assert_eq!(status(&app), "birds 1 / line is NOT decided: gone");
    assert!(app.sent::<Read>().iter().any(|read| matches!(read, Read::Cases(..))));
}

#[test]
fn page_from_before_a_decision_does_not_bring_the_case_back() {
    let mut app = reviewing();
    app.act(Action::Letter('a'));
    let rows = vec![data::case(1), data::case(2)];
    let ask = crate::paged::PageRequest::default();
    app.arrived(Update::Cases(
        CaseQuery::default(),
        ask,
        Ok(tradepost_common::Page::new(rows, None)),
    ));
    assert_eq!(app.review().cases.list.rows().len(), 1);
    answered(&mut app, 1, Ok(approved()));
    assert_eq!(status(&app), "birds 1 / line approved: 3 published, 2 left out");
}

#[test]
fn case_on_the_screen_is_read_again_when_cases_change() {
    let mut app = reviewing();
    let revisions = tradepost_common::events::Revisions {
        cases: 9,
        ..app.shell.live.revisions
    };
    app.update(shell::Update::Event(Event::Changed(revisions)));
    assert!(app.sent::<Read>().contains(&Read::Case(case_id(1))));
    app.shell.effects.clear();
    app.update(shell::Update::Event(Event::Tick { at: testdata::NOW }));
    assert!(
        !app.sent::<Read>().contains(&Read::Case(case_id(1))),
        "one question at a time"
    );
}

#[test]
fn skipped_case_is_told_to_the_daemon_and_comes_last() {
    let mut app = reviewing();
    app.act(Action::Letter('n'));
    assert_eq!(
        writes(&mut app),
        [
            Write::Skip(case_id(1)),
            Write::Release(case_id(1)),
            Write::Claim(case_id(2))
        ]
    );
    app.act(Action::Letter('n'));
    assert_eq!(app.review().case.as_ref().unwrap().id, case_id(3));
    app.act(Action::Letter('n'));
    assert_eq!(
        app.review().case.as_ref().unwrap().id,
        case_id(1),
        "only skipped ones are left"
    );
}

#[test]
fn decision_that_was_not_taken_is_the_next_case_with_note_marks_and_why() {
    let mut app = reviewing();
    app.review_mut().case.as_mut().unwrap().note = "too green".to_owned();
    app.act(Action::OtherPane);
    app.act(Action::Step(Step::Last));
    app.act(Action::Mark(Marking::One));
    app.act(Action::Letter('a'));
    answered(&mut app, 1, Err(gone()));
    assert_eq!(
        app.review().cases.list.rows()[0].id,
        case_id(1),
        "it is back on the list"
    );
    assert_eq!(
        app.review().case.as_ref().unwrap().id,
        case_id(2),
        "nothing moves under the hands"
    );
    assert!(app.review().recent_decisions.is_empty(), "there is nothing to undo");
    assert!(
        writes(&mut app).contains(&Write::Release(case_id(1))),
        "nobody holds it meanwhile"
    );
    app.act(Action::Letter('n'));
    let case = app.review().case.as_ref().unwrap();
    assert_eq!((case.id, case.note.as_str()), (case_id(1), "too green"));
    assert_eq!(case.trouble.as_deref(), Some("NOT DECIDED: gone"));
    assert_eq!(case.split().marked, 1);
    assert!(case.detail.is_some(), "there without reading it again");
}

#[test]
fn case_that_somebody_else_decided_does_not_come_back() {
    let mut app = reviewing();
    app.act(Action::Letter('a'));
    let decided = problem(409, "case-decided", "Already decided.");
    answered(&mut app, 1, Err(decided));
    assert!(app.review().returned.is_empty());
    assert_eq!(app.review().cases.list.rows().len(), 2);
    assert!(status(&app).contains("NOT decided: Already decided."));
}

#[test]
fn next_case_is_there_before_the_answer_with_its_picture_asked_for() {
    let mut app = reviewing();
    let review: &mut Review = app.screens.get();
    let cx = &mut app.shell;
    review.read_next_case(cx);
    assert!(app.sent::<Read>().contains(&Read::Case(case_id(2))));
    let mut detail = data::detail(2);
    detail.findings.clear();
    detail.items.remove(0);
    let first = PictureOf::Case(case_id(2), detail.items[0].id);
    app.arrived(Update::Case(case_id(2), Ok(Box::new(detail))));
    app.shell.pictures.on_screen.push(PictureKey {
        of: PictureOf::Case(case_id(1), data::item_id(1, 3)),
        columns: 20,
        rows: 10,
        focus: Focus::Sharp,
        background: Background::Checker,
        colour: Colour::Full,
        zoom: Zoom::default(),
    });
    let ahead = app.review().next_pictures(&app.shell);
    assert!(ahead.iter().any(|key| key.of == first), "{ahead:?}");
    app.act(Action::Letter('a'));
    let case = app.review().case.as_ref().unwrap();
    assert!(
        case.id == case_id(2) && case.detail.is_some(),
        "no question is waited for"
    );
}

#[test]
fn decision_that_could_not_even_be_sent_comes_back_too() {
    let mut app = reviewing();
    app.act(Action::Letter('a'));
    let write = writes(&mut app).remove(0);
    app.refuse(Effect::Write(Box::new(write)));
    assert_eq!(app.review().returned.len(), 1);
}

#[test]
fn daemon_that_is_away_takes_no_decision() {
    let mut app = reviewing();
    app.update(shell::Update::Link(Link::Lost {
        why: "gone".to_owned(),
        retry: Duration::from_millis(500),
    }));
    for key in ['a', 'x', 'X', 'Q', 'u'] {
        app.act(Action::Letter(key));
        assert_eq!(writes(&mut app), [], "{key:?}");
        assert!(!app.is_asking(), "{key:?}");
        assert!(status(&app).contains("The link to the daemon is down"));
    }
    assert_eq!(
        app.review().case.as_ref().unwrap().id,
        case_id(1),
        "what was read stays on the screen"
    );
}

#[test]
fn case_that_cannot_be_read_again_stays_and_its_data_grows_old() {
    let mut app = reviewing();
    app.update(shell::Update::Event(Event::Tick { at: testdata::NOW }));
    wait(&mut app, 40);
    app.update(shell::Update::Event(Event::Tick { at: testdata::NOW }));
    assert_eq!(app.data_age(), Some(Duration::ZERO));
    app.arrived(Update::Case(case_id(1), Err(problem(500, "internal", "It went wrong"))));
    assert_eq!(status(&app), "Case not refreshed: It went wrong");
    assert!(app.review().case.as_ref().unwrap().detail.is_some());
    assert!(app.data_age() > Some(Duration::from_secs(30)));
}
