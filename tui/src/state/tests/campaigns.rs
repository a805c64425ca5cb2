//! Acting on campaigns: what a key does in which state, what is asked, what comes late.

mod looking;

use tradepost_common::campaigns::CampaignState;

use super::*;
use crate::client::CampaignStep;
use crate::state::prompt::Sure;
use crate::view::testdata::campaigns::{app_in_campaign, app_with_campaigns, campaign, campaign_id};

fn armed(state: CampaignState) -> App {
    let mut app = app_in_campaign(state);
    app.act(Action::Arm);
    app
}

fn key(app: &mut App, key: char) -> Vec<Write> {
    app.act(Action::Letter(key));
    writes(app)
}

fn yes(app: &mut App) -> Vec<Write> {
    app.press('y');
    writes(app)
}

fn sent(step: CampaignStep) -> Vec<Write> {
    vec![Write::Campaign(campaign_id(1), step)]
}

const KEYS: [char; 7] = ['P', 'R', 'E', 'U', 'X', 'D', 'C'];

#[test]
fn nothing_is_done_until_w_is_pressed_nor_by_a_moderator() {
    for state in CampaignState::ALL {
        for pressed in KEYS {
            let mut app = app_in_campaign(state);
            assert_eq!(
                (key(&mut app, pressed), app.prompt()),
                (vec![], None),
                "{state:?} {pressed:?}"
            );
            app.act(Action::Arm);
            app.shell.you.as_mut().unwrap().roles = vec![Role::Viewer, Role::Moderator];
            assert_eq!(
                (key(&mut app, pressed), app.prompt()),
                (vec![], None),
                "{state:?} {pressed:?}"
            );
            assert!(!status(&app).is_empty());
        }
    }
    let mut app = app_with_campaigns(&[]);
    assert_eq!((key(&mut app, '+'), app.prompt()), (vec![], None));
}

#[test]
fn pause_and_resume_need_no_question() {
    assert_eq!(key(&mut armed(CampaignState::Running), 'P'), sent(CampaignStep::Pause));
    assert_eq!(key(&mut armed(CampaignState::Canary), 'P'), sent(CampaignStep::Pause));
    assert_eq!(key(&mut armed(CampaignState::Paused), 'P'), sent(CampaignStep::Resume));
    assert_eq!(key(&mut armed(CampaignState::Paused), 'R'), sent(CampaignStep::Resume));
}

#[test]
fn whatever_is_seen_or_costs_or_is_lost_is_asked_about() {
    for (state, pressed, step) in [
        (CampaignState::Planned, 'R', CampaignStep::Start),
        (CampaignState::Waiting, 'R', CampaignStep::Resume),
        (CampaignState::Stopped, 'R', CampaignStep::Resume),
        (CampaignState::Rendered, 'E', CampaignStep::Swap),
        (CampaignState::RolledBack, 'E', CampaignStep::Swap),
        (CampaignState::Swapped, 'U', CampaignStep::RollBack),
        (CampaignState::Rendered, 'X', CampaignStep::Abort),
        (CampaignState::Planned, 'X', CampaignStep::Abort),
        (CampaignState::Aborted, 'D', CampaignStep::Collect),
    ] {
        let mut app = armed(state);
        assert_eq!(key(&mut app, pressed), [], "{state:?} {pressed:?}");
        assert_eq!(app.prompt(), Some(Prompt::Sure(Sure::Campaign(campaign_id(1), step))));
        app.code(KeyCode::Enter);
        assert_eq!(writes(&mut app), [], "Enter is no yes");
        assert_eq!(yes(&mut app), sent(step));
        assert_eq!(app.prompt(), None, "once is enough");
        key(&mut app, pressed);
        app.code(KeyCode::Esc);
        assert_eq!((writes(&mut app), app.prompt()), (vec![], None));
        assert_eq!(status(&app), "nothing was done");
    }
}

#[test]
fn question_is_answered_neither_by_enter_nor_by_the_key_that_asked() {
    let mut app = armed(CampaignState::Rendered);
    key(&mut app, 'E');
    for code in [
        KeyCode::Enter,
        KeyCode::Char('E'),
        KeyCode::Char('U'),
        KeyCode::Char('X'),
        KeyCode::Char(' '),
    ] {
        app.code(code);
        assert_eq!(writes(&mut app), [], "{code:?}");
        assert!(app.prompt().is_some(), "{code:?}");
    }
}

