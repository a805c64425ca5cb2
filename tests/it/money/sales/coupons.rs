//! Coupons, through the public API and the control socket.

use super::*;

impl Shop {
    pub async fn coupon(&self, coupon: Value) -> Value {
        let (status, made) = self.app.act("/v1/coupons", coupon).await;
        assert_eq!(status, StatusCode::OK, "{made}");
        made
    }

    async fn uses(&self, code: &str) -> i64 {
        let coupons = self.app.look("/v1/coupons").await;
        let rows = coupons["rows"].as_array().unwrap().iter();
        rows.filter(|row| row["code"] == code)
            .map(|row| row["uses"].as_i64().unwrap())
            .sum()
    }
}

#[tokio::test]
async fn coupons_of_both_sides_are_booked_to_who_gives_them() {
    let shop = Shop::open(100_000).await;
    shop.coupon(
        json!({ "code": "SUMMER", "discount": { "percent": { "basis_points": 5_000 } }, "once_per_buyer": true }),
    )
    .await;
    let paid = shop
        .bought("one", json!({ "lines": [{ "set": shop.set }], "coupon": "SUMMER" }))
        .await;
    assert_eq!(
        (&paid["total_minor"], &paid["lines"][0]["discount_minor"]),
        (&json!(450), &json!(450))
    );
    assert_eq!(shop.balance("liabilities:earnings:ann").await, 630);
    assert_eq!(shop.balance("income:fees").await, 270);
    assert_eq!(shop.balance("expenses:coupons").await, -450);
    shop.assert_books_are_right().await;

    let path = format!("/v1/prices/set/{}", shop.set);
    shop.price(&path, json!([price("personal", 900), price("commercial", 1_000)]))
        .await;
    let line = json!([{ "set": shop.set, "licence": "commercial" }]);
    assert_eq!(
        shop.refused(json!({ "lines": line, "coupon": "SUMMER" })).await,
        "coupon-used"
    );
    let ann = shop.app.trusted("ann");
    let body = json!({ "code": "ANN-5", "discount": { "amount": { "amount_minor": 500, "currency": "EUR" } } });
    let (status, made) = shop
        .app
        .call(Method::POST, "/v1/coupons", Some(&ann), Some(body.clone()))
        .await;
    assert_eq!(
        (status, &made["funded_by"]),
        (StatusCode::CREATED, &json!("ann")),
        "{made}"
    );
    let (status, problem) = shop.app.call(Method::POST, "/v1/coupons", Some(&ann), Some(body)).await;
    assert_eq!((status, &problem["code"]), (StatusCode::CONFLICT, &json!("code-taken")));
    let paid = shop.bought("two", json!({ "lines": line, "coupon": "ANN-5" })).await;
    // An upgrade: 10.00 less the 4.50 that were paid, less the coupon.
    assert_eq!(paid["total_minor"], 50);
    assert_eq!(shop.balance("liabilities:earnings:ann").await, 630 + 35);
    assert_eq!(shop.balance("expenses:coupons").await, -450);
    shop.assert_books_are_right().await;

    // A coupon that an operator has ended can not be used any more.
    let made = shop
        .coupon(json!({ "code": "OVER", "discount": { "percent": { "basis_points": 100 } } }))
        .await;
    let (status, ended) = shop
        .app
        .act(&format!("/v1/coupons/{}/end", made["id"].as_str().unwrap()), json!({}))
        .await;
    assert_eq!((status, ended["ended_at"].is_string()), (StatusCode::OK, true));
    assert_eq!(
        shop.refused(json!({ "lines": line, "coupon": "OVER" })).await,
        "already-owned"
    );
}

#[tokio::test]
async fn last_use_of_a_coupon_is_given_once() {
    let shop = Shop::open(0).await;
    let whole = json!({ "percent": { "basis_points": 10_000 } });
    shop.coupon(json!({ "code": "LAST", "discount": whole, "max_uses": 1 }))
        .await;
    let names: Vec<_> = (0..20).map(|n| format!("buyer-{n:02}")).collect();
    let tokens: Vec<_> = names
        .iter()
        .map(|name| shop.app.token(&["--account", name, "--role", "buyer"]))
        .collect();
    let body = json!({ "lines": [{ "set": shop.set }], "coupon": "LAST" });
    let racing = tokens.iter().map(|token| place(&shop.app, token, "race", body.clone()));
    let answers = futures_util::future::join_all(racing).await;
    let placed: Vec<_> = answers
        .iter()
        .filter(|(status, _)| *status == StatusCode::ACCEPTED)
        .collect();
    assert_eq!(placed.len(), 1, "{answers:?}");
    for (status, problem) in &answers {
        let is_fine = *status == StatusCode::ACCEPTED || problem["code"] == "coupon-used-up";
        assert!(is_fine, "{status} {problem}");
    }
    assert_eq!(shop.settled(&placed[0].1).await["state"], "paid");
    assert_eq!(shop.uses("LAST").await, 1);
    let ledger = shop.app.look("/v1/ledger").await;
    assert_eq!(ledger["proof"]["differences"], json!([]));
}

#[tokio::test]
async fn failed_order_gives_its_coupon_back() {
    let shop = Shop::open(100_000).await;
    shop.coupon(
        json!({ "code": "ONCE", "discount": { "percent": { "basis_points": 1_000 } }, "once_per_buyer": true }),
    )
    .await;
    // Nothing can be granted: the order fails as one does whose product was bought meanwhile.
    shop.app
        .sql(
            "create function refuse() returns trigger language plpgsql as $$ begin return null; end $$;
            create trigger refuse before insert on entitlements for each row execute function refuse()",
        )
        .await;
    let body = json!({ "lines": [{ "set": shop.set }], "coupon": "ONCE" });
    let (_, placed) = shop.buy("one", body.clone()).await;
    assert_eq!(shop.settled(&placed).await["state"], "failed");
    assert_eq!(shop.uses("ONCE").await, 0);
    shop.app.sql("drop trigger refuse on entitlements").await;
    shop.bought("two", body).await;
    assert_eq!(shop.uses("ONCE").await, 1);
    shop.assert_books_are_right().await;
}
