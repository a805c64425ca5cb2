//! Acting on campaigns: what a key does in which state, what is asked, what comes late.

use tradepost_common::overview::Role;

use super::*;

const KEYS: [char; 7] = ['P', 'R', 'E', 'U', 'X', 'D', 'C'];

/// Nothing is sent or asked, and the status says why.
fn assert_refused(app: &App, words: &str) {
    assert_eq!(app.sent::<TakeStep>(), [], "{words}");
    assert!(!app.is_asking(), "{words}");
    assert!(app.status().contains(words), "{words}: {}", app.status());
}

#[test]
fn nothing_is_done_until_w_is_pressed_nor_by_a_moderator() {
    for state in CampaignState::ALL {
        for pressed in KEYS {
            let mut app = app_in_campaign(state);
            key(&mut app, pressed);
            assert_refused(&app, "");
            app.act(Action::Arm);
            app.shell.you.as_mut().unwrap().roles = vec![Role::Viewer, Role::Moderator];
            key(&mut app, pressed);
            assert_refused(&app, "Not ");
        }
    }
    let mut app = app_with_campaigns(&[]);
    key(&mut app, '+');
    assert_refused(&app, "press W");
}

#[test]
fn pause_and_resume_need_no_question() {
    for (state, pressed, step) in [
        (CampaignState::Running, 'P', Step::Pause),
        (CampaignState::Canary, 'P', Step::Pause),
        (CampaignState::Paused, 'P', Step::Resume),
        (CampaignState::Paused, 'R', Step::Resume),
    ] {
        let mut app = armed(state);
        key(&mut app, pressed);
        assert_eq!(app.sent::<TakeStep>(), [TakeStep(campaign_id(1), step)]);
    }
}

#[test]
fn whatever_is_seen_or_costs_or_is_lost_is_asked_about() {
    for (state, pressed, step) in [
        (CampaignState::Planned, 'R', Step::Start),
        (CampaignState::Waiting, 'R', Step::Resume),
        (CampaignState::Stopped, 'R', Step::Resume),
        (CampaignState::Rendered, 'E', Step::Swap),
        (CampaignState::RolledBack, 'E', Step::Swap),
        (CampaignState::Swapped, 'U', Step::RollBack),
        (CampaignState::Rendered, 'X', Step::Abort),
        (CampaignState::Planned, 'X', Step::Abort),
        (CampaignState::Aborted, 'D', Step::Collect),
    ] {
        let mut app = armed(state);
        key(&mut app, pressed);
        for code in [KeyCode::Enter, KeyCode::Char(pressed), KeyCode::Char(' ')] {
            app.code(code);
            assert_eq!(app.sent::<TakeStep>(), [], "{state:?}: {code:?} is no yes");
            assert!(is_asked(&app), "{state:?} {pressed:?}");
        }
        app.press('y');
        assert_eq!(app.sent::<TakeStep>(), [TakeStep(campaign_id(1), step)]);
        assert!(app.shell.prompt.is_none(), "once is enough");
        app.shell.effects.clear();
        key(&mut app, pressed);
        app.code(KeyCode::Esc);
        assert_refused(&app, "Nothing was done");
    }
}

#[test]
fn key_that_makes_no_sense_says_what_does() {
    for (state, pressed, words) in [
        (CampaignState::Running, 'E', "Not possible: the campaign is running"),
        (CampaignState::Rendered, 'U', "E swaps it in"),
        (CampaignState::Swapped, 'X', "U rolls it back"),
        (CampaignState::Swapped, 'C', "Not possible: the campaign is swapped"),
        (
            CampaignState::RolledBack,
            'P',
            "Not possible: the campaign is rolled back",
        ),
        (CampaignState::Waiting, 'P', "R resumes"),
        (CampaignState::Planning, 'R', "being counted"),
        (CampaignState::Rendered, 'D', "Not possible: the campaign is rendered"),
    ] {
        let mut app = armed(state);
        key(&mut app, pressed);
        assert_refused(&app, words);
    }
}

#[test]
fn line_that_is_lost_swaps_nothing() {
    let mut app = armed(CampaignState::Rendered);
    key(&mut app, 'E');
    lose_link(&mut app);
    app.press('y');
    assert_refused(&app, "link to the daemon is down");
}

#[test]
fn refusal_of_the_daemon_is_shown_and_the_state_is_read_again() {
    let mut app = armed(CampaignState::Rendered);
    let swap = TakeStep(campaign_id(1), Step::Swap);
    let refused = refusal(409, "campaign-state", "The campaign is swapped", &[]);
    app.answer(swap.clone(), Err(refused));
    assert_eq!(app.status(), "NOT done: swap: The campaign is swapped");
    assert_eq!(app.sent::<ReadCampaign>(), [ReadCampaign(campaign_id(1))]);
    app.answer(swap, Ok(campaign(1, CampaignState::Swapped)));
    assert!(
        app.status().starts_with("The campaign is swapped. Public."),
        "{}",
        app.status()
    );
    assert_eq!(
        shown(&mut app).fetched.value.as_ref().unwrap().state,
        CampaignState::Swapped
    );
}

#[test]
fn rate_is_a_number_or_none() {
    let mut app = armed(CampaignState::Running);
    key(&mut app, 'C');
    app.paste("0");
    app.code(KeyCode::Enter);
    assert_eq!(app.sent::<SetRate>(), [], "nothing a second is a pause");
    app.control('u');
    app.paste("250");
    app.code(KeyCode::Enter);
    key(&mut app, 'C');
    app.code(KeyCode::Enter);
    let id = campaign_id(1);
    assert_eq!(app.sent::<SetRate>(), [SetRate(id, Some(250)), SetRate(id, None)]);
}

#[test]
fn palette_changes_no_campaign_without_a_question() {
    let mut app = armed(CampaignState::Rendered);
    app.act(Action::AskCommand);
    app.paste("swap in the campaign");
    app.code(KeyCode::Enter);
    assert_eq!(app.sent::<TakeStep>(), []);
    assert!(is_asked(&app));
}
