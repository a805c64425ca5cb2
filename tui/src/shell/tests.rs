//! The shell around any screen.

use std::time::Duration;

use crossterm::event::KeyCode;
use crossterm::event::{MouseButton, MouseEventKind};
use tradepost_common::events::Event;
use tradepost_common::overview::Role;

use super::{Action, App, Effect, Link, Update};
use crate::graphics::{Choice, Graphics};
use crate::pictures::Pictures;
use crate::screen::testing::{lines, random_keys, styled};
use crate::testdata;
use crate::theme::Theme;

fn lost(why: &str) -> Update {
    Update::Link(Link::Lost {
        why: why.to_owned(),
        retry: Duration::from_secs(1),
    })
}

#[test]
fn nothing_is_written_until_w_is_pressed_and_not_after_ten_minutes() {
    let mut app = testdata::app();
    app.go("queues");
    let written = |app: &mut App| {
        app.press('P');
        let effects = std::mem::take(&mut app.shell.effects);
        effects.iter().any(|effect| matches!(effect, Effect::Write(_)))
    };
    assert!(!written(&mut app));
    assert_eq!(app.status(), "Read-only: press W to arm writing");
    app.press('W');
    assert!(written(&mut app));
    app.shell.clock.instant += Duration::from_secs(601);
    app.tick();
    assert!(!written(&mut app));
}

#[test]
fn viewer_is_told_what_is_missing() {
    let mut app = testdata::app();
    if let Some(you) = &mut app.shell.you {
        you.roles = vec![Role::Viewer];
    }
    app.press('W');
    assert!(app.shell.armed_for().is_none());
    assert!(app.status().contains("is a viewer"));
}

#[test]
fn frozen_screen_stands_still_and_catches_up() {
    let mut app = testdata::app();
    app.press('p');
    app.update(Update::Event(Event::Queues {
        queues: vec![testdata::queue("scan", 9)],
    }));
    assert_eq!(app.shell.live.queues.len(), 2);
    app.press('p');
    assert_eq!(app.shell.live.queues[0].depth, 9);
}

#[test]
fn lost_link_keeps_the_data_and_says_that_it_is_stale() {
    let mut app = testdata::app();
    app.shell.clock.instant += Duration::from_secs(34);
    app.update(lost("connection refused"));
    app.shell.clock.instant += Duration::from_secs(6);
    let shown = lines(&mut app, 80, 24);
    assert_eq!(
        shown[1],
        "STALE: data 40s old, link lost 6s ago, reconnecting: connection refused"
    );
    assert!(shown.iter().any(|line| line.contains("14,012")));
}

#[test]
fn lost_link_says_in_full_what_to_do() {
    let mut app = testdata::app();
    let why = "/run/tradepost/control.sock: connection refused. Start the daemon with `systemctl start tradepostd`, or name \
               another socket with --socket.";
    app.update(lost(why));
    let shown = lines(&mut app, 80, 24)[1..4].join(" ");
    assert!(shown.contains(why) || shown.ends_with("--socket."), "{shown}");
}

/// The first cell of the words.
fn find(app: &mut App, words: &str) -> (u16, u16) {
    let lines = lines(app, 120, 40);
    let found = lines.iter().enumerate().find_map(|(y, line)| {
        let at = line.find(words)?;
        Some((line[..at].chars().count() as u16, y as u16))
    });
    found.unwrap_or_else(|| panic!("{words} is not in {lines:#?}"))
}

#[test]
fn mouse_opens_tabs_sorts_by_titles_and_presses_the_keys_of_the_last_line() {
    let mut app = testdata::app();
    let click = |app: &mut App, words: &str| {
        let (x, y) = find(app, words);
        app.click(MouseEventKind::Down(MouseButton::Left), x, y);
    };
    click(&mut app, "2 Queues");
    assert_eq!(app.shell.page.name, "queues");
    for order in ["falling", "rising"] {
        click(&mut app, "READY");
        assert_eq!(app.status(), format!("Sorted by READY, {order}"));
    }
    click(&mut app, "? help");
    assert!(app.shell.has_overlay());
}

#[test]
fn nothing_heard_yet_names_the_socket_and_what_to_do() {
    let pictures = Pictures::new(Graphics::new(Choice::Halfblocks, None, |_| None));
    let mut app = App::new(crate::screen::all(), Theme::Mono, pictures, testdata::clock());
    app.update(lost("/state/control.sock: connection refused. Start the daemon."));
    let shown = lines(&mut app, 80, 24).join("\n");
    assert!(shown.contains("NOT CONNECTED") && shown.contains("/state/control.sock"));
}

#[test]
fn every_page_fits_all_sizes_in_every_theme() {
    let pages: Vec<&str> = testdata::app().screens.pages().map(|(_, page)| page.name).collect();
    for (width, height) in [(80, 24), (120, 40), (200, 60), (300, 90), (60, 16), (20, 5)] {
        for theme in [Theme::Dark, Theme::Light, Theme::Mono] {
            for page in &pages {
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

#[test]
fn themes_differ_in_their_colours_alone() {
    for theme in [Theme::Dark, Theme::Light, Theme::Mono] {
        for page in ["overview", "queues"] {
            let mut app = testdata::app();
            app.shell.theme = theme;
            app.go(page);
            app.act(Action::Arm);
            insta::assert_snapshot!(format!("{page}_{}", theme.as_str()), styled(&mut app));
        }
    }
}

#[test]
fn pasted_text_without_a_prompt_acts_on_nothing() {
    let mut app = testdata::app();
    app.go("queues");
    app.press('W');
    app.shell.effects.clear();
    app.paste("P: every letter is a key, q too\n");
    assert_eq!(app.status(), "Pasted text is ignored: no input is open");
    assert!(app.shell.effects.is_empty() && app.shell.prompt.is_none());
}

#[test]
fn text_after_a_refused_question_is_ignored_up_to_enter() {
    let mut app = testdata::app();
    app.go("queues");
    app.press('C');
    for c in "Why 7 We Q? x2 : e q".chars() {
        app.press(c);
    }
    app.paste("W\nq");
    assert_eq!(app.shell.page.name, "queues");
    assert!(app.shell.armed_for().is_none() && app.shell.effects.is_empty());
    let shown = lines(&mut app, 80, 24);
    assert_eq!(shown[22], "Read-only: press W to arm writing");
    app.code(KeyCode::Enter);
    app.press('W');
    assert!(app.shell.armed_for().is_some());
}

#[test]
fn second_w_arms_anew_and_only_control_w_disarms() {
    let mut app = testdata::app();
    app.press('W');
    app.shell.clock.instant += Duration::from_secs(100);
    app.press('W');
    assert_eq!(app.shell.armed_for(), Some(super::ARMED_FOR));
    app.control('w');
    assert!(app.shell.armed_for().is_none());
}

#[test]
fn random_keys_write_only_when_armed_and_end_nothing() {
    for seed in 0..10 {
        random_keys(&mut testdata::app(), seed);
    }
}
