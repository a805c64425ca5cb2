//! Payments by card, with a provider that answers, declines, is late, says things twice or not at all.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tradepost_tests::stripe::Faults;

use super::cards::{CardShop, DECLINED, GOOD, SECURE_NUMBER};

#[tokio::test]
async fn card_pays_an_order_and_the_books_are_the_providers() {
    let Some(shop) = CardShop::open().await else { return };
    let paid = shop.bought("one").await;
    assert_eq!(paid["payment"]["state"], "succeeded", "{paid}");
    assert_eq!(paid["payment"]["client_secret"], Value::Null, "{paid}");
    assert_eq!(shop.shop.balance("liabilities:wallet:bob").await, 0);
    assert_eq!(shop.shop.balance("assets:provider").await, -900);
    assert_eq!(shop.shop.balance("liabilities:earnings:ann").await, 630);
    assert_eq!(shop.shop.balance("income:fees").await, 270);
    shop.assert_books_are_right().await;
    let (status, again) = shop.order("one", Some(GOOD)).await;
    assert_eq!((status, &again["id"]), (StatusCode::ACCEPTED, &paid["id"]));
    let (status, other) = shop.order("one", Some(DECLINED)).await;
    assert_eq!(
        (status, &other["code"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("key-reused"))
    );
    let log = shop.shop.app.log();
    assert!(
        !log.contains("sk_test") && !log.contains("whsec_") && !log.contains("_secret_"),
        "{log}"
    );
}

#[tokio::test]
async fn refused_card_leaves_nothing_and_a_way_to_pay() {
    let Some(shop) = CardShop::open().await else { return };
    let (status, placed) = shop.order("one", Some(DECLINED)).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{placed}");
    let failed = shop.settled(&placed).await;
    assert_eq!(
        (&failed["state"], &failed["payment"]["state"]),
        (&json!("failed"), &json!("canceled")),
        "{failed}"
    );
    assert!(failed["note"].as_str().unwrap().contains("declined"), "{failed}");
    let (_, same) = shop.order("one", Some(DECLINED)).await;
    assert_eq!((&same["id"], &same["state"]), (&placed["id"], &json!("failed")));
    shop.bought("two").await;
    shop.assert_books_are_right().await;
}

/// The mutant of the rule before: an order that is refused stays open.
#[tokio::test]
async fn without_the_end_of_a_refused_order_there_is_no_way_to_pay() {
    let Some(shop) = CardShop::open().await else { return };
    let mutant = "create function kept() returns trigger language plpgsql as $$ begin return null; end $$;
        create trigger kept before update on orders for each row when (new.state = 'failed') execute function kept()";
    shop.shop.app.sql(mutant).await;
    let (_, placed) = shop.order("one", Some(DECLINED)).await;
    let path = format!("/v1/payments/{}", placed["payment"]["id"].as_str().unwrap());
    shop.until(&path, |payment| payment["state"] == "canceled").await;
    let (status, problem) = shop.order("two", Some(GOOD)).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("already-ordered"))
    );
    // It trips no other rule.
    shop.assert_books_are_right().await;
}

#[tokio::test]
async fn buyer_confirms_and_does_what_the_bank_asks_for() {
    let Some(shop) = CardShop::open().await else { return };
    let secure = shop.stripe.card(SECURE_NUMBER).await;
    for (key, success, state) in [("one", "false", "failed"), ("two", "true", "paid")] {
        let (_, placed) = shop.order(key, None).await;
        assert_eq!(placed["state"], "awaiting_payment", "{placed}");
        let payment = &placed["payment"];
        assert_eq!(payment["state"], "requires_method", "{placed}");
        let [intent, secret] = ["provider_id", "client_secret"].map(|field| payment[field].as_str().unwrap());
        shop.stripe.pay(intent, &secure).await;
        shop.stripe.authenticate(intent, secret, success).await;
        assert_eq!(shop.settled(&placed).await["state"], state, "{key}");
    }
    let (_, charged) = shop.order("three", Some(&secure)).await;
    assert_eq!(charged["code"], "already-owned", "{charged}");
    shop.assert_books_are_right().await;
}

#[tokio::test]
async fn unpaid_order_is_canceled_by_its_buyer_only_and_never_paid_after() {
    let Some(shop) = CardShop::open().await else { return };
    let (_, placed) = shop.order("one", None).await;
    let cancel = format!("/v1/orders/{}/cancel", placed["id"].as_str().unwrap());
    let ann = shop.shop.app.trusted("ann");
    let call = async |token: &str| shop.shop.app.call(Method::POST, &cancel, Some(token), None).await;
    assert_eq!(call(&ann).await.0, StatusCode::NOT_FOUND);
    let (status, canceled) = call(&shop.shop.buyer).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{canceled}");
    assert_eq!(shop.settled(&placed).await["state"], "failed");
    let intent = placed["payment"]["provider_id"].as_str().unwrap();
    let refused = shop.stripe.pay(intent, GOOD).await;
    assert!(refused["error"].is_object(), "{refused}");
    let (status, problem) = call(&shop.shop.buyer).await;
    assert_eq!((status, &problem["code"]), (StatusCode::CONFLICT, &json!("not-unpaid")));
    shop.bought("two").await;
    shop.assert_books_are_right().await;
}

