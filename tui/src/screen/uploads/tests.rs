//! Uploads and the trace of one as people see them.

use tradepost_common::Page as Rows;

use super::trace::ReadTrace;
use super::*;
use crate::screen::testing::screen;
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
