//! The queue: its order, its pages, its filters.

use std::collections::HashSet;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tradepost_tests::TestApp;

async fn walk(app: &TestApp, path: &str) -> Vec<Value> {
    let (mut rows, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = app.look(&format!("{path}{cursor}")).await;
        rows.extend(page["rows"].as_array().unwrap().iter().cloned());
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return rows,
        }
    }
}

#[tokio::test]
async fn queue_is_walked_page_by_page_most_severe_then_due_first() {
    let app = TestApp::start();
    app.put_cases(450).await;
    let rows = walk(&app, "/v1/cases?limit=37").await;
    let ids: HashSet<_> = rows.iter().map(|row| row["id"].to_string()).collect();
    assert_eq!((rows.len(), ids.len()), (450, 450));
    let rank = |row: &Value| match row["severity"].as_str().unwrap() {
        "blocking" => 0,
        "warning" => 1,
        _ => 2,
    };
    let due = |row: &Value| (rank(row), time(&row["due_at"]));
    assert!(rows.windows(2).all(|pair| due(&pair[0]) <= due(&pair[1])));
    let first = &rows[0];
    assert_eq!(
        (
            &first["severity"],
            &first["items"],
            &first["items_blocked"],
            &first["findings"]
        ),
        (&json!("blocking"), &json!(3), &json!(1), &json!(2)),
        "{first}"
    );
    assert_eq!(
        (
            &first["trust"],
            &first["appeal"],
            &first["question"],
            &first["cluster_size"]
        ),
        (&json!("new"), &json!(false), &Value::Null, &json!(1)),
        "{first}"
    );
    let mine = walk(&app, "/v1/cases?contributor=seed-9&limit=2").await;
    assert_eq!(mine.len(), 3);
    assert!(mine.iter().all(|row| row["contributor"] == "seed-9"), "{mine:?}");
    let overview = app.look("/v1/overview").await;
    assert_eq!(overview["counts"]["cases_open"], json!(450), "{overview}");
}

/// RFC 3339 with as many digits of the second as are needed: made comparable.
fn time(value: &Value) -> String {
    let text = value.as_str().unwrap().trim_end_matches('Z');
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
    format!("{seconds}.{fraction:0<9}")
}

#[tokio::test]
async fn decided_cases_are_listed_the_latest_decision_first() {
    let app = TestApp::start();
    app.put_cases(9).await;
    let open = walk(&app, "/v1/cases?limit=3").await;
    let ids: Vec<_> = open.iter().map(|row| row["id"].as_str().unwrap()).collect();
    for id in [ids[4], ids[8], ids[0]] {
        app.desk(id, "reject", json!({ "template": "quality" })).await;
    }
    let decided = walk(&app, "/v1/cases?which=decided&limit=1").await;
    let listed: Vec<_> = decided.iter().map(|row| row["id"].as_str().unwrap()).collect();
    assert_eq!(listed, [ids[0], ids[8], ids[4]]);
    assert_eq!(walk(&app, "/v1/cases?limit=4").await.len(), 6);
    assert_eq!(walk(&app, "/v1/cases?which=waiting&limit=4").await, Vec::<Value>::new());
}

#[tokio::test]
async fn list_that_is_asked_for_wrongly_says_what_is_wrong() {
    let app = TestApp::start();
    for (query, word) in [
        ("which=closed", "query"),
        ("cursor=nonsense", "cursor"),
        ("cursor=0.1.2", "cursor"),
        ("cluster=7", "query"),
        ("limit=201", "limit"),
        ("page=2", "query"),
    ] {
        let (status, problem) = app.control(Method::GET, &format!("/v1/cases?{query}"), None).await;
        assert_eq!(
            (status, &problem["faults"][0]["at"]),
            (StatusCode::BAD_REQUEST, &json!(word)),
            "{query}: {problem}"
        );
    }
}
