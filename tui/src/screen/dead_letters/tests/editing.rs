//! Another payload.

use super::*;
use crate::screen::dead_letters::edit::SendEdit;
use crate::screen::dead_letters::letter::ReadLetter;

#[test]
fn edit_is_checked_shown_and_sent_only_with_y() {
    let mut app = armed(data::app_with_letter());
    app.act(EDIT);
    assert!(app.in_editor().is_some_and(|text| text.contains("icons/broken.svg")));
    app.edit_ends("{ not json");
    app.press('y');
    app.press('e');
    assert_eq!(app.in_editor(), Some("{ not json"));
    app.edit_ends("{\"path\": \"x\"}");
    let check = app.sent::<CheckEdit>().remove(0);
    let (id, edit) = (check.0, check.1.clone());
    assert_eq!(
        (id, edit.seq, &edit.payload["path"]),
        (message_id(2), 898, &serde_json::json!("x"))
    );
    app.press('y');
    assert_eq!(app.sent::<SendEdit>(), [], "not checked yet");
    app.answer(check, Ok(data::check()));
    app.press('y');
    let send = SendEdit(id, edit);
    assert_eq!(app.sent::<SendEdit>(), std::slice::from_ref(&send));
    app.answer(send, Err(Failure::Unreachable("gone".to_owned())));
    assert!(app.shell.prompt.is_some(), "what went wrong is shown");
}

#[test]
fn payload_that_is_unchanged_is_not_sent() {
    let mut app = armed(data::app_with_letter());
    app.act(EDIT);
    let text = export::pretty(&data::detail(2).payload).unwrap();
    app.edit_ends(&text);
    assert!(dead(&mut app).edited.is_none() && app.shell.effects.is_empty());
    assert!(app.status().contains("unchanged"));
}

#[test]
fn edit_from_the_list_waits_for_the_message() {
    let mut app = armed(data::app_with_letters());
    app.act(EDIT);
    assert_eq!(app.shell.page, Level::Letter.page());
    assert_eq!(app.sent::<ReadLetter>(), [ReadLetter(message_id(1))]);
    app.answer(ReadLetter(message_id(1)), Ok(data::detail(1)));
    assert!(app.in_editor().is_some());
}
