//! Reasons, bans and questions.

use tradepost_common::review::{LetterKind, Relation};

use super::*;
use crate::list::Step;
use crate::screen::review::reasons::{Others, Reasons, Refusal};
use crate::screen::testing::screen;
use crate::shell::LinePrompt;

#[test]
fn rejection_needs_a_reason_and_takes_the_note_along() {
    let mut app = reviewing();
    app.act(Action::Letter('x'));
    app.press('0');
    assert_eq!((writes(&mut app), status(&app)), (vec![], "Write a note first: m"));
    app.press('m');
    app.paste("lucide's arrow");
    app.code(KeyCode::Enter);
    assert_eq!(writes(&mut app), [], "Enter decides nothing");
    assert!(app.shell.prompt_is::<Reasons>(), "back to the reasons");
    app.press('3');
    let done = writes(&mut app);
    let Write::Reject { case, body, .. } = &done[0] else {
        panic!("no rejection: {done:?}");
    };
    assert_eq!(*case, case_id(1));
    assert_eq!(
        (body.template.as_deref(), body.reason.as_deref()),
        (Some("copy"), Some("lucide's arrow"))
    );
}

#[test]
fn what_was_found_suggests_a_reason_and_y_takes_it() {
    let mut app = reviewing();
    app.act(Action::Letter('x'));
    let malware = Reasons {
        what: Refusal::Pack,
        cursor: Some(0),
    };
    assert_eq!(prompt(&app), Some(&malware));
    app.code(KeyCode::Down);
    app.press('y');
    let done = writes(&mut app);
    let Write::Reject { body, .. } = &done[0] else {
        panic!("no rejection: {done:?}");
    };
    assert_eq!(
        (body.template.as_deref(), &body.reason),
        (Some("active-content"), &None)
    );
}

#[test]
fn nothing_is_suggested_where_nothing_speaks_for_it_and_y_does_nothing() {
    let mut app = reviewing();
    let detail = app.review_mut().case.as_mut().unwrap().detail.as_mut().unwrap();
    detail.findings.clear();
    app.act(Action::Letter('x'));
    app.press('y');
    assert_eq!(
        (writes(&mut app), status(&app)),
        (vec![], "Choose a reason: 1-9, or j k and y")
    );
    app.code(KeyCode::Esc);
    let detail = app.review_mut().case.as_mut().unwrap().detail.as_mut().unwrap();
    detail.look_alikes = vec![data::look_alike(1, 3, Relation::Exact, "ben")];
    app.act(Action::Letter('x'));
    assert!(matches!(prompt(&app), Some(Reasons { cursor: Some(2), .. })));
}

#[test]
fn a_file_that_was_copied_later_is_not_the_copy() {
    let mut app = reviewing();
    let detail = app.review_mut().case.as_mut().unwrap().detail.as_mut().unwrap();
    detail.findings.clear();
    let mut look = data::look_alike(1, 3, Relation::Exact, "ben");
    look.other_since = look.since + time::Duration::days(1);
    detail.look_alikes = vec![look];
    app.act(Action::Letter('x'));
    assert!(matches!(prompt(&app), Some(Reasons { cursor: None, .. })));
    app.code(KeyCode::Esc);
    let screen = screen(&mut app);
    assert!(screen.contains("copied later by another contributor"), "{screen}");
}

#[test]
fn marked_files_alone_are_rejected_with_a_reason() {
    let mut app = reviewing();
    app.act(Action::Letter('x'));
    app.press('f');
    assert_eq!(status(&app), "Mark a file first: Space");
    app.code(KeyCode::Esc);
    app.act(Action::OtherPane);
    app.act(Action::Step(Step::Last));
    app.act(Action::Mark(Marking::One));
    app.act(Action::Letter('x'));
    app.press('f');
    app.press('3');
    let done = writes(&mut app);
    let Write::Approve { body, .. } = &done[0] else {
        panic!("the rest is not approved: {done:?}");
    };
    assert_eq!(body.except, [data::item_id(1, 5)]);
    assert_eq!(body.template.as_deref(), Some("copy"));
}

#[test]
fn ban_wants_a_reason_and_then_y() {
    let mut app = reviewing();
    app.act(Action::Letter('X'));
    app.press('f');
    let others = Refusal::Ban(Others::Rejected);
    assert_eq!(prompt(&app).map(|reasons: &Reasons| reasons.what), Some(others));
    app.press('1');
    assert_eq!(writes(&mut app), [], "a reason alone bans nobody");
    assert!(app.shell.prompt_is::<Confirm<Review>>());
    app.press('y');
    let done = writes(&mut app);
    let Write::Ban { case, body, .. } = &done[0] else {
        panic!("no ban: {done:?}");
    };
    assert_eq!((*case, body.reject_open), (case_id(1), true));
    assert_eq!(body.template.as_deref(), Some("malware"));
    assert_eq!(app.review().case.as_ref().unwrap().id, case_id(2));
}

#[test]
fn question_is_shown_once_more_before_it_is_sent() {
    let mut app = reviewing();
    app.act(Action::Letter('Q'));
    app.code(KeyCode::Enter);
    assert!(app.shell.prompt_is::<LinePrompt<Review>>(), "nothing is no question");
    app.paste("Did you draw these?");
    app.code(KeyCode::Enter);
    assert_eq!(writes(&mut app), [], "Enter sends nothing");
    app.code(KeyCode::Esc);
    assert!(
        prompt::<LinePrompt<Review>>(&app).is_some_and(|line| line.text() == "Did you draw these?"),
        "what was typed is not lost"
    );
    app.code(KeyCode::Enter);
    app.press('y');
    let done = writes(&mut app);
    assert!(matches!(&done[0], Write::Ask { question, .. } if question == "Did you draw these?"));
    assert!(app.review().recent_decisions.is_empty(), "a question is not undone");
    app.arrived(Update::Asked {
        case: case_id(1),
        title: "birds".to_owned(),
        reply: Err(gone()),
    });
    assert_eq!(
        app.review().returned.len(),
        1,
        "it could not be asked: the case comes back"
    );
}

#[test]
fn letters_and_history_come_with_the_case() {
    let detail = data::busy_detail(1);
    let lines = view::record::lines(&detail, 60);
    let has = |words: &str| lines.iter().any(|(line, _)| line.contains(words));
    assert!(has("anna appealed") && has("Did you draw these yourself?") && has("rejected by root"));
    assert!(has("2 more published packs make it trusted"));
    assert_eq!(detail.letters[1].kind, LetterKind::Appeal);
}
