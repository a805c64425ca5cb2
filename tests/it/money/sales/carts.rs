//! Carts, through the public API.

use super::*;

#[tokio::test]
async fn carts_tell_what_changed_and_are_gone_with_the_order() {
    let shop = Shop::open(100_000).await;
    let body = json!({ "lines": [{ "set": shop.set }] });
    let (status, cart) = shop
        .app
        .call(Method::POST, "/v1/carts", Some(&shop.buyer), Some(body))
        .await;
    assert_eq!(
        (status, &cart["total_minor"], &cart["lines"][0]["state"]),
        (StatusCode::CREATED, &json!(900), &json!("unchanged"))
    );
    let path = format!("/v1/carts/{}", cart["id"].as_str().unwrap());
    shop.price(&format!("/v1/prices/set/{}", shop.set), json!([price("personal", 700)]))
        .await;
    let (_, now) = shop.app.get(&path, Some(&shop.buyer)).await;
    assert_eq!(
        (&now["total_minor"], &now["lines"][0]["state"]),
        (&json!(700), &json!("price_changed")),
        "{now}"
    );
    let (_, put) = shop
        .app
        .call(
            Method::PUT,
            &path,
            Some(&shop.buyer),
            Some(json!({ "lines": [{ "set": shop.set }], "coupon": "NONE" })),
        )
        .await;
    assert_eq!(
        (&put["lines"][0]["state"], put["coupon_refused"].is_string()),
        (&json!("unchanged"), true),
        "{put}"
    );
    shop.app
        .call(
            Method::PUT,
            &path,
            Some(&shop.buyer),
            Some(json!({ "lines": [{ "set": shop.set }] })),
        )
        .await;
    let stranger = shop.app.token(&["--account", "eve", "--role", "buyer"]);
    assert_eq!(shop.app.get(&path, Some(&stranger)).await.0, StatusCode::NOT_FOUND);

    let paid = shop.bought("cart", json!({ "cart": cart["id"] })).await;
    assert_eq!(paid["total_minor"], 700);
    assert_eq!(shop.app.get(&path, Some(&shop.buyer)).await.0, StatusCode::NOT_FOUND);
    // The same key and cart answer with the same order.
    let (status, again) = shop.buy("cart", json!({ "cart": cart["id"] })).await;
    assert_eq!((status, &again["id"]), (StatusCode::ACCEPTED, &paid["id"]));
    assert_eq!(
        shop.buy("other", json!({ "cart": cart["id"] })).await.0,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn expired_carts_are_gone() {
    let shop = Shop::open(0).await;
    let body = Some(json!({ "lines": [{ "set": shop.set }] }));
    let (_, cart) = shop.app.call(Method::POST, "/v1/carts", Some(&shop.buyer), body).await;
    shop.app
        .sql("update carts set expires_at = now() - interval '1 second'")
        .await;
    let path = format!("/v1/carts/{}", cart["id"].as_str().unwrap());
    assert_eq!(shop.app.get(&path, Some(&shop.buyer)).await.0, StatusCode::NOT_FOUND);
    assert_eq!(
        shop.buy("late", json!({ "cart": cart["id"] })).await.0,
        StatusCode::NOT_FOUND
    );
}
