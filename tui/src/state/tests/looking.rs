//! Lists that the daemon searches, and edits: what comes late, what stands still.

use tradepost_common::operations::Selection;

use super::dead::{EDIT, REDRIVE, armed, planned, yes};
use super::*;
use crate::state::list::Step;
use crate::state::paged::Ask;
use crate::state::selected::Meant;
use crate::view::testdata::dead::{self, message_id};

#[test]
fn answer_to_another_search_is_not_shown() {
    let mut app = dead::app_with_groups();
    app.act(Action::AskFilter);
    app.act(Action::Prompt(Typed::Text('j')));
    let asked = Selection {
        text: Some("j".to_owned()),
        ..Selection::default()
    };
    assert!(app.effects.contains(&Effect::Read(Read::Groups(asked.clone()))));
    app.act(Action::Prompt(Typed::Text('a')));
    app.act(Action::Prompt(Typed::Done));
    app.act(Action::Arm);
    app.act(REDRIVE);
    assert_eq!(writes(&mut app), [], "what is on the screen is not what is asked for");
    app.effects.clear();
    app.hear(Update::Groups(asked, Ok(dead::groups())));
    assert!(app.dead.groups.snapshot().is_none());
    let newer = Selection {
        text: Some("ja".to_owned()),
        ..Selection::default()
    };
    assert!(
        app.effects.contains(&Effect::Read(Read::Groups(newer.clone()))),
        "it is asked again"
    );
    app.hear(Update::Groups(newer, Ok(dead::groups())));
    app.act(REDRIVE);
    assert_eq!(planned(&mut app).text.as_deref(), Some("ja"));
}

#[test]
fn list_holds_still_while_rows_are_marked() {
    let mut app = dead::app_with_letters();
    app.act(Action::Mark);
    app.clock.instant += Duration::from_secs(5);
    let revisions = tradepost_common::events::Revisions {
        dead: 9,
        ..app.revisions
    };
    app.hear(Update::Event(Event::Changed(revisions)));
    assert_eq!(app.effects, []);
    app.act(Action::Back);
    assert!(
        matches!(app.effects[..], [Effect::Read(Read::Letters(..))]),
        "read again"
    );
}

#[test]
fn more_rows_come_as_the_cursor_comes_near_the_end() {
    let mut app = dead::app_with_letters();
    let query = app.dead.letters.query.clone();
    app.dead.letters.paged.distrust();
    app.hear(Update::Event(Event::Tick { at: testdata::NOW }));
    app.hear(Update::Letters(
        query.clone(),
        Ask { cursor: None },
        Ok(dead::letters(1..200, Some("c1"))),
    ));
    app.effects.clear();
    app.act(Action::Step(Step::Last));
    let more = Ask {
        cursor: Some("c1".to_owned()),
    };
    assert_eq!(app.effects, [Effect::Read(Read::Letters(query, more))]);
}

#[test]
fn esc_takes_back_one_thing_at_a_time() {
    let mut app = testdata::app();
    app.go(Screen::Queues);
    app.act(Action::Open);
    assert_eq!(app.dead.groups.query.queue.as_deref(), Some("scan"));
    app.set_dead_text("jail");
    app.act(Action::MarkAll);
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
    assert!(matches!(&app.effects[..], [Effect::Editor { text, .. }] if text.contains("icons/broken.svg")));
    app.effects.clear();
    app.hear(Update::Edited(message_id(2), Ok("{ not json".to_owned())));
    app.act(Action::Prompt(Typed::Yes));
    app.act(Action::Prompt(Typed::EditNote));
    assert!(matches!(&app.effects[..], [Effect::Editor { text, .. }] if text == "{ not json"));
    app.effects.clear();
    app.hear(Update::Edited(message_id(2), Ok("{\"path\": \"x\"}".to_owned())));
    assert!(matches!(&app.effects[..], [Effect::Read(Read::Check(..))]));
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
    assert!(app.prompt.is_some(), "what went wrong is shown");
}

#[test]
fn payload_that_is_unchanged_is_not_sent() {
    let mut app = armed(dead::app_with_letter());
    app.act(EDIT);
    let text = crate::state::edit::pretty(&dead::detail(2).payload);
    app.effects.clear();
    app.hear(Update::Edited(message_id(2), Ok(text)));
    assert!(app.edit.is_none() && app.effects.is_empty());
    assert!(status(&app).contains("as it was"));
}

#[test]
fn edit_from_the_list_waits_for_the_message() {
    let mut app = armed(dead::app_with_letters());
    app.act(EDIT);
    assert_eq!(app.screen, Screen::Letter);
    assert_eq!(app.effects, [Effect::Read(Read::Letter(message_id(1)))]);
    app.effects.clear();
    app.hear(Update::Letter(message_id(1), Ok(Box::new(dead::detail(1)))));
    assert!(matches!(&app.effects[..], [Effect::Editor { .. }]));
}
