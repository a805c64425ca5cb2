//! Requests that make no sense.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tradepost_tests::{Answer, TestApp};

#[tokio::test]
async fn requests_that_make_no_sense_are_refused_naming_the_field() {
    let app = TestApp::start();
    let token = app.trusted("carl");
    announcement_is_told_every_fault_and_field(&app, &token).await;
    body_that_is_no_json_is_refused(&app, &token).await;
    bad_query_is_refused_naming_the_field(&app, &token).await;
    unknown_paths_and_ids_are_not_found(&app).await;
}

async fn refused(app: &TestApp, token: &str, body: Value) -> Value {
    let request = app.request(Method::POST, "/v1/uploads").bearer_auth(token).json(&body);
    Answer::to(request).await.problem(StatusCode::BAD_REQUEST)
}

async fn announcement_is_told_every_fault_and_field(app: &TestApp, token: &str) {
    let problem = refused(
        app,
        token,
        json!({ "file_name": "../a.zip", "size_bytes": 0, "sha256": "abc" }),
    )
    .await;
    assert_eq!(problem["code"], "invalid-request");
    let at: Vec<_> = problem["faults"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| fault["at"].as_str().unwrap())
        .collect();
    assert_eq!(at, ["file_name", "size_bytes", "sha256"], "{problem}");

    let good = json!({ "file_name": "a.zip", "size_bytes": 1, "sha256": "ab".repeat(32) });
    let with = |field: &str, value: Value| {
        let mut body = good.clone();
        body[field] = value;
        body
    };
    let too_large = refused(app, token, with("size_bytes", json!(513_u64 << 20))).await;
    assert_eq!(too_large["faults"][0]["at"], "size_bytes", "{too_large}");
    for body in [
        with("colour", json!("red")),
        with("size_bytes", json!("many")),
        with("size_bytes", json!(-1)),
    ] {
        let problem = refused(app, token, body).await;
        let field = if problem.to_string().contains("colour") {
            "colour"
        } else {
            "size_bytes"
        };
        assert!(problem["faults"].to_string().contains(field), "{problem}");
    }
}

async fn body_that_is_no_json_is_refused(app: &TestApp, token: &str) {
    let start = || app.request(Method::POST, "/v1/uploads").bearer_auth(token);
    for body in ["{\"file_name\": ", ""] {
        let problem = Answer::to(start().header("content-type", "application/json").body(body))
            .await
            .problem(StatusCode::BAD_REQUEST);
        assert_eq!(problem["faults"][0]["at"], "body", "{problem}");
    }
    let problem = refused(app, token, json!("a.zip")).await.to_string();
    assert!(
        problem.contains("expected an object") && !problem.contains("StartUpload"),
        "{problem}"
    );
    let huge = format!("{{\"file_name\": \"{}\"}}", "a".repeat(100_000));
    let answer = Answer::to(start().header("content-type", "application/json").body(huge)).await;
    assert_eq!(answer.problem(StatusCode::PAYLOAD_TOO_LARGE)["code"], "too-large");
}

async fn bad_query_is_refused_naming_the_field(app: &TestApp, token: &str) {
    let bad = [
        ("/v1/items?kind=potato", "kind"),
        ("/v1/items?limit=0", "limit"),
        ("/v1/sets?limit=201", "limit"),
        ("/v1/families?limit=many", "limit"),
        ("/v1/items?cursor=yesterday", "cursor"),
        ("/v1/items?set_id=1", "set_id"),
        ("/v1/items?colour=red", "colour"),
        ("/v1/uploads?state=lost", "state"),
        ("/v1/uploads?limit=0", "limit"),
        ("/v1/uploads?cursor=1", "cursor"),
    ];
    for (path, field) in bad {
        let answer = Answer::to(app.request(Method::GET, path).bearer_auth(token)).await;
        let problem = answer.problem(StatusCode::BAD_REQUEST);
        assert!(problem["faults"].to_string().contains(field), "{path}: {problem}");
    }
}

async fn unknown_paths_and_ids_are_not_found(app: &TestApp) {
    let nobody = "01990000-0000-7000-8000-000000000001";
    let digest = "ab".repeat(32);
    let paths = [
        "/v1/nothing".to_owned(),
        "/favicon.ico".to_owned(),
        format!("/v1/items/{nobody}"),
        format!("/v1/sets/{nobody}"),
        format!("/v1/families/{nobody}"),
        format!("/r/{digest}.png"),
        "/r/%2e%2e%2fsigning.key".to_owned(),
    ];
    for path in paths {
        let problem = Answer::to(app.request(Method::GET, &path))
            .await
            .problem(StatusCode::NOT_FOUND);
        assert_eq!(problem["code"], "not-found", "{path}");
    }
    let malformed = Answer::to(app.request(Method::GET, "/v1/items/seven")).await;
    assert!([StatusCode::BAD_REQUEST, StatusCode::NOT_FOUND].contains(&malformed.status));
    malformed.problem(malformed.status);
}

#[tokio::test]
async fn wrong_method_is_a_problem_that_names_the_right_ones() {
    let app = TestApp::start();
    let answer = Answer::to(app.request(Method::DELETE, "/v1/items")).await;
    assert!(answer.header("allow").contains("GET"), "{answer:?}");
    answer.problem(StatusCode::METHOD_NOT_ALLOWED);
}
