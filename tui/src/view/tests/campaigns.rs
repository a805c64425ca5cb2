//! Campaigns: the list, one of them, a sample as three pictures, and what is asked.

use image::{Rgba, RgbaImage};
use tradepost_common::campaigns::{CampaignState, FailureKind, Side};

use super::*;
use crate::input::Typed;
use crate::picture::{PictureKey, PictureOf, Studio};
use crate::state::campaigns::{CampaignKey, LookKey};
use crate::state::list::Order;
use crate::theme::Theme;
use crate::view::testdata::campaigns::{app_in_campaign, app_with_campaigns, campaign, campaign_id, page, set_aside};

/// The sizes that campaigns are looked at in.
macro_rules! both {
    ($app:expr) => {{
        let mut app = $app;
        insta::assert_snapshot!(screen(&mut app));
        insta::assert_snapshot!(wide_screen(&mut app));
    }};
}

fn wide_screen(app: &mut App) -> String {
    screen(app);
    lines(app, 160, 48).join("\n")
}

const ALL: [CampaignState; 5] = [
    CampaignState::Planned,
    CampaignState::Running,
    CampaignState::Stopped,
    CampaignState::Rendered,
    CampaignState::Swapped,
];

/// A disc, larger and of another colour for each side, so that the pictures are told apart.
fn draw(app: &mut App, key: &PictureKey) {
    let PictureOf::Sample { side, .. } = key.of else {
        panic!("a picture of a sample is asked for");
    };
    let (radius, grey) = match side {
        Side::Old => (20, 0),
        Side::New => (24, 60),
        Side::Difference => (28, 150),
    };
    let disc = RgbaImage::from_fn(64, 64, |x, y| {
        let (dx, dy) = (x as i32 - 32, y as i32 - 32);
        let inside = dx * dx + dy * dy < radius * radius;
        Rgba([grey, grey, grey, if inside { 255 } else { 0 }])
    });
    let studio = Studio { graphics: app.graphics };
    let shown = studio.encode(&disc, key, 1);
    app.hear(Update::Picture(key.clone(), shown));
}

/// Draws until every picture that the screen has room for is there.
fn with_pictures(mut app: App, width: u16, height: u16) -> App {
    app.background = crate::picture::Background::Light;
    for _ in 0..20 {
        lines(&mut app, width, height);
        app.effects.clear();
        app.ask_for_pictures();
        let Some(Effect::Picture(key)) = app.effects.pop() else {
            return app;
        };
        draw(&mut app, &key);
    }
    panic!("pictures are asked for without end");
}

fn in_sample(app: &mut App) {
    app.act(Action::Open);
}

#[test]
fn campaigns_show_how_far_they_are_and_what_to_do() {
    let mut app = app_with_campaigns(&ALL);
    app.act(Action::Step(Step::Down));
    both!(app);
}

#[test]
fn no_campaign_yet_says_how_to_plan_one() {
    let shown = screen(&mut app_with_campaigns(&[]));
    assert!(shown.contains("+ plans one"), "{shown}");
}

#[test]
fn plan_says_what_it_takes() {
    both!(app_with_campaigns(&[CampaignState::Planned]));
}

#[test]
fn campaign_shows_its_samples_the_worst_first() {
    both!(app_in_campaign(CampaignState::Waiting));
}

#[test]
fn failures_name_the_file_and_the_reason() {
    let mut app = app_in_campaign(CampaignState::Stopped);
    app.act(Action::OtherPane);
    let rows = page(vec![
        set_aside(1, FailureKind::Refused, "It is not an SVG: unexpected end of stream"),
        set_aside(2, FailureKind::GivenUp, "An operator gave it up\u{1b}[2J"),
    ]);
    app.hear(Update::SetAside(campaign_id(1), Ask { cursor: None }, Ok(rows)));
    both!(app);
}

#[test]
fn sample_is_shown_as_old_new_and_difference() {
    let mut app = app_in_campaign(CampaignState::Waiting);
    in_sample(&mut app);
    let mut app = with_pictures(app, 80, 24);
    insta::assert_snapshot!(screen(&mut app));
    let mut app = with_pictures(app, 160, 48);
    insta::assert_snapshot!(wide_screen(&mut app));
}

#[test]
fn one_picture_alone_takes_all_the_room() {
    let mut app = app_in_campaign(CampaignState::Waiting);
    in_sample(&mut app);
    app.act(Action::Sample(LookKey::Full));
    let mut app = with_pictures(app, 80, 24);
    insta::assert_snapshot!(screen(&mut app));
    for side in ["NEW: ", "DIFFERENCE: ", "OLD: "] {
        app.act(Action::Sample(LookKey::Full));
        let shown = screen(&mut app);
        assert!(shown.contains(side), "{side}:\n{shown}");
    }
}

#[test]
fn next_sample_is_read_ahead_and_comes_with_n() {
    let mut app = app_in_campaign(CampaignState::Waiting);
    in_sample(&mut app);
    let mut app = with_pictures(app, 80, 24);
    app.act(Action::Cycle(Order::Rising));
    let shown = screen(&mut app);
    assert!(shown.contains("2 of 9") && shown.contains("OLD: none"), "{shown}");
    assert!(!shown.contains("picture …"), "they are here already:\n{shown}");
    app.act(Action::Cycle(Order::Falling));
    app.act(Action::Cycle(Order::Falling));
    assert!(screen(&mut app).contains("the same to the pixel"));
}

