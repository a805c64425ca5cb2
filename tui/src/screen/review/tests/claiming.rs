//! Claims that are asked for, renewed, lost and given back; who looks on.

use tradepost_common::review::Viewers;

use super::*;
use crate::screen::review::case::Arrival;

#[test]
fn looking_at_a_case_unarmed_claims_nothing() {
    let mut app = app_with_cases();
    app.act(Action::Open);
    assert!(app.sent::<Read>().contains(&Read::Case(case_id(1))));
    assert_eq!(writes(&mut app), []);
    app.act(Action::Arm);
    assert_eq!(writes(&mut app), [Write::Claim(case_id(1))]);
    app.act(Action::Back);
    assert_eq!(writes(&mut app), [Write::Release(case_id(1))]);
}

#[test]
fn case_held_by_somebody_else_cannot_be_decided() {
    let mut app = app_with_cases();
    app.act(Action::Arm);
    app.act(Action::Open);
    app.arrived(Update::Case(case_id(1), Ok(Box::new(data::detail(1)))));
    app.arrived(Update::Claimed(case_id(1), Err(conflict())));
    app.shell.clock.instant += Duration::from_secs(2);
    writes(&mut app);
    assert!(matches!(app.review().case.as_ref().unwrap().claim, Claim::Refused(_)));
    app.act(Action::Letter('a'));
    assert_eq!(writes(&mut app), []);
    app.act(Action::Letter('n'));
    assert_eq!(
        writes(&mut app),
        [Write::Claim(case_id(2))],
        "what is not held is neither skipped nor given back"
    );
}

#[test]
fn claim_is_renewed_while_somebody_looks_and_is_armed() {
    let mut app = reviewing();
    app.shell.clock.instant += Duration::from_secs(121);
    app.tick();
    assert_eq!(writes(&mut app), [Write::Claim(case_id(1))]);
    app.tick();
    assert_eq!(writes(&mut app), []);
    app.shell.clock.instant += Duration::from_secs(600);
    app.tick();
    assert_eq!(writes(&mut app), [], "no longer armed");
}

#[test]
fn case_that_somebody_holds_is_opened_read_only_and_not_asked_for() {
    let mut app = app_with_cases();
    app.act(Action::Arm);
    let mut held = data::case(1);
    held.claimed_by = Some("ben".to_owned());
    app.review_mut().cases.list.update(held, testdata::NOW);
    app.act(Action::Open);
    assert_eq!(writes(&mut app), []);
    assert_eq!(
        app.review().case.as_ref().unwrap().claim,
        Claim::Refused("ben holds this case".to_owned())
    );
    // Whoever had it goes: the next heartbeat says so.
    wait(&mut app, 11);
    app.tick();
    app.shell.effects.clear();
    app.arrived(Update::Viewed(case_id(1), Ok(Viewers::default())));
    assert_eq!(writes(&mut app), [Write::Claim(case_id(1))]);
}

#[test]
fn refused_claim_brings_the_next_case_when_it_came_up_by_itself() {
    let mut app = reviewing();
    app.act(Action::Letter('a'));
    assert_eq!(app.review().case.as_ref().unwrap().arrival, Arrival::Followed);
    writes(&mut app);
    app.arrived(Update::Claimed(case_id(2), Err(conflict())));
    assert_eq!(app.review().case.as_ref().unwrap().id, case_id(3));
    assert_eq!(writes(&mut app), [Write::Claim(case_id(3))]);
    assert!(
        status(&app).contains("Somebody else holds this case"),
        "{}",
        status(&app)
    );
    app.arrived(Update::Claimed(case_id(3), Err(conflict())));
    assert_eq!(
        (app.review().case.as_ref().unwrap().id, writes(&mut app)),
        (case_id(3), vec![]),
        "there is no other: it stays, read-only, and nothing goes round and round"
    );
}

#[test]
fn claim_that_is_lost_is_loud_and_nothing_is_decided() {
    let mut app = reviewing();
    let viewers = Viewers {
        others: vec!["ben".to_owned()],
        claimed_by: Some("ben".to_owned()),
    };
    app.arrived(Update::Viewed(case_id(1), Ok(viewers)));
    assert_eq!(status(&app), "CLAIM LOST: ben holds this case now");
    assert_eq!(app.review().case.as_ref().unwrap().others, ["ben"]);
    app.act(Action::Letter('a'));
    assert_eq!(writes(&mut app), []);
}

#[test]
fn renewal_that_is_refused_loses_the_claim_and_keeps_the_case() {
    let mut app = reviewing();
    wait(&mut app, 121);
    app.tick();
    assert_eq!(writes(&mut app), [Write::Claim(case_id(1))]);
    app.arrived(Update::Claimed(case_id(1), Err(conflict())));
    assert!(status(&app).starts_with("CLAIM LOST"), "{}", status(&app));
    assert_eq!(app.review().case.as_ref().unwrap().id, case_id(1));
}

#[test]
fn heartbeat_goes_out_every_ten_seconds_while_the_case_is_on_the_screen() {
    let view = Read::View(case_id(1));
    let mut app = app_with_cases();
    app.act(Action::Open);
    assert!(app.sent::<Read>().contains(&view), "at once, armed or not");
    app.shell.effects.clear();
    wait(&mut app, 9);
    app.tick();
    assert!(!app.sent::<Read>().contains(&view));
    wait(&mut app, 1);
    app.tick();
    assert!(app.sent::<Read>().contains(&view));
    app.go("overview");
    app.shell.effects.clear();
    wait(&mut app, 60);
    app.tick();
    assert!(!app.sent::<Read>().contains(&view), "it is on no screen any more");
}

#[test]
fn whoever_may_only_look_is_no_viewer() {
    let mut app = app_with_cases();
    app.shell.you.as_mut().unwrap().roles = vec![Role::Viewer];
    app.act(Action::Open);
    assert!(!app.sent::<Read>().contains(&Read::View(case_id(1))));
}

#[test]
fn case_is_given_back_on_every_way_out() {
    let released = vec![Write::Release(case_id(1))];
    for leave in [Action::Back, Action::Letter('1'), Action::Letter('L'), Action::LastPage] {
        let mut app = reviewing();
        app.act(leave);
        assert_eq!(writes(&mut app), released, "{leave:?}");
    }
    let mut app = reviewing();
    app.close();
    assert_eq!(writes(&mut app), released, "as at the end of the program");
}
