//! Alerts as people see them, and their only key.

use crossterm::event::KeyCode;

use super::*;
use crate::screen::testing::{assert_sizes, screen};
use crate::shell::App;
use crate::testdata;

fn opened() -> App {
    let mut app = testdata::app();
    app.go("alerts");
    app
}

#[test]
fn alerts_are_listed_in_full() {
    assert_sizes!("alerts", opened());
}

#[test]
fn enter_shows_the_alert_alone_and_n_the_next_one() {
    let mut app = opened();
    app.code(KeyCode::Enter);
    insta::assert_snapshot!(screen(&mut app));
    app.press('n');
    assert!(screen(&mut app).contains("2 dead letters in render"));
    app.code(KeyCode::Esc);
    assert!(app.shell.prompt.is_none());
}

#[test]
fn alert_is_acknowledged_once() {
    let mut app = opened();
    app.press('A');
    assert_eq!(app.status(), "Read-only: press W to arm writing");
    app.press('W');
    app.press('A');
    let sent = app.sent::<Acknowledge>();
    assert_eq!(sent, [Acknowledge("scanner-down".to_owned())]);
    let mut alert = app.screens.get::<Alerts>().list.selected().unwrap().clone();
    alert.acknowledged_by = Some("anna".to_owned());
    app.shell.effects.clear();
    app.answer(sent[0].clone(), Ok(alert));
    app.press('A');
    assert_eq!(
        (app.sent::<Acknowledge>(), app.status()),
        (vec![], "Already acknowledged by anna")
    );
}

#[test]
fn acknowledged_alert_says_by_whom_and_no_longer_shouts() {
    let mut app = opened();
    app.press('W');
    app.press('A');
    let asked = app.sent::<Acknowledge>().remove(0);
    let mut alert = app.screens.get::<Alerts>().list.selected().unwrap().clone();
    alert.acknowledged_by = Some("anna".to_owned());
    app.answer(asked, Ok(alert));
    insta::assert_snapshot!(screen(&mut app));
}
