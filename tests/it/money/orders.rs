//! Purchases through the public API and the control socket.

use reqwest::StatusCode;
use serde_json::json;
use tradepost_tests::TestApp;

use super::{Shop, credit, order};

#[tokio::test]
async fn buyer_pays_downloads_and_gets_the_money_back() {
    let shop = Shop::open(2_000).await;
    let item = shop.app.rows("/v1/items").await[0]["id"].as_str().unwrap().to_owned();
    let file = format!("/v1/items/{item}/file");
    assert_eq!(shop.app.get(&file, None).await.0, StatusCode::FORBIDDEN);
    assert_eq!(shop.app.get(&file, Some(&shop.buyer)).await.0, StatusCode::FORBIDDEN);

    let (status, placed) = shop.order("one").await;
    assert_eq!(status, StatusCode::ACCEPTED, "{placed}");
    assert_eq!(
        (&placed["state"], &placed["total_minor"]),
        (&json!("placed"), &json!(900))
    );
    let paid = shop.settled(&placed).await;
    assert_eq!(
        (&paid["state"], &paid["lines"][0]["licence"]),
        (&json!("paid"), &json!("personal")),
        "{paid}"
    );
    let download = shop.app.request(reqwest::Method::GET, &file).bearer_auth(&shop.buyer);
    assert_eq!(download.send().await.unwrap().status(), StatusCode::OK);
    assert_eq!(shop.app.get(&file, None).await.0, StatusCode::FORBIDDEN);
    assert_eq!(shop.balance("liabilities:wallet:bob").await, 1_100);
    assert_eq!(shop.balance("liabilities:earnings:ann").await, 630);
    assert_eq!(shop.balance("income:fees").await, 270);
    shop.assert_books_are_right().await;

    let refund = format!("/v1/orders/{}/refund", placed["id"].as_str().unwrap());
    let (status, refunded) = shop.app.act(&refund, json!({ "reason": "bought by mistake" })).await;
    assert_eq!(
        (status, &refunded["state"]),
        (StatusCode::OK, &json!("refunded")),
        "{refunded}"
    );
    assert_eq!(shop.app.get(&file, Some(&shop.buyer)).await.0, StatusCode::FORBIDDEN);
    assert_eq!(shop.balance("liabilities:wallet:bob").await, 2_000);
    assert_eq!(shop.balance("liabilities:earnings:ann").await, 0);
    assert_eq!(shop.balance("income:fees").await, 0);
    let (status, problem) = shop.app.act(&refund, json!({ "reason": "again" })).await;
    assert_eq!((status, &problem["code"]), (StatusCode::CONFLICT, &json!("not-paid")));
    shop.assert_books_are_right().await;
    let audit = shop.app.look("/v1/audit").await;
    assert_eq!(audit["rows"][0]["act"], "order.refund");
    assert_eq!(audit["rows"][1]["act"], "account.credit");
    // It can be bought again.
    let (status, again) = shop.order("two").await;
    assert_eq!(status, StatusCode::ACCEPTED, "{again}");
    assert_eq!(shop.settled(&again).await["state"], "paid");
}

#[tokio::test]
async fn one_key_places_one_order() {
    let shop = Shop::open(2_000).await;
    let answers = futures_util::future::join_all((0..8).map(|_| shop.order("same"))).await;
    let mut ids: Vec<_> = answers
        .iter()
        .filter(|(status, answer)| match *status {
            StatusCode::ACCEPTED => true,
            status => {
                assert_eq!(
                    (status, &answer["code"]),
                    (StatusCode::CONFLICT, &json!("in-flight")),
                    "{answer}"
                );
                false
            }
        })
        .map(|(_, order)| order["id"].to_string())
        .collect();
    ids.dedup();
    assert_eq!(ids.len(), 1, "{answers:?}");
    let (status, first) = shop.order("same").await;
    assert_eq!((status, first["id"].to_string()), (StatusCode::ACCEPTED, ids.remove(0)));
    shop.settled(&first).await;
    assert_eq!(shop.order("same").await.1["state"], "paid");
    assert_eq!(shop.balance("liabilities:wallet:bob").await, 1_100);

    let unknown = uuid::Uuid::now_v7().to_string();
    let (status, problem) = order(&shop.app, &shop.buyer, "same", &[&shop.set, &unknown]).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("key-reused"))
    );
    let (status, problem) = shop.order("other").await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("already-owned"))
    );
}

