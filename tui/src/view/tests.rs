//! Each screen as people see it, at 80 x 24, from fixed data.

mod campaigns;
mod dead;

use std::time::Duration;

use crossterm::event::KeyCode;
use tradepost_common::Page;

use super::testdata;
use crate::list::Step;
use crate::paged::PageRequest;
use crate::screen::testing::{large_screen, lines, screen};
use crate::shell::{self, Action, App, Effect, Link, Marking};
use crate::state::message::Update;

fn app_on(page: &str) -> App {
    let mut app = testdata::app();
    app.go(page);
    app
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
                let mut app = testdata::app();
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
