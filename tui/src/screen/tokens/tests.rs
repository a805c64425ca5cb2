//! Tokens as people see them, and how one is revoked.

use crossterm::event::KeyCode;
use tradepost_common::tokens::AccountRole;
use uuid::Uuid;

use super::*;
use crate::screen::testing::{assert_sizes, screen};
use crate::shell::App;
use crate::testdata::{self, ago};

const DAY: i64 = 86_400;

fn token(n: u128, account: &str, state: TokenState) -> TokenRow {
    let created_at = ago(40 * DAY - n as i64 * DAY);
    TokenRow {
        id: TokenId(Uuid::from_u128(5000 + n)),
        account: account.to_owned(),
        role: AccountRole::Contributor,
        banned: false,
        state,
        created_at,
        expires_at: (state == TokenState::Expired).then(|| ago(DAY)),
        last_used_at: (n > 1).then(|| ago(7_200)),
        revoked_at: (state == TokenState::Revoked).then(|| ago(3_600)),
    }
}

fn opened() -> App {
    let mut app = testdata::app();
    app.press('\'');
    app.press('t');
    assert_eq!(app.shell.page.name, "tokens");
    let rows = vec![
        token(5, "anna", TokenState::Active),
        TokenRow {
            banned: true,
            ..token(4, "mallory", TokenState::Active)
        },
        token(3, "anna", TokenState::Expired),
        token(2, "bob", TokenState::Revoked),
        TokenRow {
            role: AccountRole::Buyer,
            ..token(1, "guest", TokenState::Active)
        },
    ];
    let asked = app.sent::<ReadTokens>().remove(0);
    app.answer(asked, Ok(Rows::new(rows, None)));
    app.shell.effects.clear();
    app
}

#[test]
fn tokens_say_whose_they_are_and_whether_they_are_used() {
    assert_sizes!("tokens", opened());
}

#[test]
fn token_is_revoked_only_when_armed_and_with_y() {
    let mut app = opened();
    app.press('X');
    assert_eq!(app.status(), "Read-only: press W to arm writing");
    app.press('W');
    for no in [KeyCode::Enter, KeyCode::Char('X'), KeyCode::Esc] {
        app.press('X');
        app.code(no);
        assert_eq!(app.sent::<Revoke>(), [], "{no:?}");
    }
    app.press('X');
    insta::assert_snapshot!(screen(&mut app));
    app.press('y');
    let revoke = Revoke(token(5, "anna", TokenState::Active).id);
    assert_eq!(app.sent::<Revoke>(), std::slice::from_ref(&revoke));
    app.shell.effects.clear();
    app.answer(revoke, Ok(token(5, "anna", TokenState::Revoked)));
    assert_eq!(app.status(), "The token of anna is revoked");
    app.press('X');
    assert_eq!(
        (app.shell.prompt.is_none(), app.status()),
        (true, "The token is already revoked")
    );
}

#[test]
fn list_is_read_again_after_a_minute_because_use_is_in_no_event() {
    let mut app = opened();
    app.tick();
    assert_eq!(app.sent::<ReadTokens>().len(), 0);
    app.shell.clock.instant += REFRESH;
    app.tick();
    app.tick();
    assert_eq!(app.sent::<ReadTokens>().len(), 1);
}
