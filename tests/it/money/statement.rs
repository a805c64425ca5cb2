//! The provider's statement: fees and transfers to the bank are booked from it, once.

use serde_json::{Value, json};

use super::cards::CardShop;

impl CardShop {
    async fn balances(&self, names: [&str; 3]) -> [i64; 3] {
        let mut found = [0; 3];
        for (balance, name) in found.iter_mut().zip(names) {
            *balance = self.shop.balance(name).await;
        }
        found
    }
}

#[tokio::test]
async fn fees_and_transfers_of_the_statement_are_booked_once() {
    let every_second = |options: tradepost_tests::Options| options.set("PAYMENTS__STATEMENT_SECONDS", 1);
    let Some(shop) = CardShop::open_with(every_second).await else {
        return;
    };
    shop.stripe.set_fee(38);
    for (category, amount) in [
        ("payout", -500),
        ("fee", -12),
        ("payout", -100),
        ("payout_reversal", 100),
        ("issuing_transaction", -7),
    ] {
        shop.stripe.move_money(category, amount);
    }
    shop.bought("one").await;
    let names = ["assets:provider", "expenses:provider", "assets:bank"];
    let first = shop
        .until("/v1/payments", |view| view["balances"][0]["statement_minor"] == 343)
        .await;
    assert_eq!(shop.balances(names).await, [-350, -50, -500], "{first}");
    let difference = &first["differences"][0];
    assert_eq!(
        [&difference["rule"], &difference["found"]],
        [&json!("statement"), &json!("issuing_transaction of -7 EUR")],
        "{first}"
    );

    let read_at = |view: &Value| view["balances"][0]["read_at"].to_string();
    shop.until("/v1/payments", |view| read_at(view) > read_at(&first)).await;
    assert_eq!(shop.balances(names).await, [-350, -50, -500], "it was read twice");
    let text = shop.shop.app.tradepost(&["ledger"]);
    let text = String::from_utf8(text.stdout).unwrap();
    for part in ["provider: 3.43 EUR by its statement of ", " ago, 3.50 EUR by the books"] {
        assert!(text.contains(part), "{text}");
    }
    shop.shop.assert_books_are_right().await;
}
