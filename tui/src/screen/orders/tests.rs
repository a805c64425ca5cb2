//! Orders as people see them, and the acts on them.

use crossterm::event::KeyCode;
use tradepost_common::ledger::AccountBalance;
use tradepost_common::orders::{OrderLine, OrderState, OrderStory, OrderView, ResetPurchases, StoryEvent, StorySource};
use tradepost_common::sales::{Licence, Product, ProductKind};
use uuid::Uuid;

use super::acts::{GiveCredit, RefundOrder, ResetDownloads, parse_amount};
use super::story::ReadStory;
use super::*;
use crate::screen::testing::{assert_sizes, screen};
use crate::shell::App;
use crate::testdata::{self, ago};

fn order(n: u128, account: &str, state: OrderState) -> OrderRow {
    let placed = 600 * n as i64;
    let is_settled = state != OrderState::Placed;
    OrderRow {
        id: OrderId(Uuid::from_u128(9000 + n)),
        account: account.to_owned(),
        state,
        total_minor: 900 * n as i64,
        currency: "EUR".to_owned(),
        refunded_minor: if state == OrderState::Refunded {
            900 * n as i64
        } else {
            0
        },
        products: n as i64,
        tax_minor: 0,
        tax_country: None,
        tax_basis_points: None,
        tax_number: None,
        is_reverse_charge: false,
        placed_at: ago(placed),
        settled_at: is_settled.then(|| ago(placed - 1)),
        refunded_at: (state == OrderState::Refunded).then(|| ago(placed - 60)),
        note: (state == OrderState::Refunded).then(|| "bought by mistake".to_owned()),
    }
}

fn event(seconds: i64, source: StorySource, what: &str, details: &[&str]) -> StoryEvent {
    StoryEvent {
        at: ago(seconds),
        source,
        what: what.to_owned(),
        details: details.iter().map(|detail| (*detail).to_owned()).collect(),
        is_fault: source == StorySource::Queue,
    }
}

fn story() -> OrderStory {
    OrderStory {
        view: OrderView {
            order: order(1, "bob", OrderState::Paid),
            lines: vec![OrderLine {
                product: Product {
                    kind: ProductKind::Set,
                    id: Uuid::from_u128(1),
                },
                name: "Everyday icons".to_owned(),
                contributor: "ann".to_owned(),
                licence: Licence::Personal,
                terms_version: 1,
                price_minor: 900,
                credit_minor: 0,
                discount_minor: 0,
                tax_minor: 0,
            }],
            payment: None,
            refunds: Vec::new(),
        },
        events: vec![
            event(600, StorySource::Order, "placed", &["9.00 EUR"]),
            event(
                599,
                StorySource::Queue,
                "settle: attempt 1 failed",
                &["message 1", "database went away"],
            ),
            event(
                598,
                StorySource::Ledger,
                "order posted",
                &[
                    "-9.00 EUR  liabilities:wallet:bob",
                    "6.30 EUR  liabilities:earnings:ann",
                ],
            ),
            event(598, StorySource::Order, "paid", &[]),
        ],
    }
}

fn opened() -> App {
    let mut app = testdata::app();
    app.press('\'');
    app.press('o');
    assert_eq!(app.shell.page.name, "orders");
    let rows = vec![
        order(1, "bob", OrderState::Paid),
        order(2, "carol", OrderState::Placed),
        order(3, "dave", OrderState::Refunded),
        order(4, "bob", OrderState::Failed),
    ];
    let asked = app.sent::<ReadOrders>().remove(0);
    app.answer(asked, Ok(Rows::new(rows, None)));
    app.shell.effects.clear();
    app
}

#[test]
fn orders_say_who_paid_what_and_when() {
    assert_sizes!("orders", opened());
}

#[test]
fn story_tells_everything_that_happened_to_an_order() {
    let mut app = opened();
    app.code(KeyCode::Enter);
    assert_eq!(app.shell.page.name, "order");
    let asked = app.sent::<ReadStory>().remove(0);
    app.answer(asked, Ok(story()));
    app.press('j');
    assert_sizes!("order", app);
}

#[test]
fn order_is_refunded_only_when_armed_with_a_reason_and_y() {
    let mut app = opened();
    app.press('R');
    assert_eq!(app.status(), "Read-only: press W to arm writing");
    app.code(KeyCode::Esc);
    app.press('W');
    app.press('R');
    app.code(KeyCode::Enter);
    assert_eq!(app.status(), "reason: enter 1 to 500 characters");
    "twice".chars().for_each(|c| app.press(c));
    app.code(KeyCode::Enter);
    insta::assert_snapshot!(screen(&mut app));
    for no in [KeyCode::Enter, KeyCode::Char('R')] {
        app.code(no);
        assert_eq!(app.sent::<RefundOrder>(), [], "{no:?}");
    }
    app.press('y');
    let refund = app.drain_sent::<RefundOrder>().remove(0);
    assert_eq!(refund.1.reason, "twice");
    let view = OrderView {
        order: order(1, "bob", OrderState::Refunded),
        lines: Vec::new(),
        payment: None,
        refunds: Vec::new(),
    };
    app.answer(refund, Ok(view));
    assert_eq!(app.status(), "The order of bob is refunded: 9.00 EUR of it went back");
    app.press('R');
    assert_eq!(app.status(), "The order is refunded: only a paid one can be refunded");
}

#[test]
fn downloads_are_allowed_anew_when_armed_and_of_a_paid_order_only() {
    let mut app = opened();
    app.press('D');
    assert_eq!(app.sent::<ResetDownloads>(), []);
    app.press('W');
    app.press('D');
    let reset = app.drain_sent::<ResetDownloads>().remove(0);
    assert_eq!(reset.0, order(1, "bob", OrderState::Paid).id);
    app.answer(reset, Ok(ResetPurchases { purchases: 2 }));
    assert_eq!(app.status(), "2 products can be downloaded anew");
    app.press('j');
    app.press('D');
    assert_eq!(app.status(), "The order is placed: nothing of it can be downloaded");
}

#[test]
fn buyer_gets_credit_of_the_amount_that_was_typed() {
    let mut app = opened();
    app.press('W');
    app.press('C');
    "5.5".chars().for_each(|c| app.press(c));
    app.code(KeyCode::Tab);
    "sorry".chars().for_each(|c| app.press(c));
    app.code(KeyCode::Enter);
    app.press('y');
    let given = app.drain_sent::<GiveCredit>().remove(0);
    assert_eq!((given.0.as_str(), given.1.amount_minor), ("bob", 550));
    let balance = AccountBalance {
        name: "liabilities:wallet:bob".to_owned(),
        currency: "EUR".to_owned(),
        balance_minor: 1_650,
        held_minor: 0,
    };
    app.answer(given, Ok(balance));
    assert_eq!(app.status(), "bob has 16.50 EUR of store credit");
}

#[test]
fn amounts_are_read_in_the_decimals_of_their_currency() {
    for (typed, currency, minor) in [
        ("12", "EUR", 1200),
        ("12.3", "EUR", 1230),
        ("0.05", "EUR", 5),
        ("12", "JPY", 12),
    ] {
        assert_eq!(parse_amount(typed, currency), Ok(minor), "{typed}");
    }
    for wrong in ["", "0", "-1", "1.234", "1,5", ".5", "1e3", "99999999999999999999"] {
        assert!(parse_amount(wrong, "EUR").is_err(), "{wrong}");
    }
}
