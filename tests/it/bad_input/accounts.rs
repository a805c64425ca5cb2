//! Tokens that open nothing, and limits.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tradepost_tests::{Answer, Options, PackBuilder, TestApp};

fn announcement() -> Value {
    json!({ "file_name": "pack.zip", "size_bytes": 10, "sha256": "ab".repeat(32) })
}

#[tokio::test]
async fn uploads_of_somebody_else_are_not_there() {
    let app = TestApp::start();
    let (ann, bob) = (app.trusted("ann"), app.trusted("bob"));
    let id = app.upload(&ann, &PackBuilder::ticks("Ticks", 1).build()).await;
    let (get, complete) = (format!("/v1/uploads/{id}"), format!("/v1/uploads/{id}/complete"));
    for (method, path) in [(Method::GET, &get), (Method::POST, &complete)] {
        let answer = Answer::to(app.request(method, path).bearer_auth(&bob)).await;
        assert_eq!(answer.problem(StatusCode::NOT_FOUND)["code"], "not-found");
    }
    let (_, list) = app.get("/v1/uploads", Some(&bob)).await;
    assert_eq!(list["rows"], json!([]));
    let (_, own) = app.get("/v1/uploads", Some(&ann)).await;
    assert_eq!(own["rows"][0]["id"], json!(id));
}

#[tokio::test]
async fn only_contributors_with_a_token_start_uploads() {
    let app = TestApp::start();
    without_a_valid_token_nothing_is_started(&app).await;
    buyers_upload_nothing(&app).await;
}

async fn without_a_valid_token_nothing_is_started(app: &TestApp) {
    for authorization in [
        None,
        Some("Bearer tp_0000"),
        Some("Bearer"),
        Some("Basic YW5uOmFubg=="),
        Some("tp_0000"),
    ] {
        let mut request = app.request(Method::POST, "/v1/uploads").json(&announcement());
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        let answer = Answer::to(request).await;
        assert_eq!(
            answer.problem(StatusCode::UNAUTHORIZED)["code"],
            "unauthorized",
            "{authorization:?}"
        );
        assert!(
            answer.header("www-authenticate").starts_with("Bearer"),
            "{authorization:?}"
        );
    }
    let expired = app.token(&["--account", "ann", "--expires-days", "0"]);
    let answer = Answer::to(app.request(Method::GET, "/v1/uploads").bearer_auth(expired)).await;
    answer.problem(StatusCode::UNAUTHORIZED);
}

async fn buyers_upload_nothing(app: &TestApp) {
    let token = app.token(&["--account", "paying-guest", "--role", "buyer"]);
    let answer = Answer::to(
        app.request(Method::POST, "/v1/uploads")
            .bearer_auth(token)
            .json(&announcement()),
    )
    .await;
    let problem = answer.problem(StatusCode::FORBIDDEN);
    assert!(
        problem["detail"].as_str().unwrap().contains("contributors"),
        "{problem}"
    );
}

/// The member of a list field that is about starts of uploads.
fn field_of_starts(answer: &Answer, field: &str) -> String {
    let values = answer
        .headers
        .get_all(field)
        .iter()
        .map(|value| value.to_str().unwrap());
    let found = values
        .filter(|value| value.starts_with("\"upload-starts\""))
        .collect::<Vec<_>>();
    assert_eq!(found.len(), 1, "{answer:?}");
    found[0].to_owned()
}

fn policy_of_starts(answer: &Answer) -> String {
    field_of_starts(answer, "ratelimit-policy")
}

fn left_of_starts(answer: &Answer) -> String {
    let state = field_of_starts(answer, "ratelimit");
    state
        .split(';')
        .find_map(|part| part.strip_prefix("r="))
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn third_start_in_a_minute_is_told_when_to_come_back() {
    let app = TestApp::start_with(Options::default().set("LIMITS__UPLOAD_STARTS_PER_MINUTE", 2));
    let token = app.trusted("hasty");
    let start = || {
        app.request(Method::POST, "/v1/uploads")
            .bearer_auth(&token)
            .json(&announcement())
    };
    for remaining in ["1", "0"] {
        let answer = Answer::to(start()).await;
        assert_eq!(answer.status, StatusCode::CREATED);
        assert_eq!(
            (policy_of_starts(&answer), left_of_starts(&answer)),
            ("\"upload-starts\";q=2;w=60".to_owned(), remaining.to_owned())
        );
    }
    let answer = Answer::to(start()).await;
    assert_eq!(answer.problem(StatusCode::TOO_MANY_REQUESTS)["code"], "rate-limited");
    let wait: u64 = answer.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(policy_of_starts(&answer), "\"upload-starts\";q=2;w=60");
    assert_eq!(
        field_of_starts(&answer, "ratelimit"),
        format!("\"upload-starts\";r=0;t={wait}")
    );
    let (status, _) = app.get("/v1/items", None).await;
    assert_eq!(status, StatusCode::OK, "reading is not limited");
}
