//! Each screen as people see it, at 80 x 24, from fixed data.

mod campaigns;
mod dead;
mod review;

use std::time::Duration;

use crossterm::event::KeyCode;
use tradepost_common::Page;

use super::testdata;
use crate::list::Step;
use crate::paged::PageRequest;
use crate::screen::testing::{large_screen, lines, screen};
use crate::shell::{self, Action, App, Effect, Link, Marking};
use crate::state::message::{Read, Update};

fn first_page<T>(rows: Vec<T>) -> (PageRequest, Result<Page<T>, crate::client::Failure>) {
    (PageRequest { cursor: None }, Ok(Page { rows, next: None }))
}

fn app_on(page: &str) -> App {
    let mut app = testdata::app();
    app.go(page);
    app
}

fn app_in_case() -> App {
    let mut app = testdata::app_with_cases();
    app.act(Action::Open);
    app.hear(Update::Case(testdata::case_id(1), Ok(Box::new(testdata::detail(1)))));
    app
}

#[test]
fn overview_has_the_worst_alert_on_top() {
    insta::assert_snapshot!(screen(&mut testdata::app()));
}

#[test]
fn queues_show_numbers_and_a_chart() {
    let mut app = app_on("queues");
    app.act(Action::Step(Step::Last));
    insta::assert_snapshot!(screen(&mut app));
}

#[test]
fn latency_shows_the_last_minute() {
    insta::assert_snapshot!(screen(&mut app_on("latency")));
}

#[test]
fn review_queue_lists_open_cases() {
    insta::assert_snapshot!(screen(&mut testdata::app_with_cases()));
}

#[test]
fn review_item_shows_findings_files_and_what_a_would_do() {
    insta::assert_snapshot!(screen(&mut app_in_case()));
}

#[test]
fn review_item_asks_for_a_reason() {
    let mut app = app_in_case();
    app.act(Action::Arm);
    app.shell.clock.instant += Duration::from_secs(2);
    app.act(Action::Letter('x'));
    insta::assert_snapshot!(screen(&mut app));
}

#[test]
fn uploads_show_where_each_is() {
    let mut app = app_on("uploads");
    let (ask, page) = first_page((0..5).map(testdata::upload).collect());
    app.hear(Update::Uploads(ask, page));
    insta::assert_snapshot!(screen(&mut app));
}

#[test]
fn trace_shows_stages_findings_and_failed_attempts() {
    let mut app = app_on("uploads");
    let (ask, page) = first_page((0..5).map(testdata::upload).collect());
    app.hear(Update::Uploads(ask, page));
    app.act(Action::Open);
    let id = testdata::upload(0).id;
    assert!(app.reads().contains(&Read::Trace(id)));
    app.hear(Update::Trace(id, Ok(testdata::trace())));
    insta::assert_snapshot!(screen(&mut app));
}

#[test]
fn help_names_the_keys_of_the_screen() {
    let mut app = app_in_case();
    app.act(Action::Help);
    insta::assert_snapshot!(screen(&mut app));
}

#[test]
fn lost_line_keeps_the_data_and_says_that_it_is_stale() {
    let mut app = testdata::app();
    app.shell.clock.instant += Duration::from_secs(34);
    app.update(shell::Update::Link(Link::Lost {
        why: "connection refused".to_owned(),
        retry: Duration::from_secs(1),
    }));
    app.shell.clock.instant += Duration::from_secs(6);
    let shown = lines(&mut app, 80, 24);
    assert_eq!(
        shown[1],
        "STALE: data 40s old, link lost 6s ago, trying again: connection refused"
    );
    assert!(shown.iter().any(|line| line.contains("14,012")));
}

#[test]
fn nothing_heard_yet_names_the_socket_and_what_to_do() {
    let graphics = crate::graphics::Graphics::new(crate::graphics::Choice::Halfblocks, None, |_| None);
    let pictures = crate::pictures::Pictures::new(graphics);
    let mut app = App::new(
        crate::screen::all(),
        crate::theme::Theme::Mono,
        pictures,
        testdata::clock(),
    );
    let why = "/state/control.sock: connection refused. Start the daemon.".to_owned();
    app.update(shell::Update::Link(Link::Lost {
        why,
        retry: Duration::from_secs(1),
    }));
    let shown = lines(&mut app, 80, 24).join("\n");
    assert!(shown.contains("NOT CONNECTED") && shown.contains("/state/control.sock"));
}

#[test]
fn every_screen_fits_both_sizes_in_every_theme() {
    use crate::theme::Theme::{Dark, Light, Mono};
    for (width, height) in [(80, 24), (120, 40), (160, 48), (60, 16), (20, 5)] {
        for theme in [Dark, Light, Mono] {
            for page in [
                "overview",
                "queues",
                "dead-groups",
                "operations",
                "latency",
                "alerts",
                "cases",
                "case",
                "audit",
                "uploads",
            ] {
                let mut app = app_in_case();
                app.shell.theme = theme;
                app.go(page);
                app.act(Action::Arm);
                app.act(Action::Freeze);
                lines(&mut app, width, height);
                app.act(Action::AskCommand);
                lines(&mut app, width, height);
            }
        }
    }
}

#[test]
fn flagged_picture_is_asked_for_blurred_and_turns_sharp_on_demand() {
    let mut app = app_in_case();
    app.act(Action::Step(Step::Down));
    lines(&mut app, 80, 24);
    let wish = app
        .shell
        .pictures
        .on_screen
        .first()
        .cloned()
        .expect("the second file has a picture");
    assert_eq!(wish.focus, crate::picture::Focus::Blurred);
    app.act(Action::Letter('b'));
    lines(&mut app, 80, 24);
    assert_eq!(
        app.shell.pictures.on_screen.first().cloned().unwrap().focus,
        crate::picture::Focus::Sharp
    );
    app.shell.effects.clear();
    app.ask_for_pictures();
    assert!(matches!(app.shell.effects[..], [Effect::Picture(_)]));
    app.ask_for_pictures();
    assert_eq!(app.shell.effects.len(), 1, "one picture at a time");
}
