//! Acting on campaigns: what a key does in which state, what is asked, what comes late.

mod looking;

use tradepost_common::campaigns::CampaignState;

use super::*;
use crate::client::CampaignStep;
use crate::message::Read;
use crate::state::campaigns::{CampaignKey, LookKey};
use crate::state::prompt::Sure;
use crate::view::testdata::campaigns::{app_in_campaign, app_with_campaigns, campaign, campaign_id};

fn armed(state: CampaignState) -> App {
    let mut app = app_in_campaign(state);
    app.act(Action::Arm);
    app
}

fn key(app: &mut App, key: CampaignKey) -> Vec<Write> {
    app.act(Action::Campaign(key));
    writes(app)
}

fn yes(app: &mut App) -> Vec<Write> {
    app.act(Action::Prompt(Typed::Yes));
    writes(app)
}

fn sent(step: CampaignStep) -> Vec<Write> {
    vec![Write::Campaign(campaign_id(1), step)]
}

const KEYS: [CampaignKey; 7] = [
    CampaignKey::Turn,
    CampaignKey::Go,
    CampaignKey::Swap,
    CampaignKey::RollBack,
    CampaignKey::Abort,
    CampaignKey::Collect,
    CampaignKey::Rate,
];

#[test]
fn nothing_is_done_until_w_is_pressed_nor_by_a_moderator() {
    for state in CampaignState::ALL {
        for pressed in KEYS {
            let mut app = app_in_campaign(state);
            assert_eq!(
                (key(&mut app, pressed), app.prompt.clone()),
                (vec![], None),
                "{state:?} {pressed:?}"
            );
            app.act(Action::Arm);
            app.you.as_mut().unwrap().roles = vec![Role::Viewer, Role::Moderator];
            assert_eq!(
                (key(&mut app, pressed), app.prompt.clone()),
                (vec![], None),
                "{state:?} {pressed:?}"
            );
            assert!(!status(&app).is_empty());
        }
    }
    let mut app = app_with_campaigns(&[]);
    assert_eq!((key(&mut app, CampaignKey::Plan), app.prompt.clone()), (vec![], None));
}

#[test]
fn pause_and_resume_need_no_question() {
    assert_eq!(
        key(&mut armed(CampaignState::Running), CampaignKey::Turn),
        sent(CampaignStep::Pause)
    );
    assert_eq!(
        key(&mut armed(CampaignState::Canary), CampaignKey::Turn),
        sent(CampaignStep::Pause)
    );
    assert_eq!(
        key(&mut armed(CampaignState::Paused), CampaignKey::Turn),
        sent(CampaignStep::Resume)
    );
    assert_eq!(
        key(&mut armed(CampaignState::Paused), CampaignKey::Go),
        sent(CampaignStep::Resume)
    );
}

#[test]
fn whatever_is_seen_or_costs_or_is_lost_is_asked_about() {
    for (state, pressed, step) in [
        (CampaignState::Planned, CampaignKey::Go, CampaignStep::Start),
        (CampaignState::Waiting, CampaignKey::Go, CampaignStep::Resume),
        (CampaignState::Stopped, CampaignKey::Go, CampaignStep::Resume),
        (CampaignState::Rendered, CampaignKey::Swap, CampaignStep::Swap),
        (CampaignState::RolledBack, CampaignKey::Swap, CampaignStep::Swap),
        (CampaignState::Swapped, CampaignKey::RollBack, CampaignStep::RollBack),
        (CampaignState::Rendered, CampaignKey::Abort, CampaignStep::Abort),
        (CampaignState::Planned, CampaignKey::Abort, CampaignStep::Abort),
        (CampaignState::Aborted, CampaignKey::Collect, CampaignStep::Collect),
    ] {
        let mut app = armed(state);
        assert_eq!(key(&mut app, pressed), [], "{state:?} {pressed:?}");
        assert_eq!(app.prompt, Some(Prompt::Sure(Sure::Campaign(campaign_id(1), step))));
        app.act(Action::Prompt(Typed::Done));
        assert_eq!(writes(&mut app), [], "Enter is no yes");
        assert_eq!(yes(&mut app), sent(step));
        assert_eq!(app.prompt, None, "once is enough");
        key(&mut app, pressed);
        app.act(Action::Prompt(Typed::Cancel));
        assert_eq!((writes(&mut app), app.prompt.clone()), (vec![], None));
        assert_eq!(status(&app), "nothing was done");
    }
}

#[test]
fn question_is_answered_neither_by_enter_nor_by_the_key_that_asked() {
    use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
    let mut app = armed(CampaignState::Rendered);
    key(&mut app, CampaignKey::Swap);
    for code in [
        KeyCode::Enter,
        KeyCode::Char('E'),
        KeyCode::Char('U'),
        KeyCode::Char('X'),
        KeyCode::Char(' '),
    ] {
        let pressed = KeyEvent::new(code, KeyModifiers::NONE);
        assert_eq!(
            crate::input::action(pressed, app.screen, app.prompt.as_ref()),
            None,
            "{code:?}"
        );
    }
}

