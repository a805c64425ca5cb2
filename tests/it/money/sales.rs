//! Licences, prices and shares through the public API and the control socket.

mod carts;
mod coupons;
mod delisting;
mod overlaps;
mod tax;
mod upgrades;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Shop, place};

impl Shop {
    pub async fn family(&self) -> String {
        self.app.rows("/v1/families").await[0]["id"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    pub async fn items(&self) -> Vec<String> {
        let rows = self.app.rows("/v1/items").await;
        rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
    }

    /// PUTs prices of a product as ann.
    async fn price(&self, path: &str, prices: Value) -> (StatusCode, Value) {
        let ann = self.app.trusted("ann");
        self.app
            .call(Method::PUT, path, Some(&ann), Some(json!({ "prices": prices })))
            .await
    }

    async fn buy(&self, key: &str, body: Value) -> (StatusCode, Value) {
        place(&self.app, &self.buyer, key, body).await
    }

    /// Buys and waits until it is paid.
    async fn bought(&self, key: &str, body: Value) -> Value {
        let (status, placed) = self.buy(key, body).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{placed}");
        let settled = self.settled(&placed).await;
        assert_eq!(settled["state"], "paid", "{settled}");
        settled
    }

    async fn refused(&self, body: Value) -> String {
        let key = uuid::Uuid::now_v7().to_string();
        let (status, problem) = self.buy(&key, body).await;
        assert!(status.is_client_error(), "{status} {problem}");
        problem["code"].as_str().unwrap().to_owned()
    }
}

fn price(licence: &str, amount_minor: i64) -> Value {
    json!({ "licence": licence, "currency": "EUR", "amount_minor": amount_minor })
}

#[tokio::test]
async fn licences_have_prices_and_can_be_upgraded() {
    let shop = Shop::open(100_000).await;
    let path = format!("/v1/prices/set/{}", shop.set);
    let (_, prices) = shop.app.get(&path, None).await;
    assert_eq!(prices, json!({ "prices": [price("personal", 900)] }));
    let both = json!([price("personal", 1_000), price("commercial", 5_000)]);
    let (status, put) = shop.price(&path, both.clone()).await;
    assert_eq!((status, &put["prices"]), (StatusCode::OK, &both), "{put}");
    assert_eq!(shop.app.rows("/v1/sets").await[0]["price_minor"], 1_000);

    let paid = shop.bought("one", json!({ "lines": [{ "set": shop.set }] })).await;
    assert_eq!(
        (&paid["total_minor"], &paid["lines"][0]["licence"]),
        (&json!(1_000), &json!("personal"))
    );
    assert_eq!(
        shop.refused(json!({ "lines": [{ "set": shop.set }] })).await,
        "already-owned"
    );
    let upgrade = json!({ "lines": [{ "set": shop.set, "licence": "commercial" }] });
    let paid = shop.bought("two", upgrade.clone()).await;
    assert_eq!(
        (&paid["total_minor"], &paid["lines"][0]["terms_version"]),
        (&json!(4_000), &json!(1))
    );
    assert_eq!(shop.refused(upgrade).await, "already-owned");
    assert_eq!(
        shop.refused(json!({ "lines": [{ "set": shop.set, "licence": "extended" }] }))
            .await,
        "not-for-sale"
    );
    shop.assert_books_are_right().await;
}

#[tokio::test]
async fn families_contain_sets_and_sets_contain_items() {
    let shop = Shop::open(100_000).await;
    let (family, items) = (shop.family().await, shop.items().await);
    for path in [
        format!("/v1/prices/item/{}", items[0]),
        format!("/v1/prices/family/{family}"),
    ] {
        assert_eq!(
            shop.price(&path, json!([price("personal", 100)])).await.0,
            StatusCode::OK
        );
    }
    let contained = json!({ "lines": [{ "set": shop.set }, { "item": items[0] }] });
    assert_eq!(shop.refused(contained).await, "contained-line");
    assert_eq!(
        shop.refused(json!({ "lines": [{ "item": items[1] }] })).await,
        "not-for-sale"
    );
    shop.bought("item", json!({ "lines": [{ "item": items[0] }] })).await;
    assert_eq!(
        shop.refused(json!({ "lines": [{ "item": items[0] }] })).await,
        "already-owned"
    );
    shop.bought("family", json!({ "lines": [{ "family": family }] })).await;
    assert_eq!(
        shop.refused(json!({ "lines": [{ "set": shop.set }] })).await,
        "already-owned"
    );
    shop.assert_books_are_right().await;
}

#[tokio::test]
async fn royalties_are_split_by_licence_share_and_contributor_share() {
    let shop = Shop::open(100_000).await;
    let (family, ann) = (shop.family().await, shop.app.trusted("ann"));
    shop.app.trusted("eve");
    let terms = json!({ "title": "Personal licence", "body": "Better terms.", "royalty_basis_points": 5_000 });
    let (status, added) = shop.app.act("/v1/licences/personal/terms", terms).await;
    assert_eq!((status, &added["version"]), (StatusCode::OK, &json!(2)), "{added}");
    let path = format!("/v1/families/{family}/shares");
    let shares = json!({ "shares": [
        { "contributor": "ann", "basis_points": 6_667 }, { "contributor": "eve", "basis_points": 3_333 }] });
    let (status, put) = shop
        .app
        .call(Method::PUT, &path, Some(&ann), Some(shares.clone()))
        .await;
    assert_eq!((status, &put), (StatusCode::OK, &shares));

    let paid = shop.bought("one", json!({ "lines": [{ "set": shop.set }] })).await;
    assert_eq!(paid["lines"][0]["terms_version"], 2);
    assert_eq!(shop.balance("liabilities:earnings:ann").await, 300);
    assert_eq!(shop.balance("liabilities:earnings:eve").await, 150);
    assert_eq!(shop.balance("income:fees").await, 450);
    let (_, old) = shop.app.get("/v1/licences/personal/1", None).await;
    assert!(old["body"].as_str().unwrap().starts_with("You may use"), "{old}");
    for (bad, code) in [
        (
            json!([{ "contributor": "ann", "basis_points": 9_999 }]),
            "shares-not-whole",
        ),
        (
            json!([{ "contributor": "bob", "basis_points": 10_000 }]),
            "no-contributor",
        ),
        (
            json!([{ "contributor": "ann", "basis_points": 5_000 }, { "contributor": "ann", "basis_points": 5_000 }]),
            "duplicate-share",
        ),
    ] {
        let body = Some(json!({ "shares": bad }));
        let (status, problem) = shop.app.call(Method::PUT, &path, Some(&ann), body).await;
        assert_eq!(
            (status, &problem["code"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!(code))
        );
    }
    shop.assert_books_are_right().await;
}

#[tokio::test]
async fn bad_sales_requests_are_refused_with_the_reason() {
    let shop = Shop::open(0).await;
    let (set, unknown) = (&shop.set, uuid::Uuid::now_v7());
    for (body, code) in [
        (json!({ "lines": [] }), "no-lines"),
        (json!({ "lines": [{}] }), "line-without-product"),
        (
            json!({ "lines": [{ "set": set, "item": set }] }),
            "line-without-product",
        ),
        (
            json!({ "lines": [{ "set": set }, { "set": set, "licence": "extended" }] }),
            "duplicate-line",
        ),
        (json!({ "lines": [{ "set": unknown }] }), "not-for-sale"),
        (json!({ "lines": [{ "item": set }] }), "not-for-sale"),
        (json!({ "lines": [{ "set": set }], "currency": "USD" }), "not-for-sale"),
        (
            json!({ "lines": [{ "set": set }], "currency": "eur" }),
            "invalid-request",
        ),
        (
            json!({ "lines": [{ "set": set, "licence": "all" }] }),
            "invalid-request",
        ),
        (
            json!({ "lines": [{ "set": set }], "coupon": "NO-SUCH" }),
            "coupon-refused",
        ),
        (json!({ "lines": [{ "set": set }], "cart": unknown }), "cart-and-lines"),
        (json!({ "cart": unknown }), "not-found"),
        (json!({ "sets": [set] }), "invalid-request"),
    ] {
        assert_eq!(shop.refused(body.clone()).await, code, "{body}");
    }
    let path = format!("/v1/prices/set/{set}");
    for (prices, status) in [
        (json!([]), 422),
        (json!([price("commercial", 100)]), 422),
        (json!([price("personal", 1), price("personal", 2)]), 422),
        (json!([price("personal", -1)]), 400),
        (json!([price("personal", 100_000_001)]), 400),
        (json!([price("free", 1)]), 400),
        (
            json!([{ "licence": "personal", "currency": "euro", "amount_minor": 1 }]),
            400,
        ),
        (
            json!([{ "licence": "personal", "currency": "EUR", "amount_minor": 1.5 }]),
            400,
        ),
        (json!("none"), 400),
    ] {
        let (found, problem) = shop.price(&path, prices.clone()).await;
        assert_eq!(found.as_u16(), status, "{prices}: {problem}");
    }
    let eve = shop.app.trusted("eve");
    let body = Some(json!({ "prices": [price("personal", 1)] }));
    assert_eq!(
        shop.app.call(Method::PUT, &path, Some(&eve), body).await.0,
        StatusCode::NOT_FOUND
    );
    for coupon in [
        json!({ "code": "no", "discount": { "percent": { "basis_points": 1 } } }),
        json!({ "code": "lower", "discount": { "percent": { "basis_points": 1 } } }),
        json!({ "code": "ZERO", "discount": { "percent": { "basis_points": 0 } } }),
        json!({ "code": "MANY", "discount": { "percent": { "basis_points": 10_001 } } }),
        json!({ "code": "NEGATIVE", "discount": { "amount": { "amount_minor": -1, "currency": "EUR" } } }),
        json!({ "code": "BOTH", "discount": { "percent": { "basis_points": 1 }, "amount": { "amount_minor": 1, "currency": "EUR" } } }),
        json!({ "code": "NOBODY", "discount": { "percent": { "basis_points": 1 } }, "contributor": "nobody" }),
        json!({ "code": "NOTHING", "discount": { "percent": { "basis_points": 1 } }, "product": { "kind": "set", "id": unknown } }),
        json!({ "code": "NEVER", "discount": { "percent": { "basis_points": 1 } }, "max_uses": 0 }),
        json!({ "code": "PAST", "discount": { "percent": { "basis_points": 1 } }, "ends_at": "2020-01-01T00:00:00Z" }),
    ] {
        let (status, problem) = shop.app.act("/v1/coupons", coupon.clone()).await;
        assert!(status.is_client_error(), "{coupon}: {status} {problem}");
    }
    assert_eq!(shop.app.look("/v1/coupons").await["rows"], json!([]));
}
