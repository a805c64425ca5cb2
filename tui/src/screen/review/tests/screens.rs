//! The queue, a case and what is drawn over them, as people see them.

use tradepost_common::review::{BulkPreview, LeftOut};

use super::*;
use crate::list::Step;
use crate::picture::{Focus, PictureOf};
use crate::screen::review::desk::{CaseQuery, CaseState};
use crate::screen::testing::{assert_sizes, large_screen, lines, screen, sized};
use crate::theme::Theme;

fn app_in_case() -> App {
    let mut app = app_with_cases();
    app.act(Action::Open);
    app.arrived(Update::Case(data::case_id(1), Ok(Box::new(data::detail(1)))));
    app
}

#[test]
fn review_queue_lists_open_cases() {
    insta::assert_snapshot!(screen(&mut app_with_cases()));
}

#[test]
fn review_item_shows_findings_files_and_what_a_would_do() {
    insta::assert_snapshot!(screen(&mut app_in_case()));
}

#[test]
fn review_item_asks_for_a_reason() {
    let mut app = app_in_case();
    app.act(Action::Arm);
    app.shell.clock.instant += Duration::from_secs(2);
    app.act(Action::Letter('x'));
    insta::assert_snapshot!(screen(&mut app));
}

#[test]
fn help_names_the_keys_of_the_screen() {
    let mut app = app_in_case();
    app.act(Action::Help);
    insta::assert_snapshot!(screen(&mut app));
}

#[test]
fn flagged_picture_is_asked_for_blurred_and_turns_sharp_on_demand() {
    let mut app = app_in_case();
    app.act(Action::Step(Step::Down));
    lines(&mut app, 80, 24);
    let wish = app
        .shell
        .pictures
        .on_screen
        .first()
        .cloned()
        .expect("the second file has a picture");
    assert_eq!(wish.focus, crate::picture::Focus::Blurred);
    app.act(Action::Letter('b'));
    lines(&mut app, 80, 24);
    assert_eq!(
        app.shell.pictures.on_screen.first().cloned().unwrap().focus,
        crate::picture::Focus::Sharp
    );
    app.shell.effects.clear();
    app.ask_for_pictures();
    assert!(matches!(app.shell.effects[..], [Effect::Picture(_)]));
    app.ask_for_pictures();
    assert_eq!(app.shell.effects.len(), 1, "one picture at a time");
}

fn app_in_busy_case() -> App {
    let mut app = app_with_cases();
    app.act(Action::Arm);
    app.act(Action::Open);
    app.arrived(Update::Case(data::case_id(1), Ok(Box::new(data::busy_detail(1)))));
    app.arrived(Update::Claimed(data::case_id(1), Ok(data::case(1))));
    app.shell.clock.instant += Duration::from_secs(2);
    app
}

/// The plan that came up was looked at; taking a snapshot turns the clock back.
fn later(app: &mut App) {
    app.shell.clock.instant += Duration::from_secs(5);
}

fn app_with_clusters() -> App {
    let mut app = app_with_cases();
    let ask = PageRequest::default();
    let rows = (1..8)
        .map(|n| match n {
            4..6 => data::case_of_cluster(n),
            n => data::case(n),
        })
        .collect();
    let page = Rows::new(rows, Some("c1".to_owned()));
    app.arrived(Update::Cases(CaseQuery::default(), ask, Ok(page)));
    app.act(Action::Step(Step::Down));
    app.act(Action::Step(Step::Down));
    app.act(Action::Mark(Marking::One));
    app
}

#[test]
fn picture_of_the_case_under_the_cursor_is_beside_a_wide_queue() {
    let mut app = app_with_clusters();
    screen(&mut app);
    app.tick();
    let asked = |app: &mut App| -> Vec<CaseId> {
        let read = app.drain_sent::<Read>().into_iter();
        read.filter_map(|read| if let Read::Case(id) = read { Some(id) } else { None })
            .collect()
    };
    assert_eq!(asked(&mut app), [], "there is no room");
    sized(&mut app, (200, 60));
    app.tick();
    let id = app.review().cases.list.selected().unwrap().id;
    assert_eq!(asked(&mut app), [id]);
    app.act(Action::Step(Step::Up));
    assert_eq!(asked(&mut app), [], "one after the other");
    app.act(Action::Step(Step::Down));
    app.arrived(Update::Case(id, Ok(Box::new(data::pictured(1)))));
    sized(&mut app, (200, 60));
    let picture = app.shell.pictures.on_screen[0].clone();
    assert!(
        matches!(picture.of, PictureOf::Case(case, _) if case == id),
        "{picture:?}"
    );
    assert_eq!(picture.focus, Focus::Blurred);
}

