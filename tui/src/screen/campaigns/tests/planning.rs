//! The form of a plan: its fields, what is wrong with them, what becomes of it.

use tradepost_common::campaigns::{Auto, NewCampaign, Scope};

use super::*;
use crate::shell::FormPrompt;

/// The fields from top to bottom, as they are typed.
const FIELDS: [&str; 11] = [
    "reason", "kinds", "presets", "family", "account", "items", "at most", "canary", "auto", "rate", "stop at",
];

fn opened() -> App {
    let mut app = app_with_campaigns(&[]);
    app.act(Action::Arm);
    key(&mut app, '+');
    app
}

/// Replaces the text of fields, in the order of the form.
fn fill(app: &mut App, typed: &[(&str, &str)]) {
    for field in FIELDS {
        if let Some((_, text)) = typed.iter().find(|(name, _)| *name == field) {
            app.control('u');
            app.paste(text);
        }
        app.code(KeyCode::Tab);
    }
}

/// The plan that Enter sends, if it does.
fn submitted(app: &mut App) -> Option<NewCampaign> {
    app.code(KeyCode::Enter);
    app.sent::<PlanCampaign>().pop().map(|plan| plan.0)
}

fn is_open(app: &App) -> bool {
    app.shell.prompt_is::<FormPrompt<Campaigns>>()
}

fn large_screen(app: &mut App) -> String {
    screen(app);
    lines(app, 200, 60).join("\n")
}

#[test]
fn form_says_what_it_takes_and_fits_every_size() {
    let mut app = opened();
    app.paste("sharper strokes");
    insta::assert_snapshot!(screen(&mut app));
    insta::assert_snapshot!(large_screen(&mut app));
    for _ in FIELDS {
        app.code(KeyCode::Up);
        let small = lines(&mut app, 60, 16);
        assert!(small.iter().any(|line| line.contains('›')), "{small:#?}");
    }
}

#[test]
fn reason_is_enough_and_the_rest_has_defaults() {
    let mut app = opened();
    app.paste("sharper strokes");
    let new = submitted(&mut app).unwrap();
    assert_eq!((new.scope, new.canary, new.auto), (Scope::default(), 20, None));
    assert_eq!(
        (new.rate_per_second, new.stop_at_percent, new.reason.as_str()),
        (None, 20, "sharper strokes")
    );
    assert!(!is_open(&app));
}

#[test]
fn every_field_is_in_the_plan() {
    let mut app = opened();
    fill(
        &mut app,
        &[
            ("reason", " new presets "),
            ("kinds", "icon, model"),
            ("presets", "png-64 webp-512"),
            ("family", "acme/arrows"),
            ("account", "acme"),
            ("at most", "500"),
            ("canary", "0"),
            ("auto", "40.5"),
            ("rate", "50"),
            ("stop at", "100"),
        ],
    );
    for _ in 0..5 {
        app.code(KeyCode::Down);
    }
    app.code(KeyCode::Right);
    let scope = Scope {
        kinds: vec!["icon".to_owned(), "model".to_owned()],
        family: Some("acme/arrows".to_owned()),
        account: Some("acme".to_owned()),
        only_stale: false,
        presets: vec!["png-64".to_owned(), "webp-512".to_owned()],
        limit: Some(500),
    };
    let wanted = NewCampaign {
        scope,
        canary: 0,
        auto: Some(Auto { min_psnr_db: 40.5 }),
        rate_per_second: Some(50),
        stop_at_percent: 100,
        reason: "new presets".to_owned(),
    };
    assert_eq!(submitted(&mut app), Some(wanted));
}

#[test]
fn what_is_wrong_is_beside_its_field_and_nothing_is_sent() {
    for (field, typed, words) in [
        ("reason", "", "! enter 1 to 500 characters"),
        ("kinds", "icon font", "! \"font\" is not a kind of item"),
        ("at most", "-1", "! enter a number from 1 to 2,000,000"),
        ("canary", "1001", "! enter a number from 0 to 1,000"),
        ("auto", "NaN", "! enter a PSNR from 0"),
        ("rate", "0", "! enter a number from 1 to 100,000"),
        ("stop at", "101", "! enter a number from 0 to 100"),
    ] {
        let mut app = opened();
        fill(&mut app, &[("reason", "sharper")]);
        fill(&mut app, &[(field, typed)]);
        assert_eq!(submitted(&mut app), None, "{field}");
        let shown = screen(&mut app);
        let line = shown.lines().find(|line| line.contains(words));
        assert!(
            line.is_some_and(|line| line.contains(&format!("› {field}"))),
            "{words}:\n{shown}"
        );
    }
    let mut app = opened();
    fill(&mut app, &[("kinds", "font"), ("rate", "fast")]);
    assert_eq!(submitted(&mut app), None);
    insta::assert_snapshot!(screen(&mut app));
    insta::assert_snapshot!(large_screen(&mut app));
}

#[test]
fn fault_that_the_daemon_finds_is_beside_its_field_and_nothing_typed_is_lost() {
    let mut app = opened();
    fill(&mut app, &[("reason", "sharper"), ("presets", "png-65")]);
    let plan = PlanCampaign(submitted(&mut app).unwrap());
    let faults = [("scope.presets", "there is no preset \"png-65\"")];
    let refused = refusal(400, "invalid-request", "The request is invalid", &faults);
    app.answer(plan.clone(), Err(refused));
    insta::assert_snapshot!(screen(&mut app));
    app.control('u');
    app.paste("png-64");
    assert_eq!(submitted(&mut app).unwrap().scope.presets, ["png-64"]);
}

#[test]
fn lost_link_keeps_the_form_and_escape_plans_nothing() {
    let mut app = opened();
    app.paste("sharper");
    lose_link(&mut app);
    assert_eq!(submitted(&mut app), None);
    assert!(is_open(&app) && app.status().contains("link to the daemon"));
    app.code(KeyCode::Esc);
    assert_eq!((is_open(&app), app.status()), (false, "Nothing was planned"));
}

#[test]
fn plan_that_was_made_comes_up_unless_somebody_went_on() {
    let mut app = opened();
    app.paste("sharper strokes");
    let plan = PlanCampaign(submitted(&mut app).unwrap());
    app.answer(plan.clone(), Ok(campaign(3, CampaignState::Planning)));
    assert_eq!((app.shell.page, shown(&mut app).id), (campaign_page(), campaign_id(3)));
    app.go("audit");
    app.answer(plan.clone(), Ok(campaign(3, CampaignState::Planning)));
    assert_eq!(app.shell.page.name, "audit");
    app.answer(plan, Err(gone()));
    assert_eq!((is_open(&app), app.status()), (false, "NOT planned: gone"));
}