#[test]
fn key_that_makes_no_sense_says_what_does() {
    for (state, pressed, words) in [
        (CampaignState::Running, 'E', "not now, it is running"),
        (CampaignState::Rendered, 'U', "E swaps it in"),
        (CampaignState::Swapped, 'X', "U rolls it back"),
        (CampaignState::Swapped, 'C', "not now, it is swapped"),
        (CampaignState::RolledBack, 'P', "not now, it is rolled back"),
        (CampaignState::Waiting, 'P', "R goes on"),
        (CampaignState::Planning, 'R', "being counted"),
        (CampaignState::Rendered, 'D', "not now, it is rendered"),
    ] {
        let mut app = armed(state);
        assert_eq!(
            (key(&mut app, pressed), app.prompt()),
            (vec![], None),
            "{state:?} {pressed:?}"
        );
        assert!(status(&app).contains(words), "{state:?} {pressed:?}: {}", status(&app));
    }
}

#[test]
fn line_that_is_lost_swaps_nothing() {
    let mut app = armed(CampaignState::Rendered);
    key(&mut app, 'E');
    app.update(shell::Update::Link(Link::Lost {
        why: "gone".to_owned(),
        retry: Duration::from_millis(500),
    }));
    assert_eq!(yes(&mut app), []);
    assert!(status(&app).contains("link to the daemon is down"));
}

#[test]
fn refusal_of_the_daemon_is_shown_and_the_state_is_read_again() {
    let mut app = armed(CampaignState::Rendered);
    let refusal = problem(409, "campaign-state", "The campaign is swapped");
    app.hear(Update::CampaignStepped(CampaignStep::Swap, Err(refusal)));
    assert_eq!(status(&app), "NOT done: swap: The campaign is swapped");
    assert!(app.reads().contains(&Read::Campaign(campaign_id(1))));
    let done = Box::new(campaign(1, CampaignState::Swapped));
    app.hear(Update::CampaignStepped(CampaignStep::Swap, Ok(done)));
    assert!(
        status(&app).starts_with("it is swapped: everybody sees it"),
        "{}",
        status(&app)
    );
    assert_eq!(app.meant_campaign().unwrap().state, CampaignState::Swapped);
}

#[test]
fn rate_is_a_number_or_none() {
    let mut app = armed(CampaignState::Running);
    key(&mut app, 'C');
    app.paste("0");
    app.code(KeyCode::Enter);
    assert_eq!(writes(&mut app), [], "nothing a second is a pause");
    app.control('u');
    app.paste("250");
    app.code(KeyCode::Enter);
    assert_eq!(writes(&mut app), [Write::CampaignRate(campaign_id(1), Some(250))]);
    key(&mut app, 'C');
    app.code(KeyCode::Enter);
    assert_eq!(writes(&mut app), [Write::CampaignRate(campaign_id(1), None)]);
}

#[test]
fn plan_that_was_made_comes_up_unless_somebody_went_on() {
    let mut app = app_with_campaigns(&[]);
    app.act(Action::Arm);
    key(&mut app, '+');
    app.paste("sharper strokes");
    app.code(KeyCode::Enter);
    let done = writes(&mut app);
    let [Write::PlanCampaign(new)] = &done[..] else {
        panic!("no plan: {done:?}");
    };
    assert_eq!(
        (new.reason.as_str(), new.canary, new.scope.only_stale),
        ("sharper strokes", 20, true)
    );
    let planning = || Ok(Box::new(campaign(3, CampaignState::Planning)));
    app.hear(Update::CampaignPlanned(planning()));
    assert_eq!(
        (app.on(), app.meant_campaign().map(|c| c.id)),
        (Screen::Campaign, Some(campaign_id(3)))
    );
    app.go("audit");
    app.hear(Update::CampaignPlanned(planning()));
    assert_eq!(app.on(), Screen::Other);
    app.hear(Update::CampaignPlanned(Err(gone())));
    assert_eq!(status(&app), "NOT planned: gone");
}

#[test]
fn palette_changes_no_campaign_without_a_question() {
    let mut app = armed(CampaignState::Rendered);
    app.act(Action::AskCommand);
    app.paste("swap the campaign");
    app.code(KeyCode::Enter);
    assert_eq!(writes(&mut app), []);
    assert!(matches!(
        app.prompt(),
        Some(Prompt::Sure(Sure::Campaign(_, CampaignStep::Swap)))
    ));
}
