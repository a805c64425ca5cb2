//! Whom to trust: the rules move it, the record says why.

use reqwest::StatusCode;
use serde_json::{Value, json};
use tradepost_tests::packs::SCRIPTED;
use tradepost_tests::{Options, PackBuilder, TestApp};

use super::texts;

async fn account(app: &TestApp) -> Value {
    app.look("/v1/accounts/newbie").await
}

#[tokio::test]
async fn published_packs_in_a_row_make_a_contributor_trusted_and_more_of_them_elite() {
    let options = Options::default()
        .trusting_after(2)
        .set("REVIEW__TRUST__ELITE_AFTER", 4);
    let app = TestApp::start_with(options);
    let token = app.token(&["--account", "newbie"]);
    assert_eq!(
        account(&app).await["trust_rule"],
        "2 more published packs make it trusted"
    );
    for set in ["One", "Two"] {
        let (case, _) = app.case_of(&token, set, 1).await;
        app.desk(&case, "approve", json!({})).await;
    }
    let now = account(&app).await;
    assert_eq!(
        (&now["trust"], &now["trust_history"][0]["reason"]),
        (&json!("trusted"), &json!("2 packs in a row were published")),
        "{now}"
    );
    for set in ["Three", "Four"] {
        let trace = app.upload_and_settle(&token, &PackBuilder::ticks(set, 1).build()).await;
        assert_eq!(trace["upload"]["state"], "published", "no moderator is needed: {trace}");
    }
    let now = account(&app).await;
    assert_eq!(
        (&now["trust"], &now["published"]),
        (&json!("elite"), &json!(4)),
        "{now}"
    );
    assert_eq!(now["trust_rule"], "a rejection makes it trusted");
    assert_eq!(texts(&now["trust_history"], "after"), ["elite", "trusted"], "{now}");
}

#[tokio::test]
async fn three_packs_of_a_young_account_make_nobody_trusted() {
    let app = TestApp::start();
    let token = app.token(&["--account", "newbie"]);
    for set in ["One", "Two", "Three"] {
        let (case, _) = app.case_of(&token, set, 1).await;
        app.desk(&case, "approve", json!({})).await;
    }
    let now = account(&app).await;
    assert_eq!(
        (&now["trust"], &now["trust_rule"]),
        (
            &json!("new"),
            &json!("a pack published in 14 days or later makes it trusted, with 17 more files")
        ),
        "{now}"
    );
    app.sql("update accounts set created_at = created_at - interval '14 days'")
        .await;
    let (case, _) = app.case_of(&token, "Four", 17).await;
    app.desk(&case, "approve", json!({})).await;
    assert_eq!(account(&app).await["trust"], "trusted");
}

#[tokio::test]
async fn rejection_costs_a_level_and_the_way_back_takes_time() {
    let app = TestApp::start_with(Options::default().trusting_after(1));
    let token = app.token(&["--account", "newbie"]);
    let (first, _) = app.case_of(&token, "One", 1).await;
    let (second, _) = app.case_of(&token, "Two", 1).await;
    app.token(&["--account", "newbie", "--trust", "elite"]);
    app.desk(&first, "reject", json!({ "template": "quality" })).await;
    let now = account(&app).await;
    assert_eq!(
        (&now["trust"], &now["rejected_lately"]),
        (&json!("trusted"), &json!(1)),
        "{now}"
    );
    app.desk(&second, "reject", json!({ "template": "quality" })).await;
    let now = account(&app).await;
    assert_eq!(now["trust"], "new", "{now}");
    assert_eq!(
        now["trust_rule"],
        "1 more published pack makes it trusted, in 90 days at the earliest"
    );
    let (third, _) = app.case_of(&token, "Three", 1).await;
    app.desk(&third, "approve", json!({})).await;
    let now = account(&app).await;
    assert_eq!(
        (&now["trust"], &now["published"]),
        (&json!("new"), &json!(1)),
        "too early: {now}"
    );

    app.desk(&first, "undo", json!({})).await;
    assert_eq!(
        account(&app).await["trust"],
        "trusted",
        "the level that it cost comes back"
    );
    app.desk(&second, "undo", json!({})).await;
    assert_eq!(account(&app).await["trust"], "elite");
}

#[tokio::test]
async fn active_content_makes_its_contributor_new_at_once() {
    let app = TestApp::start();
    let token = app.token(&["--account", "newbie", "--trust", "elite"]);
    let pack = PackBuilder::ticks("Scripted", 1)
        .file("icons/evil.svg", SCRIPTED)
        .build();
    let (case, _) = app.case_of_pack(&token, &pack).await;
    let now = account(&app).await;
    assert_eq!(now["trust"], "new", "{now}");
    let reason = now["trust_history"][0]["reason"].as_str().unwrap();
    assert!(
        reason.starts_with("active-content") && reason.ends_with("in icons/evil.svg"),
        "{reason}"
    );
    assert_eq!(app.look(&format!("/v1/cases/{case}")).await["record"]["trust"], "new");
    let trace = app
        .upload_and_settle(&token, &PackBuilder::ticks("Clean", 1).build())
        .await;
    assert_eq!(
        trace["upload"]["state"], "in_review",
        "a moderator looks again: {trace}"
    );
    let (status, problem) = app
        .control(reqwest::Method::GET, "/v1/accounts/nobody-there", None)
        .await;
    assert_eq!((status, &problem["code"]), (StatusCode::NOT_FOUND, &json!("not-found")));
}
