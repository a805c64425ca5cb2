//! Contributors take what they sell out of the catalogue, and put it back.

use super::*;

impl Shop {
    async fn list_as(&self, token: &str, path: &str, listing: &str) -> (StatusCode, Value) {
        let body = json!({ "listing": listing });
        let path = format!("/v1/listings/{path}");
        self.app.call(Method::PUT, &path, Some(token), Some(body)).await
    }

    /// Items that the search index has.
    async fn until_found(&self, items: u64) {
        self.app
            .until("/v1/search", |status| {
                status["waiting"] == 0 && status["documents"] == items
            })
            .await;
        let (_, found) = self.app.get("/v1/search", None).await;
        assert_eq!(found["rows"].as_array().unwrap().len() as u64, items, "{found}");
    }

    async fn status(&self, path: &str, token: Option<&str>) -> StatusCode {
        let request = self.app.request(Method::GET, path);
        let request = match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        request.send().await.unwrap().status()
    }
}

#[tokio::test]
async fn delisted_set_is_gone_for_everybody_but_its_buyers_until_it_is_put_back() {
    let shop = Shop::open(2_000).await;
    shop.until_found(2).await;
    let (ann, items) = (shop.app.trusted("ann"), shop.items().await);
    let (_, item) = shop.app.get(&format!("/v1/items/{}", items[0]), None).await;
    let picture = item["renditions"][0]["url"].as_str().unwrap().to_owned();
    let picture = picture.strip_prefix(&shop.app.api).unwrap_or(&picture).to_owned();
    assert_eq!(shop.status(&picture, None).await, StatusCode::OK);
    shop.bought("one", json!({ "lines": [{ "set": shop.set }] })).await;
    let set = format!("set/{}", shop.set);
    for _ in 0..2 {
        let (status, answer) = shop.list_as(&ann, &set, "delisted").await;
        assert_eq!(
            (status, &answer["listing"]),
            (StatusCode::OK, &json!("delisted")),
            "{answer}"
        );
    }
    for path in ["/v1/sets", "/v1/items", "/v1/families"] {
        assert!(shop.app.rows(path).await.is_empty(), "{path}");
    }
    shop.until_found(0).await;
    assert_eq!(shop.status(&picture, None).await, StatusCode::NOT_FOUND);
    let eve = shop.app.token(&["--account", "eve", "--role", "buyer"]);
    let (_, problem) = place(&shop.app, &eve, "late", json!({ "lines": [{ "set": shop.set }] })).await;
    assert_eq!(problem["code"], "not-for-sale", "{problem}");
    let file = format!("/v1/items/{}/file", items[0]);
    assert_eq!(shop.status(&file, Some(&shop.buyer)).await, StatusCode::OK);
    // The scanner and the moderators know nothing of it: put back, it is as it was.
    let (status, answer) = shop.list_as(&ann, &set, "listed").await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    shop.until_found(2).await;
    assert_eq!(shop.items().await, items);
    assert_eq!(shop.status(&picture, None).await, StatusCode::OK);
    let (_, problem) = place(&shop.app, &eve, "now", json!({ "lines": [{ "set": shop.set }] })).await;
    assert_eq!(problem["code"], "insufficient-funds", "{problem}");
}

#[tokio::test]
async fn items_are_delisted_one_by_one_and_not_sold_with_their_set() {
    let shop = Shop::open(2_000).await;
    let (ann, items) = (shop.app.trusted("ann"), shop.items().await);
    let item = |at: usize| format!("item/{}", items[at]);
    let (status, answer) = shop.list_as(&ann, &item(0), "delisted").await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(shop.items().await, [items[1].clone()]);
    let (_, problem) = shop.list_as(&ann, &item(1), "delisted").await;
    assert_eq!(problem["code"], "last-item", "{problem}");
    // It was not in the catalogue when the set was ordered.
    shop.app
        .sql("update items set delisted_at = delisted_at - interval '1 hour' where state = 'delisted'")
        .await;
    shop.bought("one", json!({ "lines": [{ "set": shop.set }] })).await;
    let file = |at: usize| format!("/v1/items/{}/file", items[at]);
    assert_eq!(shop.status(&file(1), Some(&shop.buyer)).await, StatusCode::OK);
    assert_eq!(shop.status(&file(0), Some(&shop.buyer)).await, StatusCode::NOT_FOUND);
    // The set goes and comes back, and the item stays where it is.
    for listing in ["delisted", "listed"] {
        shop.list_as(&ann, &format!("set/{}", shop.set), listing).await;
    }
    assert_eq!(shop.items().await, [items[1].clone()]);
    let (status, answer) = shop.list_as(&ann, &item(0), "listed").await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(shop.items().await.len(), 2);
    assert_eq!(shop.status(&file(0), Some(&shop.buyer)).await, StatusCode::OK);
}

#[tokio::test]
async fn only_owners_delist_and_only_what_is_published_and_clean() {
    let shop = Shop::open(0).await;
    let (ann, eve) = (shop.app.trusted("ann"), shop.app.trusted("eve"));
    let set = format!("set/{}", shop.set);
    assert_eq!(shop.list_as(&eve, &set, "delisted").await.0, StatusCode::NOT_FOUND);
    assert_eq!(
        shop.list_as(&shop.buyer, &set, "delisted").await.0,
        StatusCode::FORBIDDEN
    );
    assert_eq!(shop.list_as(&ann, &set, "hidden").await.0, StatusCode::BAD_REQUEST);
    shop.list_as(&ann, &set, "delisted").await;
    let (_, problem) = shop
        .list_as(&ann, &format!("item/{}", unlisted(&shop).await), "listed")
        .await;
    assert_eq!(problem["code"], "set-delisted", "{problem}");
    shop.app
        .sql(
            "insert into verdicts (upload_id, file_path, sha256, object_version, size_bytes, verdict, signature, engine, occasion)
            select upload_id, path, item.sha256, 'later', size_bytes, 'infected', 'Later', 'test', 'rescan'
            from items item join sets on sets.id = item.set_id limit 1",
        )
        .await;
    let (status, problem) = shop.list_as(&ann, &set, "listed").await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("not-clean")),
        "{problem}"
    );
    shop.app.sql("update uploads set state = 'in_review'").await;
    let (_, problem) = shop.list_as(&ann, &set, "listed").await;
    assert_eq!(problem["code"], "not-published", "{problem}");
}

/// An item that is delisted.
async fn unlisted(shop: &Shop) -> uuid::Uuid {
    let db = shop.app.database().await;
    let id = sqlx::query_scalar("select id from items where state = 'delisted' limit 1");
    id.fetch_one(&db).await.unwrap()
}
