//! Texts with characters that nobody sees, or too many of those that everybody sees: refused at both edges, never an internal error.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tradepost_tests::{Answer, TestApp};

/// NUL, an escape, a change of direction, a tag.
const HIDDEN: [char; 4] = ['\0', '\u{1b}', '\u{202E}', '\u{E0041}'];
const NOBODY: &str = "01990000-0000-7000-8000-000000000001";

/// Every text in a path or a query of the public API; `HERE` is the text.
const PUBLIC: [&str; 9] = [
    "/v1/items?tag=HERE",
    "/v1/items?contributor=HERE",
    "/v1/items?kind=HERE",
    "/v1/sets?cursor=HERE",
    "/v1/families?HERE=1",
    "/v1/uploads?state=HERE",
    "/v1/items/HERE",
    "/r/HERE.webp",
    "/objects/sources/01990000-0000-7000-8000-000000000001/HERE?expires=1&signature=00",
];

/// Paths of the control API.
const CONTROL: [&str; 12] = [
    "/v1/uploads?account=HERE",
    "/v1/uploads?state=HERE",
    "/v1/cases?contributor=HERE",
    "/v1/cases?cursor=HERE",
    "/v1/tokens?account=HERE",
    "/v1/dead?queue=HERE",
    "/v1/dead?fingerprint=HERE",
    "/v1/dead?text=HERE",
    "/v1/dead/groups?queue=HERE",
    "/v1/dead/groups?text=HERE",
    "/v1/accounts/HERE",
    "/v1/campaigns/01990000-0000-7000-8000-000000000001/samples/01990000-0000-7000-8000-000000000001/HERE/new",
];

/// Bodies of the control API.
fn bodies(text: &str) -> Vec<(String, Value)> {
    let case = |verb: &str, body: Value| (format!("/v1/cases/{NOBODY}/{verb}"), body);
    let bulk = json!({ "act": "reject", "ids": [NOBODY], "reason": text });
    let operation = |field: &str| {
        let mut body = json!({ "kind": "purge", "reason": "because", "selection": {} });
        match field {
            "reason" => body["reason"] = json!(text),
            field => body["selection"][field] = json!(text),
        }
        ("/v1/operations".to_owned(), body)
    };
    vec![
        case("reject", json!({ "reason": text })),
        case("reject", json!({ "template": text })),
        case("approve", json!({ "reason": text })),
        case("ban", json!({ "reason": text })),
        case("ask", json!({ "question": text })),
        ("/v1/cases/bulk/plan".to_owned(), bulk),
        operation("reason"),
        operation("queue"),
        operation("fingerprint"),
        operation("text"),
        ("/v1/campaigns".to_owned(), json!({ "reason": text, "scope": {} })),
        (
            "/v1/campaigns".to_owned(),
            json!({ "reason": "x", "scope": { "family": text } }),
        ),
        (
            "/v1/campaigns".to_owned(),
            json!({ "reason": "x", "scope": { "account": text } }),
        ),
        (
            "/v1/campaigns".to_owned(),
            json!({ "reason": "x", "scope": { "presets": [text] } }),
        ),
        (
            format!("/v1/dead/{NOBODY}/edit"),
            json!({ "seq": 1, "payload": { "path": text } }),
        ),
        (
            format!("/v1/dead/{NOBODY}/check"),
            json!({ "seq": 1, "payload": { text: 1 } }),
        ),
        (format!("/v1/accounts/{}/unban", "%00"), json!({})),
        ("/v1/alerts/%00/acknowledge".to_owned(), json!({})),
        ("/v1/queues/%00/pause".to_owned(), json!({})),
        ("/v1/accounts/%00/revoke-tokens".to_owned(), json!({})),
    ]
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[tokio::test]
async fn hidden_characters_are_refused_at_both_edges_and_never_an_internal_error() {
    let app = TestApp::start();
    let token = app.trusted("carl");
    for hidden in HIDDEN {
        let text = format!("a{hidden}b");
        for path in PUBLIC {
            let path = path.replace("HERE", &encoded(&text));
            let answer = Answer::to(app.request(Method::GET, &path).bearer_auth(&token)).await;
            answer.problem(StatusCode::BAD_REQUEST);
        }
        for path in CONTROL {
            let path = path.replace("HERE", &encoded(&text));
            let answer = Answer::to(app.control_request(Method::GET, &path)).await;
            answer.problem(StatusCode::BAD_REQUEST);
        }
        for (path, body) in bodies(&text) {
            let answer = Answer::to(app.control_request(Method::POST, &path).json(&body)).await;
            answer.problem(StatusCode::BAD_REQUEST);
        }
        for (path, body) in letters(&text) {
            let request = app.request(Method::POST, &path).bearer_auth(&token).json(&body);
            Answer::to(request).await.problem(StatusCode::BAD_REQUEST);
        }
    }
    let log = app.log();
    assert!(!log.contains("request failed"), "{log}");
}

/// Bodies of the public API.
fn letters(text: &str) -> Vec<(String, Value)> {
    let announcement = json!({ "file_name": text, "size_bytes": 1, "sha256": "ab".repeat(32) });
    vec![
        ("/v1/uploads".to_owned(), announcement),
        (format!("/v1/uploads/{NOBODY}/answer"), json!({ "text": text })),
        (format!("/v1/uploads/{NOBODY}/appeal"), json!({ "text": text })),
    ]
}

#[tokio::test]
async fn file_name_is_a_name_of_bounded_width_in_nfc() {
    let app = TestApp::start();
    let token = app.trusted("carl");
    let start = async |name: &str| {
        let body = json!({ "file_name": name, "size_bytes": 1, "sha256": "ab".repeat(32) });
        app.call(Method::POST, "/v1/uploads", Some(&token), Some(body)).await
    };
    let wide = "\u{1F389}".repeat(61);
    for name in ["", " ", ".", "..", "a/b.zip", "a\\b.zip", "a\nb.zip", wide.as_str()] {
        let (status, problem) = start(name).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{name:?}");
        assert_eq!(problem["faults"][0]["at"], "file_name", "{problem}");
    }
    assert_eq!(start("e\u{301}te\u{301}.zip").await.0, StatusCode::CREATED);
    let (_, list) = app.get("/v1/uploads", Some(&token)).await;
    assert_eq!(list["rows"][0]["file_name"], "été.zip");
}

#[tokio::test]
async fn cursor_of_a_time_that_the_database_does_not_know_is_refused() {
    let app = TestApp::start();
    for micros in ["-377705116800000000", "-1", "9223372036854775807", "253402300800000000"] {
        let path = format!("/v1/cases?cursor=0.0.{micros}.{NOBODY}");
        let (status, problem) = app.control(Method::GET, &path, None).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{micros}: {problem}");
    }
}
