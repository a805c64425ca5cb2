//! Taking decisions back: everything is exactly as it was.

use std::collections::BTreeMap;

use reqwest::StatusCode;
use serde_json::{Value, json};
use tradepost_tests::peer::may_be_a_stranger;
use tradepost_tests::{Options, TestApp};

use super::{moderator, with_moderators};

fn assert_same(before: &BTreeMap<&'static str, Value>, after: &BTreeMap<&'static str, Value>) {
    for (table, rows) in before {
        assert_eq!(rows, &after[table], "{table} is not as it was");
    }
}

/// Decides, looks whether that changed anything, takes it back, and compares every row.
async fn there_and_back(app: &TestApp, case: &str, verb: &str, body: Value) -> Value {
    app.desk(case, "claim", json!({})).await;
    let before = app.dump().await;
    let decision = app.desk(case, verb, body).await;
    assert!(decision["undo_until"].is_string(), "{decision}");
    assert_ne!(app.dump().await, before, "{verb} changes something");
    let undone = app.desk(case, "undo", json!({})).await;
    assert_eq!(undone["undone_by"], app.look("/v1/whoami").await["user"], "{undone}");
    assert_same(&before, &app.dump().await);
    app.previews_are_drawn().await;
    assert_same(&before, &app.dump().await);
    app.assert_nothing_is_published().await;
    app.desk_refuses(case, "undo", json!({}), StatusCode::CONFLICT, "already-undone")
        .await;
    app.look(&format!("/v1/cases/{case}")).await
}

