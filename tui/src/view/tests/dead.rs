//! Dead letters and what is drawn over them.

use tradepost_common::operations::OperationState;
use tradepost_common::problem::Fault;

use super::*;
use crate::state::prompt::Prompt;
use crate::view::testdata::dead;

const REDRIVE: Action = Action::Letter('R');
const PURGE: Action = Action::Letter('X');

/// Both sizes of one screen.
macro_rules! both {
    ($app:expr) => {{
        let mut app = $app;
        insta::assert_snapshot!(screen(&mut app));
        insta::assert_snapshot!(large_screen(&mut app));
    }};
}

fn planned(mut app: App, key: Action) -> App {
    app.act(Action::Arm);
    app.act(key);
    if matches!(app.prompt(), Some(Prompt::Why(_))) {
        app.press('1');
    }
    let mut plan = dead::operation(1, OperationState::Planned);
    plan.kind = app.plan.as_ref().unwrap().new.kind;
    plan.reason.clone_from(&app.plan.as_ref().unwrap().new.reason);
    app.hear(Update::Planned(app.tickets, Ok(plan)));
    app
}

#[test]
fn groups_are_listed_with_their_error_in_full() {
    both!(dead::app_with_groups());
}

#[test]
fn letters_are_marked_and_say_how_often_they_failed_again() {
    let mut app = dead::app_with_letters();
    app.act(Action::Mark(Marking::One));
    both!(app);
}

#[test]
fn letter_shows_everything_that_is_known() {
    both!(dead::app_with_letter());
}

#[test]
fn plan_says_what_is_left_out_and_asks() {
    both!(planned(dead::app_with_letters(), REDRIVE));
}

#[test]
fn purge_asks_for_the_name_of_the_queue() {
    let mut app = planned(dead::app_with_groups(), PURGE);
    app.shell.clock.instant += Duration::from_secs(1);
    for c in "yren".chars() {
        app.press(c);
    }
    insta::assert_snapshot!(screen(&mut app));
}

#[test]
fn giving_up_asks_for_a_reason() {
    let mut app = dead::app_with_letter();
    app.act(Action::Arm);
    app.act(Action::Letter('D'));
    insta::assert_snapshot!(screen(&mut app));
}

fn edited(text: &str) -> App {
    let mut app = dead::app_with_letter();
    app.act(Action::Arm);
    app.act(Action::Letter('E'));
    app.edit_ends(text);
    app
}

#[test]
fn edit_shows_what_would_change_and_asks() {
    let mut app = edited("{}");
    app.hear(Update::Checked(dead::message_id(2), Ok(dead::check())));
    insta::assert_snapshot!(screen(&mut app));
}

#[test]
fn edit_that_is_refused_names_the_fault() {
    let mut app = edited("{}");
    let mut check = dead::check();
    check.faults.push(Fault {
        at: "/payload/path".to_owned(),
        message: "missing field".to_owned(),
    });
    app.hear(Update::Checked(dead::message_id(2), Ok(check)));
    let shown = screen(&mut app);
    assert!(shown.contains("/payload/path: missing field"), "{shown}");
    assert!(
        shown.contains("e edits it again") && !shown.contains("y sends"),
        "{shown}"
    );
}

#[test]
fn edit_that_is_no_json_shows_the_line() {
    let shown = screen(&mut edited("{\n  \"path\": icons\n}"));
    assert!(shown.contains("   2 │   \"path\": icons"), "{shown}");
    assert!(shown.contains("line 2"), "{shown}");
}

#[test]
fn nothing_is_said_by_colour_alone() {
    use crate::theme::Theme;
    let mut app = planned(dead::app_with_letters(), REDRIVE);
    app.shell.theme = Theme::Mono;
    let mut terminal = ratatui::Terminal::new(ratatui::backend::TestBackend::new(80, 24)).unwrap();
    terminal.draw(|frame| app.draw(frame)).unwrap();
    let cells = &terminal.backend().buffer().content;
    let plain = ratatui::style::Color::Reset;
    assert!(cells.iter().all(|cell| cell.fg == plain && cell.bg == plain));
}

#[test]
fn new_screens_fit_every_size() {
    let screens: [fn() -> App; 4] = [
        dead::app_with_groups,
        dead::app_with_letters,
        dead::app_with_letter,
        || planned(dead::app_with_groups(), PURGE),
    ];
    for make in screens {
        for (width, height) in [(80, 24), (120, 40), (200, 60), (60, 16), (20, 5)] {
            let mut app = make();
            app.act(Action::Step(Step::Last));
            lines(&mut app, width, height);
            app.act(Action::Open);
            lines(&mut app, width, height);
        }
    }
}
