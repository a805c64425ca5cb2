//! Approve, reject and ban: who may, with which words, and what they do.

use reqwest::StatusCode;
use serde_json::{Value, json};
use tradepost_tests::packs::SCRIPTED;
use tradepost_tests::peer::{STRANGERS_GROUP, as_stranger, as_user, may_be_a_stranger, open_socket};
use tradepost_tests::{Options, PackBuilder, TestApp};

#[tokio::test]
async fn viewer_looks_at_everything_and_decides_nothing() {
    if !may_be_a_stranger() {
        return;
    }
    let app = TestApp::start_with(Options::default().set("CONTROL__VIEWER_GROUPS", json!([STRANGERS_GROUP])));
    open_socket(&app);
    let token = app.token(&["--account", "newbie"]);
    let (case, _) = app.case_of(&token, "Ticks", 1).await;
    let item = app.look(&format!("/v1/cases/{case}")).await["items"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    for path in [
        "/v1/cases?which=waiting".to_owned(),
        format!("/v1/cases/{case}"),
        format!("/v1/cases/{case}/items/{item}/source"),
        "/v1/accounts/newbie".to_owned(),
    ] {
        assert_eq!(as_stranger(&app, "GET", &path, None).0, StatusCode::OK, "{path}");
    }
    let before = app.dump().await;
    for (path, body) in [
        ("/v1/cases/next".to_owned(), json!({})),
        (
            "/v1/cases/bulk".to_owned(),
            json!({ "act": "approve", "cases": [case] }),
        ),
        (
            "/v1/cases/bulk/plan".to_owned(),
            json!({ "act": "approve", "which": { "cases": [case] } }),
        ),
        ("/v1/accounts/newbie/unban".to_owned(), json!({})),
        (format!("/v1/cases/{case}/release"), json!({})),
        (format!("/v1/cases/{case}/skip"), json!({})),
        (format!("/v1/cases/{case}/ask"), json!({ "question": "Who?" })),
        (format!("/v1/cases/{case}/ban"), json!({ "template": "copy" })),
        (format!("/v1/cases/{case}/undo"), json!({})),
    ] {
        let (status, problem) = as_stranger(&app, "POST", &path, Some(body));
        assert_eq!(
            (status, &problem["code"]),
            (StatusCode::FORBIDDEN, &json!("forbidden")),
            "{path}: {problem}"
        );
    }
    let picture = format!("/v1/items/{item}/picture");
    assert_eq!(as_stranger(&app, "GET", &picture, None).0, StatusCode::FORBIDDEN);
    assert_eq!(app.dump().await, before);
}

#[tokio::test]
async fn operator_decides_as_a_moderator_does() {
    if !may_be_a_stranger() {
        return;
    }
    let app = TestApp::start_with(Options::default().set("CONTROL__OPERATOR_GROUPS", json!([STRANGERS_GROUP])));
    open_socket(&app);
    let token = app.token(&["--account", "newbie"]);
    let (case, _) = app.case_of(&token, "Ticks", 1).await;
    let path = format!("/v1/cases/{case}/approve");
    let (status, decision) = as_user(app.socket(), "3001", "POST", &path, Some(json!({})));
    assert_eq!(
        (status, &decision["by"]),
        (StatusCode::OK, &json!("uid:3001")),
        "{decision}"
    );
}

#[tokio::test]
async fn reason_is_a_template_a_note_or_both_and_a_case_is_decided_once() {
    let app = TestApp::start();
    let token = app.token(&["--account", "newbie"]);
    let (case, upload) = app.case_of(&token, "Ticks", 1).await;
    for body in [
        json!({}),
        json!({ "template": "taste" }),
        json!({ "reason": "" }),
        json!({ "template": "copy", "reason": "x".repeat(1_001) }),
    ] {
        for verb in ["reject", "ban"] {
            app.desk_refuses(&case, verb, body.clone(), StatusCode::BAD_REQUEST, "invalid-request")
                .await;
        }
    }
    let (status, problem) = app
        .act(&format!("/v1/cases/{case}/reject"), json!({ "template": "taste" }))
        .await;
    assert!(
        problem["faults"].to_string().contains("misleading"),
        "{status}: {problem}"
    );
    let decision = app.desk(&case, "reject", json!({ "template": "broken" })).await;
    assert_eq!(
        decision["reason"], "Some files are broken or incomplete: the findings name them.",
        "{decision}"
    );
    for (verb, body) in [
        ("approve", json!({})),
        ("reject", json!({ "reason": "Again." })),
        ("ban", json!({ "reason": "Again." })),
        ("skip", json!({})),
        ("ask", json!({ "question": "Why?" })),
        ("claim", json!({})),
    ] {
        app.desk_refuses(&case, verb, body, StatusCode::CONFLICT, "case-decided")
            .await;
    }
    let unknown = "00000000-0000-7000-8000-000000000000";
    for verb in ["approve", "skip", "view", "undo", "release"] {
        app.desk_refuses(unknown, verb, json!({}), StatusCode::NOT_FOUND, "not-found")
            .await;
    }
    assert_eq!(
        app.told(&token, &upload).await["review"]["decision"]["reason"],
        decision["reason"]
    );
}

#[tokio::test]
async fn banned_contributor_can_do_nothing_and_what_is_under_way_goes_to_a_moderator() {
    let app = TestApp::start();
    let token = app.token(&["--account", "newbie"]);
    let (case, _) = app.case_of(&token, "First", 1).await;
    let (second, _) = app.case_of(&token, "Second", 1).await;
    app.token(&["--account", "newbie", "--trust", "trusted"]);
    app.act("/v1/queues/preview/pause", json!({})).await;
    let running = app.upload(&token, &PackBuilder::ticks("Third", 1).build()).await;
    let body = json!({ "template": "copy", "reason": "See icons8.", "reject_open": true });
    let decision = app.desk(&case, "ban", body).await;
    assert_eq!(
        (&decision["outcome"], &decision["banned"]),
        (&json!("rejected"), &json!(true)),
        "{decision}"
    );
    let (status, problem) = app.get("/v1/uploads", Some(&token)).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::FORBIDDEN, &json!("account-banned")),
        "{problem}"
    );
    assert!(problem["detail"].as_str().unwrap().contains("See icons8."), "{problem}");
    let other = app.look(&format!("/v1/cases/{second}")).await;
    assert_eq!(other["decision"]["outcome"], "rejected", "{other}");
    app.act("/v1/queues/preview/resume", json!({})).await;
    let trace = app.settled(&running).await;
    assert_eq!(trace["upload"]["state"], "in_review", "{trace}");
    let third = trace["case_id"].as_str().unwrap();
    assert_eq!(
        app.look(&format!("/v1/cases/{third}")).await["case"]["reason"],
        "banned contributor"
    );
    app.desk_refuses(third, "approve", json!({}), StatusCode::CONFLICT, "account-banned")
        .await;
    app.assert_nothing_is_published().await;

    let account = app.look("/v1/accounts/newbie").await;
    assert_eq!(
        (&account["banned"], &account["trust"]),
        (&json!(true), &json!("new")),
        "{account}"
    );
    assert!(
        account["ban"]["reason"].as_str().unwrap().contains("See icons8."),
        "{account}"
    );
    let (status, account) = app.act("/v1/accounts/newbie/unban", json!({})).await;
    assert_eq!(
        (status, &account["banned"], &account["ban"]),
        (StatusCode::OK, &json!(false), &Value::Null),
        "{account}"
    );
    let (status, problem) = app.act("/v1/accounts/newbie/unban", json!({})).await;
    assert_eq!((status, &problem["code"]), (StatusCode::CONFLICT, &json!("not-banned")));
    let (status, _) = app.act("/v1/accounts/nobody-there/unban", json!({})).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(app.get("/v1/uploads", Some(&token)).await.0, StatusCode::OK);
    app.desk(third, "approve", json!({})).await;
    assert_eq!(app.rows("/v1/items").await.len(), 1);
}

