//! Refunds, full and partial, to the card or as store credit.

use reqwest::StatusCode;
use serde_json::json;
use tradepost_tests::stripe::Faults;

use super::Shop;
use super::cards::CardShop;

#[tokio::test]
async fn card_gets_its_money_back_in_parts_that_add_up() {
    let Some(shop) = CardShop::open().await else { return };
    let paid = shop.bought("one").await;
    for (amount, earnings, fees) in [(1, 630, 269), (332, 397, 170), (566, 1, 0)] {
        let (status, refunded) = shop
            .refund(&paid, json!({ "reason": "late", "amount_minor": amount }))
            .await;
        assert_eq!(
            (status, &refunded["state"]),
            (StatusCode::OK, &json!("paid")),
            "{refunded}"
        );
        shop.refunded(&paid).await;
        assert_eq!(
            shop.shop.balance("liabilities:earnings:ann").await,
            earnings,
            "{amount}"
        );
        assert_eq!(shop.shop.balance("income:fees").await, fees, "{amount}");
        shop.assert_books_are_right().await;
    }
    let (status, problem) = shop.refund(&paid, json!({ "reason": "more", "amount_minor": 2 })).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("refund-too-large"))
    );
    let (_, rest) = shop.refund(&paid, json!({ "reason": "the rest" })).await;
    assert_eq!(
        (&rest["state"], &rest["refunded_minor"]),
        (&json!("refunded"), &json!(900)),
        "{rest}"
    );
    let done = shop.refunded(&paid).await;
    assert_eq!(done["refunds"].as_array().unwrap().len(), 4);
    for account in [
        "liabilities:earnings:ann",
        "income:fees",
        "assets:provider",
        "liabilities:wallet:bob",
    ] {
        assert_eq!(shop.shop.balance(account).await, 0, "{account}");
    }
    shop.assert_books_are_right().await;
}

#[tokio::test]
async fn partial_refund_keeps_what_was_bought_and_a_full_one_ends_it() {
    let shop = Shop::open(2_000).await;
    let (_, placed) = shop.order("one").await;
    shop.settled(&placed).await;
    let item = shop.app.rows("/v1/items").await[0]["id"].as_str().unwrap().to_owned();
    let file = format!("/v1/items/{item}/file");
    let may_download = async || {
        let request = shop.app.request(reqwest::Method::GET, &file).bearer_auth(&shop.buyer);
        request.send().await.unwrap().status() == StatusCode::OK
    };
    let refund = format!("/v1/orders/{}/refund", placed["id"].as_str().unwrap());
    let (status, part) = shop
        .app
        .act(&refund, json!({ "reason": "a gift", "amount_minor": 300 }))
        .await;
    assert_eq!(
        (status, &part["refunds"][0]["state"]),
        (StatusCode::OK, &json!("succeeded")),
        "{part}"
    );
    assert!(may_download().await);
    assert_eq!(shop.balance("liabilities:wallet:bob").await, 1_400);
    assert_eq!(shop.balance("liabilities:earnings:ann").await, 420);
    for bad in [0, -1, 601] {
        let (status, _) = shop
            .app
            .act(&refund, json!({ "reason": "bad", "amount_minor": bad }))
            .await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{bad}");
    }
    shop.app.act(&refund, json!({ "reason": "all of it" })).await;
    assert!(!may_download().await);
    assert_eq!(shop.balance("liabilities:wallet:bob").await, 2_000);
    shop.assert_books_are_right().await;
}

#[tokio::test]
async fn refund_is_paid_once_whatever_gets_lost() {
    let Some(shop) = CardShop::open().await else { return };
    let paid = shop.bought("one").await;
    shop.stripe.misbehave(Faults {
        lost_answers: 1.0,
        lost_webhooks: 1.0,
        ..Faults::default()
    });
    let (_, refunded) = shop.refund(&paid, json!({ "reason": "lost" })).await;
    assert_eq!(
        (&refunded["state"], &refunded["refunds"][0]["state"]),
        (&json!("refunded"), &json!("pending")),
        "{refunded}"
    );
    shop.until("/v1/alerts", |alerts| alerts.to_string().contains("payments-down"))
        .await;
    // The money waits, and can not be spent.
    let (_, refused) = shop.shop.order("two").await;
    assert_eq!(refused["code"], "insufficient-funds", "{refused}");
    shop.stripe.misbehave(Faults::default());
    assert_eq!(shop.refunded(&paid).await["refunds"][0]["state"], "succeeded");
    shop.assert_books_are_right().await;
}