#[test]
fn queue_shows_targets_trust_appeals_and_who_holds() {
    let mut app = app_with_clusters();
    assert_sizes!("queue", app);
}

#[test]
fn queue_of_decided_cases_says_so_and_offers_undo() {
    let mut app = app_in_busy_case();
    app.act(Action::Letter('a'));
    app.go("cases");
    app.act(Action::Letter('f'));
    assert!(lines(&mut app, 80, 24).iter().any(|line| line.contains("Reading …")));
    app.act(Action::Letter('f'));
    let ask = PageRequest::default();
    let page = Rows::new(vec![data::case(1), data::case(2)], None);
    // The first request is answered first, and is not shown.
    for which in [CaseState::Waiting, CaseState::Decided] {
        let of = CaseQuery {
            which,
            ..CaseQuery::default()
        };
        app.arrived(Update::Cases(of, ask.clone(), Ok(page.clone())));
    }
    app.shell.status = None;
    insta::assert_snapshot!(screen(&mut app));
}

#[test]
fn case_shows_record_appeal_viewers_and_the_target() {
    assert_sizes!("case", app_in_busy_case());
}

#[test]
fn pair_is_shown_side_by_side_with_whose_it_is() {
    let mut app = app_in_busy_case();
    app.act(Action::Letter('d'));
    insta::assert_snapshot!(screen(&mut app));
    app.act(Action::Letter(']'));
    insta::assert_snapshot!(large_screen(&mut app));
    let (ours, theirs) = (
        app.shell.pictures.on_screen.first().cloned().unwrap(),
        app.shell.pictures.on_screen[1].clone(),
    );
    assert_eq!((ours.columns, ours.rows), (theirs.columns, theirs.rows));
    assert_ne!(ours.of, theirs.of);
}

#[test]
fn source_marks_the_line_and_the_column() {
    let mut app = app_in_busy_case();
    app.act(Action::Step(Step::Down));
    app.act(Action::Open);
    let ask = crate::screen::review::source::SourceAsk {
        case: data::case_id(1),
        item: data::item_id(1, 2),
        line: 12,
        column: Some(5),
    };
    app.arrived(Update::Source(ask, Ok(data::source(1, 40, 40))));
    insta::assert_snapshot!(screen(&mut app));
    insta::assert_snapshot!(large_screen(&mut app));
}

#[test]
fn column_far_to_the_right_is_brought_into_sight() {
    let mut app = app_in_busy_case();
    app.act(Action::Step(Step::Down));
    let case = app.review_mut().case.as_mut().unwrap();
    let mut rows = case.findings.rows().to_vec();
    rows[1].finding.column = Some(300);
    case.findings.replace(rows, testdata::NOW);
    app.act(Action::Open);
    let ask = crate::screen::review::source::SourceAsk {
        case: data::case_id(1),
        item: data::item_id(1, 2),
        line: 12,
        column: Some(300),
    };
    let mut source = data::source(12, 12, 12);
    source.lines[0].text = format!("{}<script>", "日".repeat(99));
    source.lines[0].first_column = 201;
    app.arrived(Update::Source(ask, Ok(source)));
    let shown = lines(&mut app, 80, 24);
    let at = shown.iter().position(|line| line.contains("▶")).expect("in sight");
    let cell = |line: &str, needle: &str| line.find(needle).map(|at| line[..at].chars().count());
    assert_eq!(cell(&shown[at], "<script>"), cell(&shown[at + 1], "^"), "{shown:#?}");
}

#[test]
fn reasons_show_what_the_contributor_will_be_told() {
    let mut app = app_in_busy_case();
    app.review_mut().case.as_mut().unwrap().note = "See icons/eicar.svg.".to_owned();
    app.act(Action::Letter('x'));
    insta::assert_snapshot!(screen(&mut app));
    app.code(KeyCode::Esc);
    later(&mut app);
    app.act(Action::Letter('X'));
    app.press('f');
    insta::assert_snapshot!(screen(&mut app));
    app.press('1');
    insta::assert_snapshot!(screen(&mut app));
}

#[test]
fn record_has_letters_and_earlier_decisions() {
    let mut app = app_in_busy_case();
    app.act(Action::Letter('i'));
    insta::assert_snapshot!(screen(&mut app));
    insta::assert_snapshot!(large_screen(&mut app));
}

