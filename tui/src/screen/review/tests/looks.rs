//! Ways to look at a case: text, pairs, closer.

use tradepost_common::review::Relation;

use super::*;
use crate::list::Step;
use crate::picture::{Focus, Pan};
use crate::screen::review::case::{Mode, Pane};
use crate::screen::review::source::SourceAsk;
use crate::screen::testing::lines;

fn sources(app: &mut App) -> Vec<SourceAsk> {
    let effects = app.drain_sent::<Read>();
    let ask = |e| {
        if let Read::Source(ask) = e { Some(ask) } else { None }
    };
    effects.into_iter().filter_map(ask).collect()
}

fn mode(app: &App) -> Mode {
    app.review().case.as_ref().unwrap().mode
}

/// The text of `icons/script.svg` at its finding, `total` lines long.
fn reading(total: i32) -> App {
    let mut app = reviewing();
    app.act(Action::Step(Step::Down));
    app.act(Action::Open);
    let ask = sources(&mut app).remove(0);
    app.arrived(Update::Source(ask, Ok(data::source(1, total.min(400), total))));
    app
}

#[test]
fn enter_on_a_finding_asks_for_the_text_at_its_line() {
    let mut app = reviewing();
    app.act(Action::Step(Step::Down));
    app.act(Action::Open);
    let asked = sources(&mut app);
    let expected = SourceAsk {
        case: case_id(1),
        item: data::item_id(1, 2),
        line: 12,
        column: Some(5),
    };
    assert_eq!((asked, mode(&app)), (vec![expected.clone()], Mode::Source));
    assert_eq!(expected.query().append_to(""), "?line=12&column=5&lines=400");
    app.act(Action::Back);
    assert_eq!(
        (mode(&app), app.shell.page.name),
        (Mode::Lists, "case"),
        "Esc leaves the text first"
    );
}

#[test]
fn finding_about_the_pack_has_no_text() {
    let mut app = reviewing();
    app.act(Action::Step(Step::Last));
    app.act(Action::Letter('v'));
    assert_eq!((sources(&mut app), mode(&app)), (vec![], Mode::Lists));
    assert!(status(&app).contains("it has no line"));
}

#[test]
fn text_scrolls_to_its_ends_and_reads_on_once() {
    let mut app = reading(900);
    app.act(Action::Step(Step::Last));
    let more = sources(&mut app);
    assert_eq!(more.len(), 1, "the end is not here");
    let top = app.review().case.as_ref().unwrap().source.as_ref().unwrap().top;
    assert!(more[0].line <= top && top <= 900);
    app.act(Action::Step(Step::Down));
    assert_eq!(sources(&mut app), [], "it is on its way");
    app.arrived(Update::Source(
        more[0].clone(),
        Ok(data::source(more[0].line, 900, 900)),
    ));
    assert_eq!(sources(&mut app), []);
    app.act(Action::Step(Step::First));
    assert_eq!(sources(&mut app)[0].line, 1);
}

#[test]
fn answer_without_the_lines_that_are_wanted_is_not_asked_for_without_end() {
    let mut app = reading(900);
    app.act(Action::Step(Step::Last));
    let ask = sources(&mut app).remove(0);
    app.arrived(Update::Source(ask, Ok(data::source(1, 10, 900))));
    assert_eq!(sources(&mut app), []);
}

#[test]
fn text_that_cannot_be_read_says_why_and_is_asked_for_again_after_a_lost_line() {
    let mut app = reviewing();
    app.act(Action::Step(Step::Down));
    app.act(Action::Letter('v'));
    let ask = sources(&mut app).remove(0);
    let refused = problem(422, "no-text", "The file is packed with gzip");
    app.arrived(Update::Source(ask.clone(), Err(refused)));
    let view = app.review().case.as_ref().unwrap().source.as_ref().unwrap();
    assert_eq!(view.error.as_deref(), Some("The file is packed with gzip"));
    app.update(shell::Update::Link(Link::Live));
    app.update(shell::Update::Event(Event::Snapshot(Box::new(testdata::snapshot()))));
    assert_eq!(sources(&mut app), [ask]);
}

#[test]
fn brackets_walk_through_the_findings_with_their_text() {
    let mut app = reading(20);
    app.act(Action::Letter(']'));
    let asked = sources(&mut app);
    assert_eq!(
        asked[0].item,
        data::item_id(1, 1),
        "the one about the pack is passed over"
    );
    assert_eq!(mode(&app), Mode::Source);
}

