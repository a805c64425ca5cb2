//! Campaigns as people see them.

use tradepost_common::campaigns::FailureKind;

use super::*;
use crate::list::Step;
use crate::screen::testing::assert_sizes;
use crate::theme::Theme;

/// The sizes that campaigns are looked at in.
macro_rules! both {
    ($app:expr) => {{
        let mut app = $app;
        insta::assert_snapshot!(screen(&mut app));
        insta::assert_snapshot!(large_screen(&mut app));
    }};
}

pub fn large_screen(app: &mut App) -> String {
    screen(app);
    lines(app, 160, 48).join("\n")
}

#[test]
fn campaigns_show_how_far_they_are_and_what_to_do() {
    let mut app = app_with_campaigns(&ALL);
    app.act(Action::Step(Step::Down));
    assert_sizes!("campaigns", app);
}

#[test]
fn no_campaign_yet_says_how_to_plan_one() {
    let shown = screen(&mut app_with_campaigns(&[]));
    assert!(shown.contains("plans one"), "{shown}");
}

#[test]
fn plan_without_items_says_that_there_is_nothing_to_draw() {
    let mut app = app_with_campaigns(&[CampaignState::Planned]);
    let mut plan = campaign(1, CampaignState::Planned);
    plan.items = 0;
    becomes(&mut app, plan);
    app.act(Action::Arm);
    app.act(Action::Letter('R'));
    let shown = screen(&mut app);
    assert!(
        app.shell.prompt.is_none() && shown.contains("Nothing to render"),
        "{shown}"
    );
}

#[test]
fn plan_says_what_it_takes() {
    both!(app_with_campaigns(&[CampaignState::Planned]));
}

#[test]
fn campaign_shows_its_samples_the_worst_first() {
    assert_sizes!("campaign", app_in_campaign(CampaignState::Waiting));
}

#[test]
fn failures_name_the_file_and_the_reason() {
    let mut app = app_in_campaign(CampaignState::Stopped);
    app.act(Action::OtherPane);
    let failures = rows(vec![
        failed_items(1, FailureKind::Refused, "It is not an SVG: unexpected end of stream"),
        failed_items(2, FailureKind::GivenUp, "An operator gave it up\u{1b}[2J"),
    ]);
    app.answer(ReadFailedItems(campaign_id(1), first_page()), Ok(failures));
    both!(app);
}

#[test]
fn what_others_see_is_asked_about() {
    let ask = |state, key| {
        let mut app = app_in_campaign(state);
        app.act(Action::Arm);
        app.act(Action::Letter(key));
        app
    };
    both!(ask(CampaignState::Rendered, 'E'));
    for (state, key, words) in [
        (
            CampaignState::Planned,
            'R',
            "Start it? 200,000 items, 3.0 CPU min, EUR 0.0022; 20 first.",
        ),
        (
            CampaignState::Waiting,
            'R',
            "Is the canary good? Render all 200,000 items?",
        ),
        (
            CampaignState::Stopped,
            'R',
            "Too much failed, so it stopped. Resume anyway?",
        ),
        (
            CampaignState::Running,
            'X',
            "ABORT: discard the renditions of 83,990 items?",
        ),
        (CampaignState::Swapped, 'U', "ROLL BACK: make the previous renditions"),
        (CampaignState::Swapped, 'D', "A rollback is impossible after that."),
    ] {
        let shown = screen(&mut ask(state, key));
        assert!(
            shown.contains(words) && shown.contains("y confirm"),
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
fn what_is_on_is_at_the_foot_of_other_screens_and_counted_in_the_tab() {
    let mut app = app_with_campaigns(&ALL);
    app.go("uploads");
    let shown = screen(&mut app);
    assert!(shown.contains("campaign 42 %, 499/s, 3m (+1)"), "{shown}");
    assert!(shown.contains("4 Ops(2)"), "{shown}");
    let mut app = app_with_campaigns(&[CampaignState::Waiting]);
    app.go("uploads");
    assert!(screen(&mut app).contains("campaign 0 %, AWAITING REVIEW"));
}

#[test]
fn too_little_disk_is_said_in_words() {
    let mut app = app_with_campaigns(&[CampaignState::Planned]);
    let mut plan = campaign(1, CampaignState::Planned);
    plan.disk_free_bytes = Some(1 << 20);
    plan.estimate.cost_micros = None;
    becomes(&mut app, plan);
    let shown = screen(&mut app);
    assert!(
        shown.contains("NOT ENOUGH DISK SPACE: 935 MiB needed, 1.0 MiB free"),
        "{shown}"
    );
    assert!(!shown.contains("EUR"), "{shown}");
}

#[test]
fn lost_line_marks_campaigns_as_stale_and_keeps_them() {
    let mut app = app_in_campaign(CampaignState::Running);
    app.shell.clock.instant += Duration::from_secs(34);
    lose_link(&mut app);
    let shown = lines(&mut app, 80, 24);
    assert!(shown[1].starts_with("STALE: data 34s old"), "{}", shown[1]);
    assert!(shown.iter().any(|line| line.contains("83,990 rendered")));
    app.act(Action::Letter('X'));
    app.act(Action::Arm);
    app.act(Action::Letter('X'));
    assert!(app.shell.prompt.is_none() && app.status().contains("link to the daemon"));
}

#[test]
fn campaigns_fit_every_size_and_say_nothing_by_colour_alone() {
    for state in CampaignState::ALL {
        for (width, height) in [(80, 24), (120, 40), (160, 48), (60, 16), (20, 5)] {
            for theme in [Theme::Dark, Theme::Mono] {
                let mut app = app_in_campaign(state);
                app.shell.theme = theme;
                lines(&mut app, width, height);
                app.act(Action::Open);
                lines(&mut app, width, height);
                app.go("campaigns");
                lines(&mut app, width, height);
            }
        }
    }
    let mut app = app_in_campaign(CampaignState::Waiting);
    let mut terminal = ratatui::Terminal::new(ratatui::backend::TestBackend::new(80, 24)).unwrap();
    terminal.draw(|frame| app.draw(frame)).unwrap();
    let plain = ratatui::style::Color::Reset;
    let cells = &terminal.backend().buffer().content;
    assert!(cells.iter().all(|cell| cell.fg == plain && cell.bg == plain));
}