#[tokio::test]
async fn lost_webhooks_and_answers_end_in_the_same_books() {
    let Some(shop) = CardShop::open().await else { return };
    // The client confirms, and nobody tells.
    shop.stripe.misbehave(Faults::without_webhooks());
    let (_, placed) = shop.order("one", None).await;
    shop.stripe
        .pay(placed["payment"]["provider_id"].as_str().unwrap(), GOOD)
        .await;
    assert_eq!(shop.settled(&placed).await["state"], "paid");
    // The provider does what it is asked for, and says that it did not.
    shop.stripe.misbehave(Faults {
        lost_answers: 1.0,
        ..Faults::default()
    });
    let (status, top_up) = top_up(&shop, "one", 500).await;
    assert_eq!(
        (status, &top_up["state"]),
        (StatusCode::ACCEPTED, &json!("new")),
        "{top_up}"
    );
    shop.stripe.misbehave(Faults::default());
    let path = format!("/v1/payments/{}", top_up["id"].as_str().unwrap());
    shop.until(&path, |payment| payment["state"] == "succeeded").await;
    assert_eq!(shop.shop.balance("liabilities:wallet:bob").await, 500);
    shop.assert_books_are_right().await;
}

#[tokio::test]
async fn provider_that_is_away_delays_an_order_and_raises_an_alert() {
    let Some(shop) = CardShop::open().await else { return };
    shop.stripe.misbehave(Faults::down());
    let (status, placed) = shop.order("one", Some(GOOD)).await;
    assert_eq!(
        (status, &placed["payment"]["state"]),
        (StatusCode::ACCEPTED, &json!("new")),
        "{placed}"
    );
    shop.until("/v1/alerts", |alerts| alerts.to_string().contains("payments-down"))
        .await;
    // Sweeps come every second, but one message of them waits at a time.
    let db = shop.shop.app.database().await;
    let swept = "select coalesce(bool_and(swept_at < now() - interval '3 seconds'), false) from payments";
    while !sqlx::query_scalar::<_, bool>(swept).fetch_one(&db).await.unwrap() {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let waiting = "select count(*) from queue_messages where queue = 'pay'";
    let waiting: i64 = sqlx::query_scalar(waiting).fetch_one(&db).await.unwrap();
    assert!(
        waiting <= 3,
        "{waiting} messages: one of the order, one of the sweep, one about disputes"
    );
    shop.stripe.misbehave(Faults::default());
    assert_eq!(shop.settled(&placed).await["state"], "paid");
    shop.until("/v1/alerts", |alerts| !alerts.to_string().contains("payments-down"))
        .await;
    shop.assert_books_are_right().await;
}

#[tokio::test]
async fn webhooks_are_believed_only_when_signed_and_only_once() {
    let Some(shop) = CardShop::open().await else { return };
    let (_, placed) = shop.order("one", None).await;
    let intent = placed["payment"]["provider_id"].as_str().unwrap();
    // Signed, but not true: the provider is asked.
    let object = json!({ "id": intent, "object": "payment_intent", "status": "succeeded", "amount": 900 });
    let body = json!({ "id": "evt_lie", "type": "payment_intent.succeeded", "data": { "object": object } }).to_string();
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let good = shop.stripe.sign(&body, now);
    for (signature, status) in [
        ("", 400),
        ("t=1,v1=00", 403),
        (shop.stripe.sign(&body, now - 400).as_str(), 403),
        (shop.stripe.sign("{}", now).as_str(), 403),
        (good.as_str(), 204),
        (good.as_str(), 204),
    ] {
        assert_eq!(shop.stripe.send_webhook(signature, &body).await, status, "{signature}");
    }
    assert_eq!(shop.stripe.send_webhook(&shop.stripe.sign("{}", now), "{}").await, 400);
    let path = format!("/v1/payments/{}", placed["payment"]["id"].as_str().unwrap());
    let told = shop
        .until(&path, |payment| !payment["events"][0]["handled_at"].is_null())
        .await;
    assert_eq!(
        (&told["state"], &told["events"][0]["deliveries"]),
        (&json!("requires_method"), &json!(2)),
        "{told}"
    );
    assert_eq!(shop.shop.balance("assets:provider").await, 0);
}

#[tokio::test]
async fn top_up_becomes_store_credit_once() {
    let Some(shop) = CardShop::open().await else { return };
    for _ in 0..2 {
        let (status, paid) = top_up(&shop, "one", 1_500).await;
        assert_eq!(
            (status, &paid["state"]),
            (StatusCode::ACCEPTED, &json!("succeeded")),
            "{paid}"
        );
        let path = format!("/v1/wallet/top-ups/{}", paid["id"].as_str().unwrap());
        assert_eq!(
            shop.shop.app.get(&path, Some(&shop.shop.buyer)).await.1["state"],
            "succeeded"
        );
        let ann = shop.shop.app.trusted("ann");
        assert_eq!(shop.shop.app.get(&path, Some(&ann)).await.0, StatusCode::NOT_FOUND);
    }
    assert_eq!(top_up(&shop, "one", 1_600).await.1["code"], "key-reused");
    assert_eq!(shop.shop.balance("liabilities:wallet:bob").await, 1_500);
    let (_, placed) = shop.shop.order("credit").await;
    assert_eq!(shop.settled(&placed).await["state"], "paid");
    assert_eq!(shop.shop.balance("liabilities:wallet:bob").await, 600);
    shop.assert_books_are_right().await;
}

#[tokio::test]
async fn card_testers_are_stopped_and_outages_count_nothing() {
    let limit = |options: tradepost_tests::Options| {
        options
            .set("PAYMENTS__DECLINES__PER_ACCOUNT", 3)
            .set("PAYMENTS__DECLINES__PER_CARD", 4)
            .set("HTTP__TRUSTED_PROXIES", 1)
    };
    let Some(shop) = CardShop::open_with(limit).await else {
        return;
    };
    shop.stripe.misbehave(Faults::down());
    let (_, waiting) = shop.order("away", Some(GOOD)).await;
    shop.stripe.misbehave(Faults::default());
    shop.settled(&waiting).await;
    let tester = shop.shop.app.token(&["--account", "tess", "--role", "buyer"]);
    for key in ["one", "two", "three"] {
        let (status, placed) = shop.order_as(&tester, key, Some(DECLINED)).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{placed}");
        assert_eq!(shop.settled(&placed).await["state"], "failed");
    }
    let body = json!({ "lines": [{ "set": shop.shop.set }], "pay_with": "card", "payment_method": GOOD });
    let request = shop.shop.app.request(Method::POST, "/v1/orders").bearer_auth(&tester);
    let refused = request
        .header("idempotency-key", "four")
        .json(&body)
        .send()
        .await
        .unwrap();
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    let wait: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((3_000..=3_600).contains(&wait), "{wait}");
    assert_eq!(refused.json::<Value>().await.unwrap()["code"], "too-many-declines");
    // Another account may still pay; the fifth try of the same card is not even asked for at the bank.
    let other = shop.shop.app.token(&["--account", "otto", "--role", "buyer"]);
    for (key, word) in [("one", "declined"), ("two", "too often")] {
        let (_, placed) = shop.order_as(&other, key, Some(DECLINED)).await;
        let failed = shop.settled(&placed).await;
        assert!(failed["note"].as_str().unwrap().contains(word), "{failed}");
    }
    let (_, placed) = shop.order_as(&other, "three", Some(GOOD)).await;
    assert_eq!(shop.settled(&placed).await["state"], "paid");
    shop.assert_books_are_right().await;
}

#[tokio::test]
async fn shop_without_a_provider_takes_no_cards() {
    let shop = super::Shop::open(0).await;
    let body = json!({ "lines": [{ "set": shop.set }], "pay_with": "card" });
    let request = shop.app.request(Method::POST, "/v1/orders").bearer_auth(&shop.buyer);
    let refused = request
        .header("idempotency-key", "one")
        .json(&body)
        .send()
        .await
        .unwrap();
    assert_eq!(refused.status(), StatusCode::CONFLICT);
    assert_eq!(refused.json::<Value>().await.unwrap()["code"], "no-cards");
    let (status, _) = shop
        .app
        .call(Method::POST, "/v1/payments/webhook", None, Some(json!({})))
        .await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

async fn top_up(shop: &CardShop, key: &str, amount_minor: i64) -> (StatusCode, Value) {
    let body = json!({ "amount_minor": amount_minor, "currency": "EUR", "payment_method": GOOD });
    let request = shop.shop.app.request(Method::POST, "/v1/wallet/top-ups");
    let request = request.bearer_auth(&shop.shop.buyer).header("idempotency-key", key);
    let answer = request.json(&body).send().await.unwrap();
    (answer.status(), answer.json().await.unwrap())
}
