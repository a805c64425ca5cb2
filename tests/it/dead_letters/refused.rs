//! Refusals and their messages.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tradepost_tests::peer::{as_stranger, may_be_a_stranger, open_socket};
use tradepost_tests::{Options, TestApp};

#[tokio::test]
async fn requests_that_make_no_sense_are_refused_with_what_is_wrong() {
    let app = TestApp::start();
    let none = "00000000-0000-7000-8000-000000000000";
    let redrive = |selection: Value| json!({ "kind": "redrive", "selection": selection });
    let pace = |pace: Value| json!({ "kind": "redrive", "pace": pace });
    let too_many: Vec<_> = (0..1_001).map(|_| none).collect();
    let refused = [
        (json!({}), "kind"),
        (json!({ "kind": "repaint" }), "repaint"),
        (json!({ "kind": "edit" }), "kind"),
        (json!({ "kind": "discard" }), "reason"),
        (json!({ "kind": "purge", "reason": "  " }), "reason"),
        (json!({ "kind": "discard", "reason": "x".repeat(501) }), "reason"),
        (json!({ "kind": "redrive", "upper": -1 }), "upper"),
        (json!({ "kind": "redrive", "speed": 3 }), "speed"),
        (redrive(json!({ "fingerprint": "xyz" })), "selection.fingerprint"),
        (redrive(json!({ "text": "" })), "selection.text"),
        (redrive(json!({ "text": "a\u{0}b" })), "selection.text"),
        (redrive(json!({ "ids": [] })), "selection.ids"),
        (redrive(json!({ "ids": too_many })), "selection.ids"),
        (redrive(json!({ "ids": ["one"] })), "UUID"),
        (redrive(json!({ "queue": "" })), "selection.queue"),
        (redrive(json!({ "colour": "red" })), "colour"),
        (pace(json!({ "rate_per_second": 0 })), "pace.rate_per_second"),
        (pace(json!({ "rate_per_second": 100_001 })), "pace.rate_per_second"),
        (pace(json!({ "canary": 10_001 })), "pace.canary"),
        (pace(json!({ "stop_at_percent": 101 })), "pace.stop_at_percent"),
        (pace(json!({ "canary_wait_seconds": 0 })), "pace.canary_wait_seconds"),
    ];
    for (body, says) in refused {
        let (status, problem) = app.act("/v1/operations", body.clone()).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}: {problem}");
        assert!(problem.to_string().contains(says), "{body}: {problem}");
    }
    for path in [
        "/v1/dead?cursor=first",
        "/v1/dead?limit=0",
        "/v1/dead?limit=201",
        "/v1/dead?redriven=maybe",
        "/v1/dead?upload=one",
        "/v1/dead?text=%00",
        "/v1/dead?color=red",
        "/v1/dead/groups?limit=3",
        "/v1/dead/one",
        "/v1/operations/one",
        "/v1/operations?cursor=1",
    ] {
        let (status, problem) = app.control(Method::GET, path, None).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{path}: {problem}");
    }
    for path in ["/v1/dead/", "/v1/operations/"] {
        let (status, problem) = app.control(Method::GET, &format!("{path}{none}"), None).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}: {problem}");
    }
    let (status, problem) = app.look_for_items(none).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "{problem}");
    for (body, status) in [
        (json!({ "concurrency": 0 }), StatusCode::BAD_REQUEST),
        (json!({ "concurrency": 1_001 }), StatusCode::BAD_REQUEST),
        (json!({ "concurrency": "many" }), StatusCode::BAD_REQUEST),
        (json!({ "workers": 3 }), StatusCode::BAD_REQUEST),
    ] {
        let (answer, problem) = app.act("/v1/queues/render/concurrency", body.clone()).await;
        assert_eq!(answer, status, "{body}: {problem}");
    }
    let (status, _) = app
        .act("/v1/queues/polish/concurrency", json!({ "concurrency": 3 }))
        .await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let (status, _) = app.act("/v1/alerts/nothing/acknowledge", json!({})).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(app.number("select count(*) from operations").await, 0);
}

trait LookForItems {
    async fn look_for_items(&self, id: &str) -> (StatusCode, Value);
}

impl LookForItems for TestApp {
    async fn look_for_items(&self, id: &str) -> (StatusCode, Value) {
        self.control(Method::GET, &format!("/v1/operations/{id}/items"), None)
            .await
    }
}

#[tokio::test]
async fn only_operators_act_and_viewers_look() {
    if !may_be_a_stranger() {
        return;
    }
    let app = TestApp::start_with(Options::default().set("CONTROL__VIEWER_GROUPS", r#"["nogroup"]"#));
    open_socket(&app);
    let none = "00000000-0000-7000-8000-000000000000";
    for path in ["/v1/dead/groups", "/v1/dead", "/v1/operations"] {
        let (status, body) = as_stranger(&app, "GET", path, None);
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
    }
    for (path, body) in [
        ("/v1/operations".to_owned(), json!({ "kind": "redrive" })),
        (format!("/v1/operations/{none}/start"), json!({})),
        (format!("/v1/operations/{none}/cancel"), json!({})),
        (format!("/v1/operations/{none}/rate"), json!({ "rate_per_second": 5 })),
        (format!("/v1/dead/{none}/edit"), json!({ "payload": {}, "seq": 1 })),
        ("/v1/queues/render/concurrency".to_owned(), json!({ "concurrency": 3 })),
        ("/v1/alerts/scanner-down/acknowledge".to_owned(), json!({})),
    ] {
        let (status, problem) = as_stranger(&app, "POST", &path, Some(body));
        assert_eq!(status, StatusCode::FORBIDDEN, "{path}: {problem}");
    }
}