#[tokio::test]
async fn refused_payment_leaves_nothing_and_a_way_to_pay() {
    let shop = Shop::open(899).await;
    let (status, problem) = shop.order("first").await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::PAYMENT_REQUIRED, &json!("insufficient-funds")),
        "{problem}"
    );
    assert_eq!(shop.app.look("/v1/orders").await["rows"], json!([]));
    credit(&shop.app, "bob", 1, "second").await;
    for key in ["first", "new"] {
        let (status, answer) = shop.order(key).await;
        let expected = if key == "first" {
            StatusCode::ACCEPTED
        } else {
            StatusCode::CONFLICT
        };
        assert_eq!(status, expected, "{answer}");
        if key == "first" {
            assert_eq!(shop.settled(&answer).await["state"], "paid");
        }
    }
    shop.assert_books_are_right().await;
}

#[tokio::test]
async fn credit_is_given_once_for_each_key() {
    let shop = Shop::open(0).await;
    for _ in 0..2 {
        let (status, balance) = credit(&shop.app, "bob", 500, "voucher").await;
        assert_eq!(
            (status, &balance["balance_minor"]),
            (StatusCode::OK, &json!(500)),
            "{balance}"
        );
    }
    let (status, problem) = credit(&shop.app, "bob", 600, "voucher").await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("key-reused"))
    );
    assert_eq!(
        credit(&shop.app, "nobody", 500, "voucher").await.0,
        StatusCode::NOT_FOUND
    );
    for bad in [0, -1, i64::MAX] {
        assert_eq!(credit(&shop.app, "bob", bad, "bad").await.0, StatusCode::BAD_REQUEST);
    }
    let (_, own) = shop.app.get("/v1/balance", Some(&shop.buyer)).await;
    assert_eq!(own["wallet"][0]["balance_minor"], json!(500), "{own}");
}

#[tokio::test]
async fn bad_orders_are_refused_with_the_reason() {
    let shop = Shop::open(2_000).await;
    let unknown = uuid::Uuid::now_v7().to_string();
    let many: Vec<_> = (0..51).map(|_| uuid::Uuid::now_v7().to_string()).collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    for sets in [&["no-id"] as &[&str], &many] {
        let (status, problem) = order(&shop.app, &shop.buyer, "bad", sets).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{sets:?}: {problem}");
    }
    let (status, problem) = order(&shop.app, &shop.buyer, "empty", &[]).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("no-lines"))
    );
    for key in ["", "a b", &"x".repeat(256)] {
        let (status, problem) = shop.order(key).await;
        assert_eq!(
            (status, &problem["faults"][0]["at"]),
            (StatusCode::BAD_REQUEST, &json!("Idempotency-Key")),
            "{key:?}"
        );
    }
    let (status, problem) = order(&shop.app, &shop.buyer, "unknown", &[&shop.set, &unknown]).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("not-for-sale"))
    );
    let ann = shop.app.trusted("ann");
    let (status, problem) = order(&shop.app, &ann, "own", &[&shop.set]).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("own-product"))
    );
    let (_, placed) = shop.order("good").await;
    let path = format!("/v1/orders/{}", placed["id"].as_str().unwrap());
    assert_eq!(shop.app.get(&path, Some(&ann)).await.0, StatusCode::NOT_FOUND);
    assert_eq!(shop.app.get(&path, None).await.0, StatusCode::UNAUTHORIZED);
    shop.settled(&placed).await;
}

#[tokio::test]
async fn order_that_can_not_be_settled_keeps_its_hold_until_it_can() {
    let shop = Shop::open(2_000).await;
    // No payment can be posted: the job fails, and is tried again.
    shop.app
        .sql("alter table ledger_transactions add constraint broken check (kind <> 'order') not valid")
        .await;
    let (_, placed) = shop.order("stuck").await;
    let id = placed["id"].as_str().unwrap();
    assert_eq!(placed["state"], "placed");
    let wallet = shop.account("liabilities:wallet:bob").await;
    assert_eq!(
        (&wallet["balance_minor"], &wallet["held_minor"]),
        (&json!(2_000), &json!(900))
    );
    shop.app
        .sql("alter table ledger_transactions drop constraint broken")
        .await;
    let paid = shop.settled(&placed).await;
    assert_eq!((paid["state"].as_str(), paid["id"].as_str()), (Some("paid"), Some(id)));
    shop.assert_books_are_right().await;
}

#[tokio::test]
async fn orders_survive_kills() {
    let mut shop = Shop::open(2_000).await;
    let (_, placed) = shop.order("one").await;
    shop.app.kill();
    shop.app.restart();
    assert_eq!(shop.settled(&placed).await["state"], "paid");
    assert_eq!(shop.order("one").await.1["state"], "paid");
    assert_eq!(shop.balance("liabilities:wallet:bob").await, 1_100);
    shop.assert_books_are_right().await;
}

#[tokio::test]
async fn strangers_see_no_orders() {
    let app = TestApp::start();
    for path in ["/v1/orders", "/v1/balance"] {
        assert_eq!(app.get(path, None).await.0, StatusCode::UNAUTHORIZED, "{path}");
    }
    assert_eq!(app.look("/v1/orders").await["rows"], json!([]));
}
