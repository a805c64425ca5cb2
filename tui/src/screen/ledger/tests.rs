//! The ledger as people see it.

use tradepost_common::ids::OrderId;
use tradepost_common::ledger::{Difference, JournalEntry, ProofScope};
use tradepost_common::orders::{OrderRow, OrderState};
use uuid::Uuid;

use super::*;
use crate::screen::testing::{assert_sizes, screen};
use crate::shell::App;
use crate::testdata::{self, ago};

pub fn transaction(n: u128, kind: &str, entries: &[(&str, i64)], currency: &str) -> JournalRow {
    let entry = |(account, amount_minor): &(&str, i64)| JournalEntry {
        account: (*account).to_owned(),
        currency: currency.to_owned(),
        amount_minor: *amount_minor,
    };
    JournalRow {
        id: Uuid::from_u128(7000 + n),
        at: ago(86_400 - n as i64 * 60),
        kind: kind.to_owned(),
        key: format!("{kind}:{n}"),
        reverses: None,
        entries: entries.iter().map(entry).collect(),
    }
}

pub fn sale(n: u128) -> JournalRow {
    let entries = [
        ("liabilities:wallet:bob", -900),
        ("liabilities:earnings:ann", 630),
        ("income:fees", 270),
    ];
    transaction(n, "order", &entries, "EUR")
}

fn account(id: i64, name: &str, balance_minor: i64, held_minor: i64) -> AccountRow {
    AccountRow {
        id,
        name: name.to_owned(),
        currency: "EUR".to_owned(),
        balance_minor,
        held_minor,
        entries: 3,
    }
}

fn proof(scope: ProofScope, seconds: i64, differences: Vec<Difference>) -> Proof {
    Proof {
        at: ago(seconds),
        scope,
        entries: 12,
        took_ms: 34,
        differences,
    }
}

fn view(differences: Vec<Difference>) -> LedgerView {
    LedgerView {
        entries: 12_345,
        rules: [
            "balance",
            "chain",
            "checkpoint",
            "fingerprint",
            "held",
            "sequence",
            "zero-sum",
        ]
        .map(str::to_owned)
        .into(),
        proof: proof(ProofScope::Recent, 3, differences),
        whole: Some(proof(ProofScope::Whole, 40_000, Vec::new())),
        stuck: vec![OrderRow {
            id: OrderId(Uuid::from_u128(8001)),
            account: "bob".to_owned(),
            state: OrderState::Placed,
            total_minor: 900,
            currency: "EUR".to_owned(),
            refunded_minor: 0,
            products: 1,
            tax_minor: 0,
            tax_country: None,
            tax_basis_points: None,
            tax_number: None,
            is_reverse_charge: false,
            placed_at: ago(1_000),
            settled_at: None,
            refunded_at: None,
            note: None,
        }],
    }
}

fn opened(differences: Vec<Difference>) -> App {
    let mut app = testdata::app();
    app.press('\'');
    app.press('l');
    assert_eq!(app.shell.page.name, "ledger");
    let asked = app.sent::<ReadAccounts>().remove(0);
    app.answer(ReadLedger, Ok((view(differences), PaymentsView::default())));
    let rows = vec![
        account(1, "liabilities:wallet:bob", 1_100, 900),
        account(2, "liabilities:earnings:ann", -630, 0),
        account(3, "income:fees", 270, 0),
    ];
    app.answer(asked, Ok(Rows::new(rows, None)));
    app.shell.effects.clear();
    app
}

fn broken() -> Difference {
    Difference {
        rule: "balance".to_owned(),
        subject: "liabilities:wallet:bob EUR/0".to_owned(),
        expected: "1100".to_owned(),
        found: "1101".to_owned(),
    }
}

#[test]
fn ledger_says_that_the_books_are_right_and_who_is_owed_what() {
    assert_sizes!("ledger", opened(Vec::new()));
}

#[test]
fn journal_shows_which_accounts_money_went_between() {
    let mut app = opened(Vec::new());
    app.code(crossterm::event::KeyCode::Tab);
    let asked = app.sent::<ReadJournal>().remove(0);
    app.answer(asked, Ok(Rows::new(vec![sale(2), sale(1)], None)));
    assert_sizes!("ledger_journal", app);
}

#[test]
fn trouble_lists_differences_and_stuck_orders_and_opens_their_story() {
    let mut app = opened(vec![broken()]);
    app.code(crossterm::event::KeyCode::Tab);
    app.code(crossterm::event::KeyCode::Tab);
    assert_sizes!("ledger_trouble", app);
    app.press('j');
    app.code(crossterm::event::KeyCode::Enter);
    assert_eq!(app.shell.page.name, "order");
}

#[test]
fn whole_journal_is_proven_when_an_armed_operator_asks() {
    let mut app = opened(Vec::new());
    app.press('P');
    assert_eq!(app.sent::<ProveWhole>(), []);
    app.press('W');
    app.press('P');
    assert_eq!(app.drain_sent::<ProveWhole>(), [ProveWhole]);
    app.answer(ProveWhole, Ok(proof(ProofScope::Whole, 0, vec![broken()])));
    assert_eq!(
        app.status(),
        "The books are WRONG: 1 difference, 12 entries read in 0.03s"
    );
    assert_eq!(app.sent::<ReadLedger>().len(), 1, "the page is read again");
    assert!(screen(&mut app).contains("BOOKS ARE RIGHT"), "until the answer comes");
}
