//! Authorisation: the kernel identifies the peer, its Unix groups give its roles.

use reqwest::StatusCode;
use serde_json::{Value, json};
use tradepost_tests::peer::{STRANGER, STRANGERS_GROUP, as_stranger, may_be_a_stranger, open_socket};
use tradepost_tests::{Options, PackBuilder, TestApp};

pub fn group_as(key: &str) -> Options {
    Options::default().set(key, json!([STRANGERS_GROUP]))
}

pub fn start(options: Options) -> TestApp {
    let app = TestApp::start_with(options);
    open_socket(&app);
    app
}

async fn open_case(app: &TestApp) -> String {
    let token = app.token(&["--account", "newbie"]);
    let trace = app
        .upload_and_settle(&token, &PackBuilder::ticks("Ticks", 1).build())
        .await;
    trace["case_id"].as_str().unwrap().to_owned()
}

pub fn assert_forbidden((status, problem): (StatusCode, Value), words: &str) {
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::FORBIDDEN, &json!("forbidden")),
        "{problem}"
    );
    assert!(problem["detail"].as_str().unwrap().contains(words), "{problem}");
}

#[tokio::test]
async fn peer_without_a_role_sees_nothing() {
    if !may_be_a_stranger() {
        return;
    }
    let app = start(Options::default());
    for path in [
        "/v1/whoami",
        "/v1/overview",
        "/v1/queues",
        "/v1/uploads",
        "/v1/cases",
        "/v1/audit",
        "/metrics",
        "/v1/events",
    ] {
        assert_forbidden(as_stranger(&app, "GET", path, None), "User 'nobody' has no role.");
    }
    assert_forbidden(
        as_stranger(&app, "POST", "/v1/queues/render/pause", None),
        "User 'nobody' has no role.",
    );
}

#[tokio::test]
async fn viewer_may_look_but_not_act() {
    if !may_be_a_stranger() {
        return;
    }
    let app = start(group_as("CONTROL__VIEWER_GROUPS"));
    let case = open_case(&app).await;
    let (status, me) = as_stranger(&app, "GET", "/v1/whoami", None);
    assert_eq!(
        (status, &me["user"], &me["roles"]),
        (StatusCode::OK, &json!(STRANGER), &json!(["viewer"])),
        "{me}"
    );
    for path in [
        "/v1/overview".to_owned(),
        "/v1/queues".to_owned(),
        format!("/v1/cases/{case}"),
        "/v1/audit".to_owned(),
    ] {
        assert_eq!(as_stranger(&app, "GET", &path, None).0, StatusCode::OK, "{path}");
    }
    for act in ["approve", "reject", "claim"] {
        let body = Some(json!({ "reason": "because" }));
        assert_forbidden(
            as_stranger(&app, "POST", &format!("/v1/cases/{case}/{act}"), body),
            "User 'nobody' does not have the role moderator.",
        );
    }
    assert_forbidden(
        as_stranger(&app, "POST", "/v1/queues/render/pause", None),
        "User 'nobody' does not have the role operator.",
    );
    assert_eq!(
        app.look("/v1/audit").await["rows"][0]["act"],
        "token.create",
        "nothing was done"
    );
    app.assert_nothing_is_published().await;
}

#[tokio::test]
async fn moderator_may_decide_but_not_pause() {
    if !may_be_a_stranger() {
        return;
    }
    let app = start(group_as("CONTROL__MODERATOR_GROUPS"));
    let case = open_case(&app).await;
    assert_forbidden(
        as_stranger(&app, "POST", "/v1/queues/render/pause", None),
        "User 'nobody' does not have the role operator.",
    );
    let (status, decision) = as_stranger(&app, "POST", &format!("/v1/cases/{case}/approve"), Some(json!({})));
    assert_eq!(
        (status, &decision["by"]),
        (StatusCode::OK, &json!(STRANGER)),
        "{decision}"
    );
    let audit = app.look("/v1/audit").await;
    assert_eq!(
        (&audit["rows"][0]["act"], &audit["rows"][0]["actor"]),
        (&json!("case.approve"), &json!(STRANGER))
    );
    assert_eq!(app.rows("/v1/items").await.len(), 1);
}

#[tokio::test]
async fn case_is_held_by_one_moderator_at_a_time() {
    if !may_be_a_stranger() {
        return;
    }
    let app = start(group_as("CONTROL__MODERATOR_GROUPS"));
    let case = format!("/v1/cases/{}", open_case(&app).await);
    let (status, row) = as_stranger(&app, "POST", &format!("{case}/claim"), Some(json!({})));
    assert_eq!(
        (status, &row["claimed_by"]),
        (StatusCode::OK, &json!(STRANGER)),
        "{row}"
    );
    for (act, body) in [
        ("claim", json!({})),
        ("approve", json!({})),
        ("reject", json!({ "reason": "mine" })),
    ] {
        let (status, problem) = app.act(&format!("{case}/{act}"), body).await;
        assert_eq!(
            (status, &problem["code"]),
            (StatusCode::CONFLICT, &json!("case-claimed")),
            "{act}: {problem}"
        );
        assert!(problem["detail"].as_str().unwrap().contains(STRANGER), "{problem}");
    }
    let (status, problem) = app
        .control(reqwest::Method::DELETE, &format!("{case}/claim"), None)
        .await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("case-claimed")),
        "only the holder gives it back: {problem}"
    );
    assert_eq!(
        as_stranger(&app, "DELETE", &format!("{case}/claim"), None).0,
        StatusCode::OK
    );
    let (status, row) = app.act(&format!("{case}/claim"), json!({})).await;
    assert_eq!(status, StatusCode::OK, "{row}");
}
