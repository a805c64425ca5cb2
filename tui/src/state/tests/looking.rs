//! Lists that the daemon searches, and edits: what comes late, what stands still.

use tradepost_common::operations::Selection;

use super::dead::{EDIT, REDRIVE, armed, planned, yes};
use super::*;
use crate::list::Step;
use crate::paged::PageRequest;
use crate::state::selected::Meant;
use crate::view::testdata::dead::{self, message_id};

#[test]
fn answer_to_another_search_is_not_shown() {
    let mut app = dead::app_with_groups();
    app.act(Action::AskFilter);
    app.press('j');
    let asked = Selection {
        text: Some("j".to_owned()),
        ..Selection::default()
    };
    assert!(app.reads().contains(&Read::Groups(asked.clone())));
    app.press('a');
    app.code(KeyCode::Enter);
    app.act(Action::Arm);
    app.act(REDRIVE);
    assert_eq!(writes(&mut app), [], "what is on the screen is not what is asked for");
    app.shell.effects.clear();
    app.hear(Update::Groups(asked, Ok(dead::groups())));
    assert!(app.dead.groups.snapshot().is_none());
    let newer = Selection {
        text: Some("ja".to_owned()),
        ..Selection::default()
    };
    assert!(app.reads().contains(&Read::Groups(newer.clone())), "it is asked again");
    app.hear(Update::Groups(newer, Ok(dead::groups())));
    app.act(REDRIVE);
    assert_eq!(planned(&mut app).text.as_deref(), Some("ja"));
}

#[test]
fn list_holds_still_while_rows_are_marked() {
    let mut app = dead::app_with_letters();
    app.act(Action::Mark(Marking::One));
    app.shell.clock.instant += Duration::from_secs(5);
    let revisions = tradepost_common::events::Revisions {
        dead: 9,
        ..app.shell.live.revisions
    };
    app.update(shell::Update::Event(Event::Changed(revisions)));
    assert!(app.shell.effects.is_empty());
    app.act(Action::Back);
    assert!(matches!(app.reads()[..], [Read::Letters(..)]), "read again");
}

#[test]
fn more_rows_come_as_the_cursor_comes_near_the_end() {
    let mut app = dead::app_with_letters();
    let query = app.dead.letters.query.clone();
    app.dead.letters.paged.distrust();
    app.update(shell::Update::Event(Event::Tick { at: testdata::NOW }));
    app.hear(Update::Letters(
        query.clone(),
        PageRequest { cursor: None },
        Ok(dead::letters(1..200, Some("c1"))),
    ));
    app.shell.effects.clear();
    app.act(Action::Step(Step::Last));
    let more = PageRequest {
        cursor: Some("c1".to_owned()),
    };
    assert_eq!(app.reads(), [Read::Letters(query, more)]);
}

#[test]
fn esc_takes_back_one_thing_at_a_time() {
    let mut app = testdata::app();
    app.go("queues");
    app.act(Action::Open);
    assert_eq!(app.dead.groups.query.queue.as_deref(), Some("scan"));
    let (legacy, cx) = app.both();
    legacy.set_dead_text(cx, "jail");
    app.act(Action::Mark(Marking::All));
    let left = |app: &App| {
        let q = &app.dead.groups.query;
        (app.dead.groups.meant == Meant::All, q.text.is_some(), q.queue.is_some())
    };
    for expected in [
        (true, true, true),
        (false, true, true),
        (false, false, true),
        (false, false, false),
    ] {
        assert_eq!(left(&app), expected);
        app.act(Action::Back);
    }
}

#[test]
fn edit_is_checked_shown_and_sent_only_with_y() {
    let mut app = armed(dead::app_with_letter());
    app.act(EDIT);
    assert!(app.in_editor().is_some_and(|text| text.contains("icons/broken.svg")));
    app.edit_ends("{ not json");
    app.press('y');
    app.press('e');
    assert_eq!(app.in_editor(), Some("{ not json"));
    app.edit_ends("{\"path\": \"x\"}");
    assert!(matches!(app.reads()[..], [Read::Check(..)]));
    assert_eq!(yes(&mut app), [], "not checked yet");
    app.hear(Update::Checked(message_id(2), Ok(dead::check())));
    let sent = yes(&mut app);
    let [Write::Edit(id, body)] = &sent[..] else {
        panic!("not sent: {sent:?}");
    };
    assert_eq!(
        (*id, body.seq, &body.payload["path"]),
        (message_id(2), 898, &serde_json::json!("x"))
    );
    app.hear(Update::EditSent(message_id(2), Err(conflict())));
    assert!(app.shell.prompt.is_some(), "what went wrong is shown");
}

#[test]
fn payload_that_is_unchanged_is_not_sent() {
    let mut app = armed(dead::app_with_letter());
    app.act(EDIT);
    let text = crate::state::edit::pretty(&dead::detail(2).payload);
    app.edit_ends(&text);
    assert!(app.edit.is_none() && app.shell.effects.is_empty());
    assert!(status(&app).contains("as it was"));
}

#[test]
fn edit_from_the_list_waits_for_the_message() {
    let mut app = armed(dead::app_with_letters());
    app.act(EDIT);
    assert_eq!(app.on(), Screen::Letter);
    assert_eq!(app.reads(), [Read::Letter(message_id(1))]);
    app.shell.effects.clear();
    app.hear(Update::Letter(message_id(1), Ok(Box::new(dead::detail(1)))));
    assert!(app.in_editor().is_some());
}
