//! Favourites and collections, and items that look alike.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tradepost_tests::packs::square;
use tradepost_tests::{PackBuilder, TestApp};

async fn shop(files: usize) -> (TestApp, Vec<String>) {
    let app = TestApp::start();
    let ann = app.trusted("ann");
    let trace = app
        .upload_and_settle(&ann, &PackBuilder::ticks("Ticks", files).build())
        .await;
    assert_eq!(trace["upload"]["state"], "published", "{trace}");
    let items = app.rows("/v1/items").await;
    let ids = items
        .iter()
        .map(|item| item["id"].as_str().unwrap().to_owned())
        .collect();
    (app, ids)
}

async fn ids(app: &TestApp, path: &str, token: Option<&str>) -> Vec<String> {
    let (mut ids, mut cursor) = (Vec::new(), String::new());
    loop {
        let (status, page) = app.get(&format!("{path}?limit=2{cursor}"), token).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        ids.extend(
            page["rows"]
                .as_array()
                .unwrap()
                .iter()
                .map(|row| row["id"].as_str().unwrap().to_owned()),
        );
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return ids,
        }
    }
}

#[tokio::test]
async fn favourites_are_ones_own_and_in_the_order_in_which_they_were_added() {
    let (app, items) = shop(4).await;
    let [bob, eve] = ["bob", "eve"].map(|name| app.token(&["--account", name, "--role", "buyer"]));
    for item in [&items[2], &items[0], &items[3]] {
        let put = app
            .call(Method::PUT, &format!("/v1/favourites/{item}"), Some(&bob), None)
            .await;
        assert_eq!(put.0, StatusCode::NO_CONTENT, "{put:?}");
    }
    let expected = [&items[3], &items[0], &items[2]].map(Clone::clone);
    assert_eq!(ids(&app, "/v1/favourites", Some(&bob)).await, expected);
    assert!(ids(&app, "/v1/favourites", Some(&eve)).await.is_empty());
    app.sql("update items set state = 'blocked' where id = (select item_id from favourites order by added_at limit 1)")
        .await;
    assert_eq!(
        ids(&app, "/v1/favourites", Some(&bob)).await,
        expected[..2],
        "withdrawn"
    );
    let gone = format!("/v1/favourites/{}", items[2]);
    let (status, _) = app.call(Method::PUT, &gone, Some(&eve), None).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(
        app.call(Method::DELETE, &gone, Some(&bob), None).await.0,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        app.call(Method::DELETE, &gone, Some(&bob), None).await.0,
        StatusCode::NOT_FOUND
    );
    app.sql("insert into favourites select id, gen_random_uuid() from accounts, generate_series(1, 10000) where name = 'eve'").await;
    let (status, problem) = app
        .call(Method::PUT, &format!("/v1/favourites/{}", items[0]), Some(&eve), None)
        .await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("too-many-favourites"))
    );
}

#[tokio::test]
async fn public_collection_is_for_everybody_and_a_private_one_for_its_owner() {
    let (app, items) = shop(3).await;
    let [bob, eve] = ["bob", "eve"].map(|name| app.token(&["--account", name, "--role", "buyer"]));
    let wish = |visibility: &str| json!({ "name": "Best of", "description": null, "visibility": visibility });
    let (status, made) = app
        .call(Method::POST, "/v1/collections", Some(&bob), Some(wish("private")))
        .await;
    assert_eq!((status, &made["owner"]), (StatusCode::CREATED, &json!("bob")), "{made}");
    let path = format!("/v1/collections/{}", made["id"].as_str().unwrap());
    for item in &items {
        let put = app
            .call(Method::PUT, &format!("{path}/items/{item}"), Some(&bob), None)
            .await;
        assert_eq!(put.0, StatusCode::NO_CONTENT, "{put:?}");
    }
    let list = format!("{path}/items");
    let reversed: Vec<_> = items.iter().rev().cloned().collect();
    assert_eq!(ids(&app, &list, Some(&bob)).await, reversed);
    for reader in [None, Some(eve.as_str())] {
        for path in [&path, &list] {
            assert_eq!(
                app.get(path, reader).await.0,
                StatusCode::NOT_FOUND,
                "{path} is private"
            );
        }
    }
    let (status, changed) = app.call(Method::PUT, &path, Some(&bob), Some(wish("public"))).await;
    assert_eq!((status, &changed["items"]), (StatusCode::OK, &json!(3)), "{changed}");
    assert_eq!(ids(&app, &list, None).await, reversed);
    let forbidden: [(Method, String, Option<Value>); 3] = [
        (Method::PUT, path.clone(), Some(wish("private"))),
        (Method::DELETE, format!("{list}/{}", items[0]), None),
        (Method::DELETE, path.clone(), None),
    ];
    for (method, path, body) in forbidden {
        let (status, problem) = app.call(method.clone(), &path, Some(&eve), body).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{method} {path}: {problem}");
    }
    let remove = app
        .call(Method::DELETE, &format!("{list}/{}", items[0]), Some(&bob), None)
        .await;
    assert_eq!(remove.0, StatusCode::NO_CONTENT);
    assert_eq!(ids(&app, &list, None).await, reversed[..2]);
    assert_eq!(ids(&app, "/v1/collections", Some(&bob)).await.len(), 1);
    assert_eq!(
        app.call(Method::DELETE, &path, Some(&bob), None).await.0,
        StatusCode::NO_CONTENT
    );
    assert_eq!(app.get(&list, None).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn similar_items_are_those_that_look_alike() {
    const ARROW: &str = r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path d="M4 10h9V5l8 7-8 7v-5H4z" fill="C"/><circle cx="6" cy="20" r="2" fill="C"/></svg>"#;
    let app = TestApp::start();
    let ann = app.trusted("ann");
    let pack = PackBuilder::new("Signs")
        .file("icons/black.svg", ARROW.replace('C', "#000"))
        .file("icons/blue.svg", ARROW.replace('C', "#00f"))
        .file("icons/square.svg", square("#000"));
    let trace = app.upload_and_settle(&ann, &pack.build()).await;
    assert_eq!(trace["upload"]["state"], "published", "{trace}");
    let items = app.rows("/v1/items").await;
    let id = |path: &str| {
        items.iter().find(|item| item["path"] == path).unwrap()["id"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let (status, similar) = app
        .get(&format!("/v1/items/{}/similar", id("icons/black.svg")), None)
        .await;
    assert_eq!(status, StatusCode::OK, "{similar}");
    let rows: Vec<_> = similar["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["path"].clone())
        .collect();
    assert_eq!(rows, [json!("icons/blue.svg")], "{similar}");
    assert!(
        similar["rows"][0]["similar_percent"].as_i64().unwrap() > 90,
        "{similar}"
    );
    app.sql("update items set state = 'blocked' where path = 'icons/blue.svg'")
        .await;
    let (_, similar) = app
        .get(&format!("/v1/items/{}/similar", id("icons/black.svg")), None)
        .await;
    assert_eq!(similar["rows"], json!([]), "withdrawn at once");
}