#[test]
fn bulk_plan_says_what_is_left_out_and_asks_for_the_number() {
    let mut app = app_with_clusters();
    app.act(Action::Arm);
    app.act(Action::Letter('a'));
    let left_out = |n| LeftOut {
        case: data::case_id(n),
        title: format!("birds {n} / line"),
        why: "ben holds it".to_owned(),
    };
    let preview = BulkPreview {
        cases: (1..=34).map(data::case_id).collect(),
        items: 812,
        contributors: 3,
        left_out: (40..60).map(left_out).collect(),
        confirm: Some("34".to_owned()),
    };
    app.arrived(Update::BulkPlanned(app.review().tickets, Ok(preview)));
    app.shell.clock.instant += Duration::from_secs(1);
    insta::assert_snapshot!(screen(&mut app));
    later(&mut app);
    app.press('y');
    app.press('3');
    let shown = lines(&mut app, 80, 24).join("\n");
    assert!(
        shown.contains("Type 34 to continue: 3▏") && shown.contains("then y"),
        "{shown}"
    );
}

#[test]
fn cluster_is_asked_about() {
    let mut app = app_in_busy_case();
    app.act(Action::Letter('C'));
    insta::assert_snapshot!(screen(&mut app));
}

#[test]
fn decided_case_counts_down_until_it_is_too_late() {
    let mut app = app_in_busy_case();
    let mut detail = data::detail(1);
    detail.decision = Some(data::decided(tradepost_common::review::CaseOutcome::Rejected));
    app.arrived(Update::Case(data::case_id(1), Ok(Box::new(detail))));
    assert!(screen(&mut app).contains("DECIDED: rejected by root · u undoes it: 9:00 left"));
    app.shell.clock.utc += time::Duration::minutes(9);
    assert!(screen(&mut app).contains("DECIDED: rejected by root · too late to undo"));
}

#[test]
fn case_of_somebody_else_says_who_holds_it_and_how_long() {
    let mut app = app_with_cases();
    app.act(Action::Arm);
    app.act(Action::Open);
    let mut detail = data::detail(1);
    detail.case.claimed_by = Some("ben".to_owned());
    detail.claim_until = Some(testdata::NOW + time::Duration::seconds(250));
    app.arrived(Update::Case(data::case_id(1), Ok(Box::new(detail))));
    let refused = problem(409, "case-claimed", "Somebody else holds this case");
    app.arrived(Update::Claimed(data::case_id(1), Err(refused)));
    assert!(screen(&mut app).contains("HELD by ben, 4:10 left"));
}

#[test]
fn decision_that_was_not_taken_says_why_on_the_case() {
    let mut app = app_in_busy_case();
    app.act(Action::Letter('a'));
    app.arrived(Update::Decided {
        case: data::case_id(1),
        title: "birds 1 / line".to_owned(),
        reply: Err(crate::client::Failure::Unreachable("no answer within 20 s".to_owned())),
    });
    app.act(Action::Letter('n'));
    let shown = screen(&mut app);
    assert!(shown.contains("NOT DECIDED: no answer within 20 s"), "{shown}");
}

#[test]
fn severity_and_lateness_are_words_and_signs_in_every_theme() {
    for theme in [Theme::Dark, Theme::Light, Theme::Mono] {
        let mut app = app_with_clusters();
        app.shell.theme = theme;
        let shown = screen(&mut app);
        for sign in ["BLOCKING", "warning", "!5m", "APPEAL", "answered", "ben", "trusted"] {
            assert!(shown.contains(sign), "{sign} in {theme:?}:\n{shown}");
        }
    }
}

#[test]
fn every_way_to_look_fits_every_size_and_survives_hostile_text() {
    let hostile = "\u{1b}[2J\u{202e}".repeat(60);
    for (width, height) in [(60, 16), (80, 24), (120, 40), (200, 60), (10, 3)] {
        for key in ['f', 'd', 'v', 'i', 'x'] {
            let mut app = app_in_busy_case();
            let mut detail = data::busy_detail(1);
            detail.case.title.clone_from(&hostile);
            detail.letters[0].text.clone_from(&hostile);
            detail.look_alikes[0].other_path.clone_from(&hostile);
            detail.viewers = vec![hostile.clone(); 30];
            app.arrived(Update::Case(data::case_id(1), Ok(Box::new(detail))));
            app.act(Action::Letter(key));
            let shown = lines(&mut app, width, height).join("\n");
            assert!(!shown.contains('\u{1b}') && !shown.contains('\u{202e}'));
        }
    }
}

#[test]
fn missing_picture_is_said_and_the_case_can_still_be_decided() {
    let mut app = app_in_busy_case();
    app.act(Action::Step(Step::Down));
    lines(&mut app, 80, 24);
    let wish = app
        .shell
        .pictures
        .on_screen
        .first()
        .cloned()
        .expect("there should be one");
    app.update(shell::Update::Picture(wish, crate::picture::Shown::Missing));
    assert!(screen(&mut app).contains("No image of this file"));
    app.shell.clock.instant += Duration::from_secs(2);
    app.act(Action::Letter('a'));
    assert_eq!(app.review().case.as_ref().map(|case| case.id), Some(data::case_id(2)));
}
