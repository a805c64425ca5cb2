//! What keys mean on which screen.

use super::*;

fn press(code: KeyCode) -> KeyEvent {
    KeyEvent::new(code, KeyModifiers::NONE)
}

#[test]
fn every_screen_with_a_tab_is_reached_by_its_number() {
    for screen in crate::state::screen::TABS {
        let key = press(KeyCode::Char(screen.key()));
        assert_eq!(action(key, Screen::Audit, None), Some(Action::Go(screen)));
    }
}

#[test]
fn review_letters_mean_something_else_elsewhere() {
    let n = press(KeyCode::Char('n'));
    assert_eq!(action(n, Screen::Item, None), Some(Action::Review(Review::Skip)));
    assert_eq!(action(n, Screen::Uploads, None), Some(Action::Cycle(Order::Rising)));
    let a = press(KeyCode::Char('a'));
    assert_eq!(action(a, Screen::Uploads, None), None);
}

#[test]
fn rejection_is_confirmed_neither_by_enter_nor_by_the_key_that_asked() {
    use crate::state::reasons::{Refusal, Refusing};
    let reasons = Prompt::Reasons(Refusing {
        what: Refusal::Pack,
        cursor: Some(1),
    });
    let asked = Some(&reasons);
    for code in [
        KeyCode::Enter,
        KeyCode::Char('x'),
        KeyCode::Char('X'),
        KeyCode::Char(' '),
    ] {
        assert_eq!(action(press(code), Screen::Item, asked), None);
    }
    let no = action(press(KeyCode::Char('n')), Screen::Item, asked);
    assert_eq!(no, Some(Action::Prompt(Typed::Cancel)));
    let second = action(press(KeyCode::Char('2')), Screen::Item, asked);
    assert_eq!(second, Some(Action::Prompt(Typed::Reason(2))));
}

#[test]
fn letters_are_text_while_something_is_typed() {
    let note = Prompt::Note {
        line: Default::default(),
        then: None,
    };
    let q = action(press(KeyCode::Char('q')), Screen::Item, Some(&note));
    assert_eq!(q, Some(Action::Prompt(Typed::Text('q'))));
    let ctrl_c = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
    assert_eq!(action(ctrl_c, Screen::Item, Some(&note)), Some(Action::Quit));
}

#[test]
fn questions_are_answered_neither_by_enter_nor_by_the_key_that_asked() {
    use tradepost_common::ids::OperationId;

    use crate::state::prompt::Sure;
    let id = OperationId(uuid::Uuid::nil());
    let asked = [
        Prompt::Plan(PlanStep::Look),
        Prompt::Sure(Sure::Cancel(id)),
        Prompt::Sure(Sure::Resume(id)),
        Prompt::Edit { top: 0 },
    ];
    for prompt in asked {
        for c in ['R', 'D', 'X', 'P', 'E', 'Y', ' '] {
            assert_eq!(action(press(KeyCode::Char(c)), Screen::Letters, Some(&prompt)), None);
        }
        assert_eq!(action(press(KeyCode::Enter), Screen::Letters, Some(&prompt)), None);
        let yes = action(press(KeyCode::Char('y')), Screen::Letters, Some(&prompt));
        assert_eq!(yes, Some(Action::Prompt(Typed::Yes)));
    }
}

#[test]
fn capitals_act_on_their_screens_and_say_where_elsewhere() {
    let at = |screen, c| action(press(KeyCode::Char(c)), screen, None);
    let redrive = Action::Dead(DeadKey::Plan(OperationKind::Redrive));
    assert_eq!(at(Screen::Groups, 'R'), Some(redrive));
    assert_eq!(
        at(Screen::Operation, 'X'),
        Some(Action::Operation(OperationKey::Cancel))
    );
    assert_eq!(at(Screen::Queues, 'C'), Some(Action::Concurrency));
    assert_eq!(at(Screen::Alerts, 'A'), Some(Action::Acknowledge));
    for c in ['R', 'E', 'D', 'X', 'P', 'C', 'A'] {
        assert!(matches!(at(Screen::Audit, c), Some(Action::Elsewhere(_))), "{c}");
    }
}
