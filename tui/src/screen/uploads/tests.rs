//! Uploads and the trace of one as people see them.

use crossterm::event::KeyCode;
use tradepost_common::Page as Rows;

use super::trace::ReadTrace;
use super::*;
use crate::screen::testing::{SIZES, assert_sizes, screen, sized};
use crate::shell::App;
use crate::testdata;

fn opened() -> App {
    let mut app = testdata::app();
    app.go("uploads");
    let asked = app.sent::<ReadUploads>().remove(0);
    let rows = (0..5).map(testdata::upload).collect();
    app.answer(asked, Ok(Rows::new(rows, None)));
    app
}

#[test]
fn uploads_show_where_each_is() {
    insta::assert_snapshot!(screen(&mut opened()));
}

#[test]
fn upload_under_the_cursor_is_shown_in_full_and_with_its_trace_where_there_is_room() {
    let mut app = opened();
    screen(&mut app);
    app.tick();
    assert!(app.sent::<ReadTrace>().is_empty(), "there is no room for a trace");
    sized(&mut app, (200, 60));
    app.tick();
    let asked = app.sent::<ReadTrace>().remove(0);
    app.answer(asked, Ok(testdata::trace()));
    for (width, height) in SIZES {
        let shown = sized(&mut app, (width, height));
        insta::assert_snapshot!(format!("uploads_{width}x{height}"), shown);
    }
}

#[test]
fn key_pressed_before_the_first_rows_are_here_waits_for_them() {
    let mut app = testdata::app();
    app.press('0');
    app.press('j');
    app.code(KeyCode::Enter);
    let asked = app.sent::<ReadUploads>().remove(0);
    let rows = (0..5).map(testdata::upload).collect();
    app.answer(asked, Ok(Rows::new(rows, None)));
    let shown = app.screens.get::<Uploads>().trace.as_ref().map(|trace| trace.id);
    assert_eq!((app.shell.page, shown), (trace_page(), Some(testdata::upload(1).id)));
}

#[test]
fn trace_shows_stages_findings_and_failed_attempts() {
    let mut app = opened();
    app.act(Action::Open);
    let asked = ReadTrace(testdata::upload(0).id);
    assert_eq!(app.sent::<ReadTrace>(), std::slice::from_ref(&asked));
    app.answer(asked, Ok(testdata::trace()));
    assert_sizes!("trace", app);
    app.act(Action::OtherPane);
    app.act(Action::Back);
    assert_eq!(app.shell.page.name, "uploads");
}

fn found(app: &mut App, rows: std::ops::Range<usize>, total: i64) {
    let asked = app.drain_sent::<ReadUploads>().remove(0);
    let next = (total > rows.len() as i64).then(|| "c1".to_owned());
    let mut page = Rows::new(rows.map(testdata::upload).collect(), next);
    page.total = Some(total);
    app.answer(asked, Ok(page));
}

fn queries(app: &App) -> Vec<String> {
    let sent = app.sent::<ReadUploads>();
    sent.iter().map(|asked| asked.0.query().append_to("")).collect()
}

#[test]
fn daemon_filters_sorts_and_counts() {
    let mut app = testdata::app();
    app.go("uploads");
    found(&mut app, 0..20, 4463);
    assert!(screen(&mut app).contains("of 4,463 "), "{}", screen(&mut app));
    app.press('/');
    app.press('3');
    assert_eq!(queries(&app), ["?text=3&limit=200"]);
    app.press('9');
    assert_eq!(queries(&app).len(), 1, "one question at a time");
    // Neither the answer to the first half of the text nor its rows are taken.
    found(&mut app, 0..3, 3);
    assert_eq!(queries(&app), ["?text=39&limit=200"]);
    assert!(screen(&mut app).contains("searching …"), "{}", screen(&mut app));
    found(&mut app, 7..8, 1);
    let shown = screen(&mut app);
    assert!(
        shown.contains("· filter /39") && !shown.contains("searching"),
        "{shown}"
    );
    let list = &app.screens.get::<Uploads>().paged.list;
    assert_eq!(list.rows().len(), 1, "whatever is in the row: the daemon knows");
    app.code(KeyCode::Enter);
    app.press('s');
    assert_eq!(queries(&app), ["?text=39&sort=state&limit=200"]);
    found(&mut app, 0..2, 2);
    app.press('S');
    assert_eq!(queries(&app), ["?text=39&sort=-state&limit=200"]);
    found(&mut app, 0..2, 2);
    app.act(Action::Back);
    assert_eq!(queries(&app), ["?sort=-state&limit=200"]);
    found(&mut app, 0..2, 2);
    app.press('/');
    app.paste("!x");
    assert_eq!(queries(&app), ["?without=x&sort=-state&limit=200"]);
}

#[test]
fn enter_right_after_a_search_opens_what_was_found_and_not_what_was_there_before() {
    let mut app = opened();
    app.shell.effects.clear();
    app.press('/');
    app.press('7');
    app.code(KeyCode::Enter);
    app.code(KeyCode::Enter);
    assert_eq!(app.shell.page, list_page());
    found(&mut app, 7..8, 1);
    let shown = app.screens.get::<Uploads>().trace.as_ref().map(|trace| trace.id);
    assert_eq!((app.shell.page, shown), (trace_page(), Some(testdata::upload(7).id)));
}

#[test]
fn search_that_finds_nothing_says_so() {
    let mut app = opened();
    app.shell.effects.clear();
    app.press('/');
    app.press('q');
    found(&mut app, 0..0, 0);
    assert!(
        screen(&mut app).contains("Nothing matches /q; Esc shows all"),
        "{}",
        screen(&mut app)
    );
}
