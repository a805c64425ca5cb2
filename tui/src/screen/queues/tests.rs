//! Queues as people see them, and their keys.

use crossterm::event::KeyCode;
use tradepost_common::ids::{MessageId, UploadId};
use tradepost_common::queues::{Lane, RunningJob};
use uuid::Uuid;

use super::*;
use crate::list::Step;
use crate::screen::testing::{assert_sizes, large_screen, screen, sized};
use crate::shell::App;
use crate::testdata;

fn opened() -> App {
    let mut app = testdata::app();
    app.go("queues");
    app
}

fn changes(app: &mut App) -> Vec<Change> {
    let sent = app.sent();
    app.shell.effects.clear();
    sent
}

#[test]
fn queues_show_numbers_and_a_chart() {
    let mut app = opened();
    app.act(Action::Step(Step::Last));
    assert_sizes!("queues", app);
}

#[test]
fn columns_that_do_not_fit_are_scrolled_to() {
    let mut app = opened();
    assert!(!screen(&mut app).contains("BACKEND"));
    for _ in 0..20 {
        app.press('>');
        screen(&mut app);
    }
    let shown = screen(&mut app);
    assert!(
        shown.contains("QUEUE") && shown.contains("BACKEND") && !shown.contains("READY"),
        "{shown}"
    );
    for _ in 0..20 {
        app.press('<');
    }
    assert!(screen(&mut app).contains("READY"));
}

#[test]
fn queues_say_what_an_operator_changed() {
    let mut app = opened();
    let mut queue = testdata::queue("render", 1812);
    queue.concurrency_by = Some("anna".to_owned());
    queue.concurrency = 12;
    let rows = vec![testdata::queue("scan", 0), queue];
    app.screens.get::<Queues>().list.replace(rows, testdata::NOW);
    app.act(Action::Step(Step::Last));
    app.press('W');
    app.press('C');
    assert!(app.shell.prompt_is::<LinePrompt<Queues>>());
    insta::assert_snapshot!(screen(&mut app));
    insta::assert_snapshot!(large_screen(&mut app));
}

#[test]
fn queue_is_paused_once_writing_is_armed() {
    let mut app = opened();
    app.press('P');
    assert_eq!(
        (changes(&mut app), app.status()),
        (vec![], "Read-only: press W to arm writing")
    );
    app.press('W');
    app.press('P');
    let change = Change::new("scan", Setting::Paused);
    assert_eq!(changes(&mut app), std::slice::from_ref(&change));
    let mut row = testdata::queue("scan", 0);
    row.paused = true;
    app.answer(change, Ok(row));
    assert_eq!(app.status(), "scan is paused");
    app.press('P');
    assert_eq!(changes(&mut app), [Change::new("scan", Setting::Running)]);
}

#[test]
fn concurrency_takes_a_number_or_nothing() {
    let mut app = opened();
    app.press('W');
    let typed = |app: &mut App, text: &str| {
        app.press('C');
        app.paste(text);
        app.code(KeyCode::Enter);
        changes(app)
    };
    for (text, handlers) in [("12", Some(12)), ("", None)] {
        let change = Change::new("scan", Setting::Concurrency(handlers));
        assert_eq!(typed(&mut app, text), [change]);
    }
    for wrong in ["0", "1001", "-1", "many", "1.5"] {
        assert_eq!(typed(&mut app, wrong), [], "{wrong}");
        assert!(app.status().contains("from 1 to 1,000"));
        app.code(KeyCode::Esc);
    }
}

#[test]
fn job_that_hangs_is_shown_with_its_worker_and_attempt() {
    let mut app = opened();
    let mut queue = testdata::queue("render", 3);
    queue.running = (1..=10).map(running).collect();
    app.screens.get::<Queues>().list.replace(vec![queue], testdata::NOW);
    for (width, height) in [(80, 24), (200, 60)] {
        insta::assert_snapshot!(format!("running_{width}x{height}"), sized(&mut app, (width, height)));
    }
}

fn running(n: u128) -> RunningJob {
    RunningJob {
        message_id: MessageId(Uuid::from_u128(n)),
        queue: "render".to_owned(),
        job: "render".to_owned(),
        file: Some(format!("icons/heavy-{n}.svg")),
        upload_id: Some(UploadId(Uuid::from_u128(n))),
        lane: if n == 2 { Lane::Bulk } else { Lane::Interactive },
        attempt: n as u32,
        run: 1 + u32::from(n == 2),
        worker: "shop-2:4711".to_owned(),
        started_at: testdata::ago(1000 / n as i64),
    }
}
