//! Upgrades of licences: they cost the difference to what was paid.

use tradepost_tests::stripe::Outcome;

use super::super::cards::{CardShop, GOOD};
use super::*;

const EARNINGS: &str = "liabilities:earnings:ann";

impl Shop {
    /// Prices the set under all three licences.
    async fn price_all(&self) {
        let prices = json!([
            price("personal", 1_000),
            price("commercial", 5_000),
            price("extended", 20_000)
        ]);
        let (status, put) = self.price(&format!("/v1/prices/set/{}", self.set), prices).await;
        assert_eq!(status, StatusCode::OK, "{put}");
    }

    fn under(&self, licence: &str) -> Value {
        json!({ "lines": [{ "set": self.set, "licence": licence }] })
    }

    async fn refund(&self, order: &Value, body: Value) -> (StatusCode, Value) {
        let path = format!("/v1/orders/{}/refund", order["id"].as_str().unwrap());
        self.app.act(&path, body).await
    }

    async fn licences(&self) -> Vec<String> {
        let (_, library) = self.app.get("/v1/library", Some(&self.buyer)).await;
        let rows = library["rows"].as_array().unwrap().iter();
        rows.map(|row| row["licence"].as_str().unwrap().to_owned()).collect()
    }
}

#[tokio::test]
async fn upgrades_cost_the_difference_and_are_refunded_exactly_and_before_what_they_rest_on() {
    let shop = Shop::open(100_000).await;
    shop.price_all().await;
    shop.coupon(json!({ "code": "HALF", "discount": { "percent": { "basis_points": 5_000 } }, "contributor": "ann" }))
        .await;
    let personal = json!({ "lines": [{ "set": shop.set }], "coupon": "HALF" });
    let first = shop.bought("one", personal).await;
    assert_eq!(first["total_minor"], 500);
    let (status, part) = shop
        .refund(&first, json!({ "reason": "late", "amount_minor": 101 }))
        .await;
    assert_eq!(status, StatusCode::OK, "{part}");
    let (_, cart) = shop
        .app
        .call(
            Method::POST,
            "/v1/carts",
            Some(&shop.buyer),
            Some(shop.under("commercial")),
        )
        .await;
    assert_eq!(
        (&cart["total_minor"], &cart["lines"][0]["state"]),
        (&json!(4_601), &json!("unchanged")),
        "{cart}"
    );
    let second = shop.bought("two", json!({ "cart": cart["id"] })).await;
    assert_eq!(
        (&second["total_minor"], &second["lines"][0]["credit_minor"]),
        (&json!(5_000 - 399), &json!(399)),
        "{second}"
    );
    let third = shop.bought("three", shop.under("extended")).await;
    assert_eq!(
        third["total_minor"],
        20_000 - 5_000,
        "what was paid for both of them is taken off"
    );
    assert_eq!(shop.balance("liabilities:wallet:bob").await, 100_000 - 20_000);
    shop.assert_books_are_right().await;

    for order in [&first, &second] {
        for body in [
            json!({ "reason": "all" }),
            json!({ "reason": "a part", "amount_minor": 1 }),
        ] {
            let (status, problem) = shop.refund(order, body).await;
            assert_eq!(
                (status, &problem["code"]),
                (StatusCode::CONFLICT, &json!("upgraded")),
                "{problem}"
            );
        }
    }
    for (order, left) in [
        (&third, vec!["commercial", "personal"]),
        (&second, vec!["personal"]),
        (&first, vec![]),
    ] {
        let (status, refunded) = shop.refund(order, json!({ "reason": "all of it" })).await;
        assert_eq!(
            (status, &refunded["state"]),
            (StatusCode::OK, &json!("refunded")),
            "{refunded}"
        );
        assert_eq!(shop.licences().await, left);
    }
    for (account, balance) in [("liabilities:wallet:bob", 100_000), (EARNINGS, 0), ("income:fees", 0)] {
        assert_eq!(shop.balance(account).await, balance, "{account}");
    }
    shop.assert_books_are_right().await;
}

#[tokio::test]
async fn upgrade_falls_and_rises_with_the_disputed_order_it_rests_on() {
    let Some(cards) = CardShop::open().await else { return };
    let shop = &cards.shop;
    shop.price_all().await;
    let first = cards.bought("one").await;
    super::super::credit(&shop.app, "bob", 10_000, "first").await;
    let upgrade = shop.bought("two", shop.under("commercial")).await;
    assert_eq!(upgrade["total_minor"], 4_000);
    assert_eq!(shop.licences().await, ["commercial", "personal"]);
    let dispute = cards
        .stripe
        .dispute(first["payment"]["provider_id"].as_str().unwrap())
        .await;
    let path = format!("/v1/orders/{}", first["id"].as_str().unwrap());
    cards.until(&path, |order| order["state"] == "disputed").await;
    assert!(shop.licences().await.is_empty());
    cards.stripe.decide(&dispute, Outcome::Won);
    cards.until(&path, |order| order["state"] == "paid").await;
    assert_eq!(shop.licences().await, ["commercial", "personal"]);
    assert_eq!(cards.order("three", Some(GOOD)).await.1["code"], "already-owned");
    cards.assert_books_are_right().await;
}
