//! Lists that the daemon searches: what comes late, what stands still.

use crossterm::event::KeyCode;
use tradepost_common::events::Revisions;

use super::acting::selection;
use super::*;
use crate::paged::PageRequest;
use crate::screen::dead_letters::groups::ReadGroups;
use crate::screen::dead_letters::letters::ReadLetters;
use crate::shell::Update;
use crate::testdata;

fn reading(text: &str) -> ReadGroups {
    ReadGroups(Selection {
        text: Some(text.to_owned()),
        ..Selection::default()
    })
}

#[test]
fn answer_to_another_search_is_not_shown() {
    let mut app = data::app_with_groups();
    app.act(Action::AskFilter);
    app.press('j');
    assert_eq!(app.sent::<ReadGroups>(), [reading("j")]);
    app.press('a');
    app.code(KeyCode::Enter);
    app.act(Action::Arm);
    app.act(REDRIVE);
    assert_eq!(writes(&mut app), [], "what is on the screen is not what is asked for");
    app.answer(reading("j"), Ok(data::groups()));
    assert!(dead(&mut app).groups.snapshot().is_none());
    assert_eq!(app.sent::<ReadGroups>(), [reading("ja")], "it is asked again");
    app.answer(reading("ja"), Ok(data::groups()));
    app.act(REDRIVE);
    assert_eq!(selection(&mut app).text.as_deref(), Some("ja"));
}

#[test]
fn list_holds_still_while_rows_are_marked() {
    let mut app = data::app_with_letters();
    app.act(Action::Mark(Marking::One));
    app.shell.clock.instant += Duration::from_secs(5);
    let revisions = Revisions {
        dead: 9,
        ..app.shell.live.revisions
    };
    app.update(Update::Event(Event::Changed(revisions)));
    assert!(app.shell.effects.is_empty());
    app.act(Action::Back);
    assert_eq!(app.sent::<ReadLetters>().len(), 1, "read again");
}

#[test]
fn more_rows_come_as_the_cursor_comes_near_the_end() {
    let mut app = data::app_with_letters();
    dead(&mut app).letters.paged.invalidate();
    app.update(Update::Event(Event::Tick { at: testdata::NOW }));
    let asked = app.sent::<ReadLetters>().remove(0);
    app.answer(asked.clone(), Ok(data::letters(1..200, Some("c1"))));
    app.shell.effects.clear();
    app.act(Action::Step(Step::Last));
    let more = PageRequest {
        cursor: Some("c1".to_owned()),
        ..PageRequest::default()
    };
    assert_eq!(app.sent::<ReadLetters>(), [ReadLetters(asked.0, more)]);
}

#[test]
fn esc_takes_back_one_thing_at_a_time() {
    let mut app = testdata::app();
    app.go("queues");
    app.act(Action::Open);
    assert_eq!(dead(&mut app).groups.query.queue.as_deref(), Some("scan"));
    dead(&mut app).groups.search("jail");
    app.act(Action::Mark(Marking::All));
    let left = |app: &mut App| {
        let Selected { query, acts_on, .. } = &dead(app).groups;
        (
            *acts_on == ActsOn::AllMatching,
            query.text.is_some(),
            query.queue.is_some(),
        )
    };
    for expected in [
        (true, true, true),
        (false, true, true),
        (false, false, true),
        (false, false, false),
    ] {
        assert_eq!(left(&mut app), expected);
        app.act(Action::Back);
    }
}