#[test]
fn pair_is_of_the_file_under_the_cursor_and_others_follow() {
    let mut app = reviewing();
    app.act(Action::Letter('d'));
    assert_eq!(status(&app), "This case has no look-alikes");
    app.arrived(Update::Case(case_id(1), Ok(Box::new(data::busy_detail(1)))));
    app.review_mut()
        .case
        .as_mut()
        .unwrap()
        .files
        .select(&data::item_id(1, 4));
    app.act(Action::Letter('d'));
    let look = |app: &App| {
        app.review()
            .case
            .as_ref()
            .unwrap()
            .look_alike()
            .map(|look| look.relation)
    };
    assert_eq!((mode(&app), look(&app)), (Mode::Compare, Some(Relation::Look)));
    app.act(Action::Letter(']'));
    assert_eq!(look(&app), Some(Relation::Geometry), "round and round");
    let case = app.review().case.as_ref().unwrap();
    assert_eq!(case.file().map(|file| file.id), Some(data::item_id(1, 3)));
    app.act(Action::Arrow(Pan::Left));
    assert_eq!(look(&app), Some(Relation::Look));
    app.act(Action::Letter('d'));
    assert_eq!(mode(&app), Mode::Lists);
}

#[test]
fn look_alikes_that_go_away_leave_no_hole() {
    let mut app = reviewing();
    app.arrived(Update::Case(case_id(1), Ok(Box::new(data::busy_detail(1)))));
    app.act(Action::Letter('d'));
    app.act(Action::Step(Step::Last));
    app.arrived(Update::Case(case_id(1), Ok(Box::new(data::detail(1)))));
    assert!(app.review().case.as_ref().unwrap().look_alike().is_none());
    app.act(Action::Letter('['));
    app.act(Action::Step(Step::Down));
}

#[test]
fn arrows_move_a_picture_that_is_larger_and_the_list_otherwise() {
    let mut app = reviewing();
    app.act(Action::Arrow(Pan::Down));
    assert_eq!(app.review().case.as_ref().unwrap().findings.cursor(), 1);
    app.act(Action::Letter('z'));
    let before = app.review().case.as_ref().unwrap().zoom;
    app.act(Action::Arrow(Pan::Down));
    let case = app.review().case.as_ref().unwrap();
    assert_eq!(case.findings.cursor(), 1);
    assert!(case.zoom != before && !case.zoom.is_whole());
    app.act(Action::Letter('Z'));
    assert!(app.review().case.as_ref().unwrap().zoom.is_whole());
}

#[test]
fn everything_in_a_hostile_case_starts_blurred_and_one_key_shows_the_harmless_files() {
    let mut app = reviewing();
    let case = app.review_mut().case.as_mut().unwrap();
    let focus = |case: &crate::screen::review::case::CaseView, n: usize| case.focus(&case.files.rows()[n]);
    assert_eq!(
        (focus(case, 1), focus(case, 2), focus(case, 3)),
        (Focus::Blurred, Focus::Blurred, Focus::Blurred)
    );
    case.pane = Pane::Files;
    case.files.select(&data::item_id(1, 3));
    case.turn_blur();
    assert_eq!((focus(case, 2), focus(case, 3)), (Focus::Sharp, Focus::Sharp));
    assert_eq!(
        focus(case, 1),
        Focus::Blurred,
        "what is flagged itself wants its own key"
    );
    case.files.select(&data::item_id(1, 2));
    case.turn_blur();
    assert_eq!(focus(case, 1), Focus::Sharp);
}

#[test]
fn technical_faults_blur_only_their_own_file() {
    let mut app = reviewing();
    let mut detail = data::detail(1);
    detail.findings.retain(|f| f.rule != "malware");
    for finding in &mut detail.findings {
        if finding.rule == "active-content" {
            finding.rule = "picture.truncated".to_owned();
        }
    }
    app.arrived(Update::Case(case_id(1), Ok(Box::new(detail))));
    let case = app.review().case.as_ref().unwrap();
    assert_eq!(case.focus(&case.files.rows()[3]), Focus::Sharp);
    assert_eq!(case.focus(&case.files.rows()[1]), Focus::Blurred);
}

#[test]
fn picture_alone_is_left_with_esc_and_moves_through_the_files() {
    let mut app = reviewing();
    app.act(Action::OtherPane);
    app.act(Action::Open);
    assert_eq!(mode(&app), Mode::Full);
    app.act(Action::Step(Step::Down));
    assert_eq!(app.review().case.as_ref().unwrap().files.cursor(), 1);
    app.act(Action::Back);
    assert_eq!((mode(&app), app.shell.page.name), (Mode::Lists, "case"));
}

#[test]
fn picture_alone_is_larger_than_beside_the_lists() {
    let mut app = reviewing();
    app.arrived(Update::Case(case_id(1), Ok(Box::new(data::pictured(1)))));
    let mut rows = || {
        lines(&mut app, 120, 40);
        let rows = app.shell.pictures.on_screen[0].rows;
        app.press('f');
        rows
    };
    assert!(rows() < rows());
}
