//! Uploads and the trace of one as people see them.

use crossterm::event::KeyCode;
use tradepost_common::Page as Rows;

use super::trace::ReadTrace;
use super::*;
use crate::screen::testing::{SIZES, screen, sized};
use crate::shell::App;
use crate::testdata;

fn opened() -> App {
    let mut app = testdata::app();
    app.go("uploads");
    let asked = app.sent::<ReadUploads>().remove(0);
    let rows = (0..5).map(testdata::upload).collect();
    app.answer(asked, Ok(Rows { rows, next: None }));
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
    app.answer(asked, Ok(Rows { rows, next: None }));
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
    insta::assert_snapshot!(screen(&mut app));
    app.act(Action::OtherPane);
    app.act(Action::Back);
    assert_eq!(app.shell.page.name, "uploads");
}