#[tokio::test]
async fn source_is_shown_at_the_line_of_the_finding_and_pictures_of_any_item_to_moderators() {
    let app = TestApp::start();
    let token = app.token(&["--account", "newbie"]);
    let pack = PackBuilder::ticks("Scripted", 1)
        .file("icons/evil.svg", SCRIPTED)
        .build();
    let (case, _) = app.case_of_pack(&token, &pack).await;
    let path = format!("/v1/cases/{case}");
    let detail = app.look(&path).await;
    let item = &detail["items"][0];
    assert_eq!(item["path"], "icons/evil.svg", "flagged ones first: {detail}");
    let id = item["id"].as_str().unwrap();
    let findings = detail["findings"].as_array().unwrap();
    let finding = findings.iter().find(|finding| finding["file"] == item["path"]).unwrap();
    let line = finding["line"].as_i64().unwrap();
    let source = app
        .look(&format!("{path}/items/{id}/source?line={line}&column=3&lines=1"))
        .await;
    assert_eq!(
        (&source["first_line"], &source["total_lines"]),
        (&json!(line), &json!(4)),
        "{source}"
    );
    assert!(
        source["lines"][0]["text"].as_str().unwrap().contains("<script>"),
        "{source}"
    );
    let get = reqwest::Method::GET;
    for query in ["lines=0", "lines=501", "line=-1"] {
        let (status, problem) = app
            .control(get.clone(), &format!("{path}/items/{id}/source?{query}"), None)
            .await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{query}: {problem}");
    }
    let nowhere = format!("{path}/items/00000000-0000-7000-8000-000000000000/source");
    assert_eq!(app.control(get.clone(), &nowhere, None).await.0, StatusCode::NOT_FOUND);
    let tick = detail["items"][1]["id"].as_str().unwrap();
    for path in [
        format!("{path}/items/{tick}/picture"),
        format!("/v1/items/{tick}/picture?width=64"),
    ] {
        assert_eq!(app.control(get.clone(), &path, None).await.0, StatusCode::OK, "{path}");
    }
    let (status, _) = app
        .control(get, &format!("/v1/items/{tick}/picture?width=0"), None)
        .await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}