#[test]
fn what_others_see_is_asked_about() {
    let ask = |state, key| {
        let mut app = app_in_campaign(state);
        app.act(Action::Arm);
        app.act(Action::Campaign(key));
        app
    };
    both!(ask(CampaignState::Rendered, CampaignKey::Swap));
    for (state, key, words) in [
        (
            CampaignState::Planned,
            CampaignKey::Go,
            "Start it? 200,000 items, 3.0 CPU min, EUR 0.0022; 20 first.",
        ),
        (
            CampaignState::Waiting,
            CampaignKey::Go,
            "Is the canary good? Go on with all 200,000 items?",
        ),
        (
            CampaignState::Stopped,
            CampaignKey::Go,
            "It stopped by itself. Go on all the same?",
        ),
        (
            CampaignState::Running,
            CampaignKey::Abort,
            "ABORT: throw away what was drawn of 83,990 items?",
        ),
        (
            CampaignState::Swapped,
            CampaignKey::RollBack,
            "ROLL BACK: everybody sees what was before",
        ),
        (
            CampaignState::Swapped,
            CampaignKey::Collect,
            "It can not be rolled back after that.",
        ),
    ] {
        let shown = screen(&mut ask(state, key));
        assert!(
            shown.contains(words) && shown.contains("y does it"),
            "{words}:\n{shown}"
        );
    }
}

#[test]
fn help_names_the_keys_of_campaigns() {
    let mut app = app_in_campaign(CampaignState::Waiting);
    app.act(Action::Help);
    insta::assert_snapshot!(screen(&mut app));
}

#[test]
fn plan_is_typed_as_on_the_command_line_and_a_fault_is_named() {
    let mut app = app_with_campaigns(&[]);
    app.act(Action::Arm);
    app.act(Action::Campaign(CampaignKey::Plan));
    app.paste("sharper strokes");
    insta::assert_snapshot!(screen(&mut app));
    app.act(Action::Prompt(Typed::Clear));
    app.paste("--kind font --reason x");
    app.act(Action::Prompt(Typed::Done));
    assert!(app.status.as_ref().unwrap().text.contains("font"), "{:?}", app.status);
    assert!(app.prompt.is_some(), "what was typed is not lost");
}

#[test]
fn what_is_on_is_at_the_foot_of_other_screens_and_counted_in_the_tab() {
    let mut app = app_with_campaigns(&ALL);
    app.go(Screen::Uploads);
    let shown = screen(&mut app);
    assert!(shown.contains("campaign 42 %, 499/s, 3m (+1)"), "{shown}");
    assert!(shown.contains("4 Ops(2)"), "{shown}");
    let mut app = app_with_campaigns(&[CampaignState::Waiting]);
    app.go(Screen::Uploads);
    assert!(screen(&mut app).contains("campaign 0 %, LOOK AT IT"));
}

#[test]
fn too_little_disk_is_said_in_words() {
    let mut app = app_with_campaigns(&[CampaignState::Planned]);
    let mut plan = campaign(1, CampaignState::Planned);
    plan.disk_free_bytes = Some(1 << 20);
    plan.estimate.cost_micros = None;
    app.show_campaign(&plan);
    let shown = screen(&mut app);
    assert!(
        shown.contains("NOT ENOUGH ROOM: 935 MiB wanted, 1.0 MiB free"),
        "{shown}"
    );
    assert!(!shown.contains("EUR"), "{shown}");
}

#[test]
fn lost_line_marks_campaigns_as_stale_and_keeps_them() {
    let mut app = app_in_campaign(CampaignState::Running);
    app.clock.instant += Duration::from_secs(34);
    app.hear(Update::Link(Link::Lost {
        why: "connection refused".to_owned(),
        retry: Duration::from_secs(1),
    }));
    let shown = lines(&mut app, 80, 24);
    assert!(shown[1].starts_with("STALE: data 34s old"), "{}", shown[1]);
    assert!(shown.iter().any(|line| line.contains("83,990 drawn")));
    app.act(Action::Campaign(CampaignKey::Abort));
    app.act(Action::Arm);
    app.act(Action::Campaign(CampaignKey::Abort));
    assert!(app.prompt.is_none() && app.status.as_ref().unwrap().text.contains("line to the daemon"));
}

#[test]
fn campaigns_fit_every_size_and_say_nothing_by_colour_alone() {
    for state in CampaignState::ALL {
        for (width, height) in [(80, 24), (120, 40), (160, 48), (60, 16), (20, 5)] {
            for theme in [Theme::Dark, Theme::Mono] {
                let mut app = app_in_campaign(state);
                app.theme = theme;
                lines(&mut app, width, height);
                in_sample(&mut app);
                lines(&mut app, width, height);
                app.go(Screen::Campaigns);
                lines(&mut app, width, height);
            }
        }
    }
    let mut app = app_in_campaign(CampaignState::Waiting);
    let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
    terminal.draw(|frame| crate::view::draw(frame, &mut app)).unwrap();
    let plain = ratatui::style::Color::Reset;
    let cells = &terminal.backend().buffer().content;
    assert!(cells.iter().all(|cell| cell.fg == plain && cell.bg == plain));
}