#[test]
fn key_that_makes_no_sense_says_what_does() {
    for (state, pressed, words) in [
        (CampaignState::Running, CampaignKey::Swap, "not now, it is running"),
        (CampaignState::Rendered, CampaignKey::RollBack, "E swaps it in"),
        (CampaignState::Swapped, CampaignKey::Abort, "U rolls it back"),
        (CampaignState::Swapped, CampaignKey::Rate, "not now, it is swapped"),
        (
            CampaignState::RolledBack,
            CampaignKey::Turn,
            "not now, it is rolled back",
        ),
        (CampaignState::Waiting, CampaignKey::Turn, "R goes on"),
        (CampaignState::Planning, CampaignKey::Go, "being counted"),
        (CampaignState::Rendered, CampaignKey::Collect, "not now, it is rendered"),
    ] {
        let mut app = armed(state);
        assert_eq!(
            (key(&mut app, pressed), app.prompt.clone()),
            (vec![], None),
            "{state:?} {pressed:?}"
        );
        assert!(status(&app).contains(words), "{state:?} {pressed:?}: {}", status(&app));
    }
}

#[test]
fn line_that_is_lost_swaps_nothing() {
    let mut app = armed(CampaignState::Rendered);
    key(&mut app, CampaignKey::Swap);
    app.hear(Update::Link(Link::Lost {
        why: "gone".to_owned(),
        retry: Duration::from_millis(500),
    }));
    assert_eq!(yes(&mut app), []);
    assert!(status(&app).contains("line to the daemon is down"));
}

#[test]
fn refusal_of_the_daemon_is_shown_and_the_state_is_read_again() {
    let mut app = armed(CampaignState::Rendered);
    let refusal = problem(409, "campaign-state", "The campaign is swapped");
    app.hear(Update::CampaignStepped(CampaignStep::Swap, Err(refusal)));
    assert_eq!(status(&app), "NOT done: swap: The campaign is swapped");
    assert!(app.effects.contains(&Effect::Read(Read::Campaign(campaign_id(1)))));
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
    key(&mut app, CampaignKey::Rate);
    app.paste("0");
    app.act(Action::Prompt(Typed::Done));
    assert_eq!(writes(&mut app), [], "nothing a second is a pause");
    app.act(Action::Prompt(Typed::Clear));
    app.paste("250");
    app.act(Action::Prompt(Typed::Done));
    assert_eq!(writes(&mut app), [Write::CampaignRate(campaign_id(1), Some(250))]);
    key(&mut app, CampaignKey::Rate);
    app.act(Action::Prompt(Typed::Done));
    assert_eq!(writes(&mut app), [Write::CampaignRate(campaign_id(1), None)]);
}

#[test]
fn plan_that_was_made_comes_up_unless_somebody_went_on() {
    let mut app = app_with_campaigns(&[]);
    app.act(Action::Arm);
    key(&mut app, CampaignKey::Plan);
    app.paste("sharper strokes");
    app.act(Action::Prompt(Typed::Done));
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
        (app.screen, app.meant_campaign().map(|c| c.id)),
        (Screen::Campaign, Some(campaign_id(3)))
    );
    app.go(Screen::Audit);
    app.hear(Update::CampaignPlanned(planning()));
    assert_eq!(app.screen, Screen::Audit);
    app.hear(Update::CampaignPlanned(Err(gone())));
    assert_eq!(status(&app), "NOT planned: gone");
}

#[test]
fn letters_of_campaigns_act_there_and_the_palette_never_without_a_question() {
    use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
    let at = |screen, c| crate::input::action(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE), screen, None);
    for (c, expected) in [
        ('P', CampaignKey::Turn),
        ('R', CampaignKey::Go),
        ('E', CampaignKey::Swap),
        ('U', CampaignKey::RollBack),
        ('X', CampaignKey::Abort),
        ('D', CampaignKey::Collect),
        ('C', CampaignKey::Rate),
    ] {
        for screen in [Screen::Campaigns, Screen::Campaign] {
            assert_eq!(at(screen, c), Some(Action::Campaign(expected)), "{c}");
        }
    }
    assert_eq!(at(Screen::Campaigns, '+'), Some(Action::Campaign(CampaignKey::Plan)));
    assert_eq!(at(Screen::Campaign, '+'), Some(Action::Sample(LookKey::Closer)));
    let mut app = armed(CampaignState::Rendered);
    app.act(Action::AskCommand);
    app.paste("swap the campaign");
    app.act(Action::Prompt(Typed::Done));
    assert_eq!(writes(&mut app), []);
    assert!(matches!(
        app.prompt,
        Some(Prompt::Sure(Sure::Campaign(_, CampaignStep::Swap)))
    ));
}
