//! The queue: which cases, in which order, how many.

use tradepost_common::Page;
use tradepost_common::review::CaseRow;

use super::*;
use crate::list::Step;
use crate::paged::PageRequest;
use crate::screen::review::desk::{CaseQuery, CaseState};

fn arrived(app: &mut App, of: CaseQuery, rows: Vec<CaseRow>) {
    let ask = PageRequest::default();
    app.arrived(Update::Cases(of, ask, Ok(Page::new(rows, None))));
}

fn asked(app: &mut App) -> Vec<CaseQuery> {
    let effects = app.drain_sent::<Read>();
    let query = |e| {
        if let Read::Cases(of, _) = e { Some(of) } else { None }
    };
    effects.into_iter().filter_map(query).collect()
}

#[test]
fn key_walks_from_open_to_waiting_to_decided_and_esc_comes_back() {
    let mut app = app_with_cases();
    let of = |which| CaseQuery {
        which,
        ..CaseQuery::default()
    };
    app.act(Action::Letter('f'));
    assert_eq!(asked(&mut app), [of(CaseState::Waiting)]);
    arrived(&mut app, of(CaseState::Waiting), vec![data::case(7)]);
    assert_eq!(app.review().cases.list.rows().len(), 1);
    app.act(Action::Letter('f'));
    assert_eq!(asked(&mut app), [of(CaseState::Decided)]);
    arrived(&mut app, of(CaseState::Decided), vec![]);
    app.act(Action::Back);
    assert_eq!(asked(&mut app), [of(CaseState::Open)]);
}

#[test]
fn cases_of_another_question_are_not_shown() {
    let mut app = app_with_cases();
    app.review_mut().cases.invalidate();
    app.act(Action::Letter('f'));
    let open = CaseQuery::default();
    arrived(&mut app, open, vec![data::case(9)]);
    assert!(app.review().cases.list.rows().iter().all(|row| row.id != case_id(9)));
    assert_eq!(app.review().case_query.which, CaseState::Waiting);
    assert!(!asked(&mut app).is_empty(), "it is asked again for what is wanted");
}

#[test]
fn cluster_and_contributor_narrow_the_list() {
    let mut app = app_with_cases();
    app.act(Action::Letter('l'));
    assert_eq!(
        (asked(&mut app), status(&app)),
        (vec![], "This case has no look-alikes")
    );
    app.review_mut()
        .cases
        .list
        .update(data::case_of_cluster(1), testdata::NOW);
    app.act(Action::Letter('l'));
    let cluster = asked(&mut app).remove(0);
    assert_eq!(cluster.cluster, Some(data::CLUSTER));
    assert_eq!(
        cluster.query().append_to("/v1/cases"),
        "/v1/cases?which=open&cluster=00000000-0000-0000-0000-00000000004d"
    );
    arrived(&mut app, cluster, vec![data::case_of_cluster(1)]);
    app.act(Action::Letter('o'));
    assert_eq!(asked(&mut app)[0].contributor.as_deref(), Some("anna"));
}

#[test]
fn list_holds_still_while_cases_are_marked() {
    let mut app = app_with_cases();
    app.act(Action::Mark(Marking::One));
    let revisions = tradepost_common::events::Revisions {
        cases: 9,
        ..app.shell.live.revisions
    };
    app.update(shell::Update::Event(Event::Changed(revisions)));
    assert_eq!(asked(&mut app), []);
    app.act(Action::Back);
    app.update(shell::Update::Event(Event::Tick { at: testdata::NOW }));
    assert_eq!(asked(&mut app).len(), 1, "Esc took the mark away: it is read again");
}

#[test]
fn next_case_of_the_daemon_is_opened_as_claimed() {
    let mut app = app_with_cases();
    app.act(Action::Letter('w'));
    assert_eq!(writes(&mut app), [], "read-only");
    app.act(Action::Arm);
    app.act(Action::Letter('w'));
    app.act(Action::Letter('w'));
    assert_eq!(writes(&mut app), [Write::Next], "once");
    app.arrived(Update::Next(Ok(Some(data::case(42)))));
    let case = app.review().case.as_ref().unwrap();
    assert_eq!(
        (case.id, &case.claim, app.shell.page.name),
        (case_id(42), &Claim::Held, "case")
    );
    assert_eq!(writes(&mut app), [], "it is claimed already");
}

#[test]
fn palette_asks_for_the_next_case_from_any_screen() {
    let mut app = app_with_cases();
    app.go("overview");
    app.act(Action::Arm);
    app.act(Action::AskCommand);
    app.paste("next unclaimed case");
    app.code(KeyCode::Enter);
    assert_eq!((app.shell.page.name, writes(&mut app)), ("cases", vec![Write::Next]));
    app.arrived(Update::Next(Ok(Some(data::case(42)))));
    assert_eq!(app.shell.page.name, "case");
}

#[test]
fn next_case_that_comes_too_late_is_given_back() {
    let mut app = app_with_cases();
    app.act(Action::Arm);
    app.act(Action::Letter('w'));
    app.go("overview");
    writes(&mut app);
    app.arrived(Update::Next(Ok(Some(data::case(42)))));
    assert_eq!(writes(&mut app), [Write::Release(case_id(42))]);
    assert_eq!((app.shell.page.name, app.review().case.is_none()), ("overview", true));
    app.arrived(Update::Next(Ok(None)));
    assert_eq!(status(&app), "No case waits for you");
}

#[test]
fn after_the_last_case_that_was_read_the_daemon_is_asked_for_more() {
    let mut app = reviewing();
    let ask = PageRequest::default();
    let page = Page::new(vec![data::case(1)], Some("c1".to_owned()));
    app.arrived(Update::Cases(CaseQuery::default(), ask, Ok(page)));
    app.shell.effects.clear();
    app.act(Action::Letter('a'));
    let done = writes(&mut app);
    assert!(matches!(done[..], [Write::Approve { .. }, Write::Next]), "{done:?}");
    assert_eq!(app.shell.page.name, "cases");
    app.arrived(Update::Next(Ok(Some(data::case(5)))));
    assert_eq!(app.review().case.as_ref().unwrap().id, case_id(5));
}

#[test]
fn ten_thousand_open_cases_build_only_the_rows_that_are_seen() {
    let mut app = app_with_cases();
    let rows: Vec<CaseRow> = (1..=10_000).map(data::case).collect();
    arrived(&mut app, CaseQuery::default(), rows);
    for step in [Step::Last, Step::HalfUp, Step::First, Step::HalfDown, Step::Down] {
        app.act(Action::Step(step));
        let window = app.review_mut().cases.list.window(20);
        assert!(window.len() == 20 && window.contains(&app.review().cases.list.cursor()));
    }
    let started = std::time::Instant::now();
    for _ in 0..200 {
        app.act(Action::Step(Step::Down));
    }
    // Generous: it is a debug build on a busy machine. Anything that walks all rows for a key is far slower.
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
}

#[test]
fn random_keys_decide_nothing_unless_armed() {
    for seed in 0..10 {
        crate::screen::testing::random_keys(&mut app_with_cases(), seed);
    }
}