#[tokio::test]
async fn approval_that_is_taken_back_leaves_everything_as_it_was() {
    let app = TestApp::start_with(Options::default().trusting_after(1));
    let token = app.token(&["--account", "newbie"]);
    let (case, upload) = app.case_of(&token, "Ticks", 3).await;
    let detail = there_and_back(&app, &case, "approve", json!({})).await;
    assert_eq!(
        (&detail["decision"], &detail["history"][0]["outcome"]),
        (&Value::Null, &json!("approved")),
        "{detail}"
    );
    assert_eq!(detail["record"]["trust"], "new", "the trust that it brought is gone");
    let moves = app.look("/v1/accounts/newbie").await["trust_history"].clone();
    assert_eq!(moves.as_array().unwrap().len(), 2, "there and back: {moves}");
    app.desk(&case, "approve", json!({})).await;
    assert_eq!(app.told(&token, &upload).await["upload"]["state"], "published");
    assert_eq!(app.rows("/v1/items").await.len(), 3);
    let audit = app.look("/v1/audit").await;
    let acts: Vec<_> = audit["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["act"])
        .collect();
    assert_eq!(acts[..3], ["case.approve", "case.undo", "case.approve"], "{audit}");
}

#[tokio::test]
async fn partial_approval_is_taken_back_while_its_sheet_waits_to_be_drawn_and_after_it_was() {
    let app = TestApp::start();
    let token = app.token(&["--account", "newbie"]);
    let (case, _) = app.case_of(&token, "Ticks", 3).await;
    let detail = app.look(&format!("/v1/cases/{case}")).await;
    let except = json!({ "except": [detail["items"][0]["id"]], "template": "copy", "reason": "The first one." });
    app.act("/v1/queues/preview/pause", json!({})).await;
    app.desk(&case, "claim", json!({})).await;
    let before = app.dump().await;
    app.desk(&case, "approve", except.clone()).await;
    app.desk(&case, "undo", json!({})).await;
    assert_same(&before, &app.dump().await);
    app.act("/v1/queues/preview/resume", json!({})).await;
    app.previews_are_drawn().await;
    assert_same(&before, &app.dump().await);

    app.desk(&case, "approve", except).await;
    app.previews_are_drawn().await;
    assert_eq!(app.rows("/v1/items").await.len(), 2);
    app.desk(&case, "undo", json!({})).await;
    assert_same(&before, &app.dump().await);
    app.assert_nothing_is_published().await;
}

#[tokio::test]
async fn rejection_that_is_taken_back_leaves_everything_as_it_was() {
    let app = TestApp::start();
    let token = app.token(&["--account", "newbie"]);
    let (case, upload) = app.case_of(&token, "Ticks", 3).await;
    app.token(&["--account", "newbie", "--trust", "elite"]);
    let body = json!({ "template": "quality", "reason": "Look at the grid." });
    let detail = there_and_back(&app, &case, "reject", body).await;
    assert_eq!(detail["record"]["trust"], "elite", "{detail}");
    let told = app.told(&token, &upload).await;
    assert_eq!(
        (&told["upload"]["state"], &told["review"]["decision"]),
        (&json!("in_review"), &Value::Null)
    );
    assert!(!told["findings"].to_string().contains("Look at the grid"), "{told}");
}

#[tokio::test]
async fn ban_that_is_taken_back_leaves_everything_as_it_was_also_the_other_cases() {
    let app = TestApp::start();
    let token = app.token(&["--account", "newbie"]);
    let (case, _) = app.case_of(&token, "Ticks", 2).await;
    let (other, _) = app.case_of(&token, "More ticks", 2).await;
    there_and_back(&app, &case, "ban", json!({ "template": "copy", "reject_open": true })).await;
    let (status, _) = app.get("/v1/uploads", Some(&token)).await;
    assert_eq!(status, StatusCode::OK, "the account is open again");
    app.desk(&other, "approve", json!({})).await;
}

#[tokio::test]
async fn sheet_of_a_sister_set_no_longer_shows_what_was_taken_back() {
    let app = TestApp::start();
    let token = app.token(&["--account", "newbie"]);
    let (first, _) = app.case_of(&token, "First", 2).await;
    app.desk(&first, "approve", json!({})).await;
    let (second, _) = app.case_of(&token, "Second", 2).await;
    app.desk(&second, "approve", json!({})).await;
    let shown = "select count(*) from family_previews where published and item_ids && array(select id from items where state <> 'published')";
    app.desk(&first, "undo", json!({})).await;
    app.previews_are_drawn().await;
    assert_eq!(app.number(shown).await, 0);
    assert_eq!(
        app.number("select count(*) from family_previews where published").await,
        2
    );
    assert_eq!(app.rows("/v1/items").await.len(), 2);
    assert_eq!(
        app.rows("/v1/families").await.len(),
        1,
        "the family has another published set"
    );
}

#[tokio::test]
async fn undo_is_refused_when_it_is_too_late_or_something_was_built_on_the_decision() {
    let app = TestApp::start();
    let token = app.token(&["--account", "newbie"]);
    let (case, upload) = app.case_of(&token, "Ticks", 2).await;
    app.desk_refuses(&case, "undo", json!({}), StatusCode::CONFLICT, "nothing-to-undo")
        .await;
    app.desk(&case, "reject", json!({ "template": "quality" })).await;
    let (again, _) = app.case_of(&token, "Ticks", 2).await;
    let problem = app
        .desk_refuses(&case, "undo", json!({}), StatusCode::CONFLICT, "undo-name-taken")
        .await;
    assert!(problem["detail"].as_str().unwrap().contains("that name"), "{problem}");
    app.desk(&again, "reject", json!({ "template": "duplicate" })).await;
    let (status, told) = app.write_letter(&token, &upload, "appeal", "I disagree.").await;
    assert_eq!(status, StatusCode::OK, "{told}");
    app.desk_refuses(&case, "undo", json!({}), StatusCode::CONFLICT, "undo-appealed")
        .await;

    let late = TestApp::start_with(Options::default().set("REVIEW__UNDO_MINUTES", 0));
    let token = late.token(&["--account", "newbie"]);
    let (case, _) = late.case_of(&token, "Ticks", 2).await;
    let decision = late.desk(&case, "approve", json!({})).await;
    assert_eq!(decision["undo_until"], Value::Null, "{decision}");
    late.desk_refuses(&case, "undo", json!({}), StatusCode::CONFLICT, "undo-too-late")
        .await;
    assert_eq!(late.rows("/v1/items").await.len(), 2, "nothing was taken back");
}

#[tokio::test]
async fn only_who_decided_or_an_operator_takes_it_back_and_history_can_not_be_rewritten() {
    if !may_be_a_stranger() {
        return;
    }
    let app = with_moderators(Options::default());
    let token = app.token(&["--account", "newbie"]);
    let (case, _) = app.case_of(&token, "Ticks", 1).await;
    let path = format!("/v1/cases/{case}");
    let (status, _) = moderator(&app, 3_001, &format!("{path}/approve"), json!({}));
    assert_eq!(status, StatusCode::OK);
    let (status, problem) = moderator(&app, 3_002, &format!("{path}/undo"), json!({}));
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::FORBIDDEN, &json!("forbidden")),
        "{problem}"
    );
    assert!(problem["detail"].as_str().unwrap().contains("uid:3001"), "{problem}");
    let undone = app.desk(&case, "undo", json!({})).await;
    assert_eq!(undone["by"], "uid:3001", "an operator may: {undone}");
    let pool = app.database().await;
    for statement in ["update decisions set actor = 'nobody'", "delete from decisions"] {
        let done = sqlx::raw_sql(statement).execute(&pool).await;
        let error = done.expect_err("history stays").to_string();
        assert!(error.contains("append-only"), "{error}");
    }
    pool.close().await;
    assert_eq!(
        app.number("select count(*) from decisions where actor = 'uid:3001'")
            .await,
        1
    );
}
