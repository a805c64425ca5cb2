//! The search finds what is published, and nothing else, whatever is killed.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tradepost_tests::packs::square;
use tradepost_tests::{PackBuilder, TestApp};

fn pack(set: &str) -> PackBuilder {
    PackBuilder::new(set)
        .file("icons/trash-can.svg", square("#a00"))
        .file("icons/arrow-left.svg", square("#0a0"))
        .file("icons/shopping-cart.svg", square("#00a"))
}

async fn publish(app: &TestApp, token: &str, set: &str) {
    let trace = app.upload_and_settle(token, &pack(set).build()).await;
    assert_eq!(trace["upload"]["state"], "published", "{trace}");
}

async fn search(app: &TestApp, query: &str) -> Value {
    let (status, found) = app.get(&format!("/v1/search?{query}"), None).await;
    assert_eq!(status, StatusCode::OK, "{found}");
    found
}

async fn paths(app: &TestApp, query: &str) -> Vec<String> {
    let found = search(app, query).await;
    found["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["path"].as_str().unwrap().to_owned())
        .collect()
}

/// Waits until the index has seen everything; answers with its status.
async fn until_fed(app: &TestApp, documents: u64) -> Value {
    app.until("/v1/search", |status| {
        status["waiting"] == 0 && status["documents"] == documents
    })
    .await
}

async fn assert_index_is_true(app: &TestApp, published: u64) {
    let differences = app.look("/v1/search/differences").await;
    assert_eq!(
        differences,
        json!({"published": published, "indexed": published, "missing": 0, "withdrawn": 0})
    );
}

#[tokio::test]
async fn published_pack_is_found_in_spite_of_a_typing_error_and_counted() {
    let app = TestApp::start();
    let ann = app.trusted("ann");
    publish(&app, &ann, "Signs").await;
    until_fed(&app, 3).await;
    assert_eq!(paths(&app, "q=trash").await, ["icons/trash-can.svg"]);
    assert_eq!(
        paths(&app, "q=shopping+left").await.len(),
        2,
        "one of the words is enough"
    );
    let (status, _) = app.control(Method::POST, "/v1/search/rebuild", None).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    app.until("/v1/search", |status| status["synonyms"].as_u64().unwrap() > 1_000)
        .await;
    assert_eq!(paths(&app, "q=shoping").await[0], "icons/shopping-cart.svg");
    assert_eq!(
        paths(&app, "q=einkaufswagen").await[0],
        "icons/shopping-cart.svg",
        "German"
    );
    assert_eq!(
        app.get("/v1/suggest?q=shop", None).await.1,
        json!({"terms": ["shopping"]})
    );
    let found = search(&app, "contributor=ann&kind=icon&limit=2").await;
    assert_eq!((&found["total"], &found["next"]), (&json!(3), &json!("2")), "{found}");
    let kinds = found["facets"]
        .as_array()
        .unwrap()
        .iter()
        .find(|facet| facet["name"] == "kind")
        .unwrap();
    assert_eq!(kinds["values"], json!([{"value": "icon", "items": 3}]));
    assert_eq!(search(&app, "q=trash&contributor=bob").await["total"], 0);
    assert_index_is_true(&app, 3).await;
}

#[tokio::test]
async fn withdrawn_item_is_not_found_from_the_moment_of_its_withdrawal() {
    let app = TestApp::start();
    let ann = app.trusted("ann");
    publish(&app, &ann, "Signs").await;
    until_fed(&app, 3).await;
    app.sql("update items set state = 'blocked' where path = 'icons/trash-can.svg'")
        .await;
    assert_eq!(paths(&app, "q=trash").await, Vec::<String>::new());
    until_fed(&app, 2).await;
    assert_index_is_true(&app, 2).await;
}

#[tokio::test]
async fn index_agrees_with_the_catalogue_after_a_kill() {
    let mut app = TestApp::start();
    let ann = app.trusted("ann");
    publish(&app, &ann, "One").await;
    app.sql("update items set state = 'blocked' where path = 'icons/arrow-left.svg'")
        .await;
    app.kill();
    app.restart();
    publish(&app, &ann, "Two").await;
    app.kill();
    std::fs::remove_dir_all(app.state.join("search")).unwrap();
    app.restart();
    until_fed(&app, 5).await;
    assert_index_is_true(&app, 5).await;
    assert_eq!(paths(&app, "q=arrow").await[0], "icons/arrow-left.svg");
}