#[tokio::test]
async fn refund_that_the_provider_refuses_becomes_store_credit() {
    let Some(shop) = CardShop::open().await else { return };
    let paid = shop.bought("one").await;
    // An operator has broken the payment's link: the provider knows no such payment.
    shop.shop.app.sql("update payments set provider_id = 'pi_gone'").await;
    shop.refund(&paid, json!({ "reason": "broken" })).await;
    let failed = shop.refunded(&paid).await;
    assert_eq!(failed["refunds"][0]["state"], "failed", "{failed}");
    assert_eq!(shop.shop.balance("liabilities:wallet:bob").await, 900);
    let payments = shop.shop.app.look("/v1/payments").await;
    assert_eq!(payments["differences"][0]["rule"], "refund-failed", "{payments}");
    shop.shop.assert_books_are_right().await;
    let (status, _) = shop.shop.order("two").await;
    assert_eq!(status, StatusCode::ACCEPTED);
    let difference = &payments["differences"][0];
    let settled = json!({ "rule": "refund-failed", "subject": difference["subject"], "reason": "paid by hand" });
    for status in [StatusCode::NO_CONTENT, StatusCode::NOT_FOUND] {
        assert_eq!(
            shop.shop.app.act("/v1/payments/resolve", settled.clone()).await.0,
            status
        );
    }
    let alerts = shop.shop.app.look("/v1/alerts").await;
    assert!(!alerts.to_string().contains("payments-differ"), "{alerts}");
}

#[tokio::test]
async fn clawback_takes_a_balance_below_zero_only_to_the_limit() {
    let options = tradepost_tests::Options::default().set("MONEY__CLAWBACK_LIMIT_MINOR", 100);
    let shop = Shop::open_with(options, 2_000).await;
    let (_, placed) = shop.order("one").await;
    shop.settled(&placed).await;
    // The contributor was paid out.
    shop.app
        .sql("update ledger_accounts set held = held + 600 where name = 'liabilities:earnings:ann'")
        .await;
    let refund = format!("/v1/orders/{}/refund", placed["id"].as_str().unwrap());
    let (status, problem) = shop.app.act(&refund, json!({ "reason": "all" })).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("clawback-limit")),
        "{problem}"
    );
    let (status, part) = shop
        .app
        .act(&refund, json!({ "reason": "some", "amount_minor": 180 }))
        .await;
    assert_eq!(status, StatusCode::OK, "{part}");
    assert_eq!(shop.balance("liabilities:earnings:ann").await, 504);
}

#[tokio::test]
async fn order_of_a_guest_who_signed_up_is_refunded_once_to_its_card() {
    let Some(shop) = CardShop::open().await else { return };
    let body = json!({ "lines": [{ "set": shop.shop.set }], "pay_with": "card", "payment_method": super::cards::GOOD,
        "email": "gus@example.org" });
    let request = shop.shop.app.request(reqwest::Method::POST, "/v1/orders");
    let placed = request
        .header("idempotency-key", "one")
        .json(&body)
        .send()
        .await
        .unwrap();
    let paid = shop.settled(&placed.json().await.unwrap()).await;
    crate::accounts::sign_up(&shop.shop.app, "gus@example.org", "buyer").await;
    let path = format!("/v1/orders/{}", paid["id"].as_str().unwrap());
    shop.until(&path, |order| order["account"] != paid["account"]).await;
    for amount in [400, 500] {
        let (status, refund) = shop
            .refund(&paid, json!({ "reason": "signed up", "amount_minor": amount }))
            .await;
        assert_eq!(status, StatusCode::OK, "{refund}");
        let done = shop.refunded(&paid).await;
        assert!(
            done["refunds"]
                .as_array()
                .unwrap()
                .iter()
                .all(|refund| refund["state"] == "succeeded"),
            "{done}"
        );
    }
    for account in ["income:fees", "liabilities:earnings:ann", "assets:provider"] {
        assert_eq!(shop.shop.balance(account).await, 0, "{account}");
    }
    let wallets = "select sum(balance)::bigint from ledger_accounts where name like 'liabilities:wallet:%'";
    assert_eq!(shop.shop.app.number(wallets).await, 0);
    shop.assert_books_are_right().await;
}
