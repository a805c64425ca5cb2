//! Many cases at once: planned, confirmed, each decided by itself.

use reqwest::StatusCode;
use serde_json::{Value, json};
use tradepost_tests::peer::may_be_a_stranger;
use tradepost_tests::{Options, TestApp};

use super::{moderator, texts, with_moderators};

async fn plan(app: &TestApp, act: Value, which: Value) -> Value {
    let (status, plan) = app
        .act("/v1/cases/bulk/plan", json!({ "act": act, "which": which }))
        .await;
    assert_eq!(status, StatusCode::OK, "{plan}");
    plan
}

async fn run(app: &TestApp, act: Value, cases: &Value, confirm: Value) -> (StatusCode, Value) {
    let body = json!({ "act": act, "cases": cases, "confirm": confirm });
    app.act("/v1/cases/bulk", body).await
}

#[tokio::test]
async fn cluster_is_settled_by_one_verdict_that_has_an_undo_for_each_case() {
    if !may_be_a_stranger() {
        return;
    }
    let app = with_moderators(Options::default());
    app.put_cases(300).await;
    let cluster = app.look("/v1/cases?limit=200").await["rows"]
        .as_array()
        .unwrap()
        .iter()
        .find_map(|row| row["cluster"].as_str().map(str::to_owned))
        .unwrap();
    let listed = app.look(&format!("/v1/cases?cluster={cluster}&limit=200")).await;
    assert_eq!(listed["rows"].as_array().unwrap().len(), 100);
    assert_eq!(listed["rows"][0]["cluster_size"], json!(100), "{}", listed["rows"][0]);
    let taken = texts(&listed["rows"], "id")[99].to_owned();
    moderator(&app, 3_001, &format!("/v1/cases/{taken}/claim"), json!({}));

    let approve = plan(&app, json!("approve"), json!({ "cluster": cluster })).await;
    assert_eq!(
        approve["cases"].as_array().unwrap().len(),
        89,
        "ten are blocking, one is taken"
    );
    let why = texts(&approve["left_out"], "why").join("\n");
    assert!(
        why.contains("blocking findings") && why.contains("uid:3001 holds"),
        "{why}"
    );
    let reject = json!({ "reject": { "template": "copy" } });
    let planned = plan(&app, reject.clone(), json!({ "cluster": cluster })).await;
    assert_eq!(
        (&planned["items"], &planned["contributors"], &planned["confirm"]),
        (&json!(297), &json!(99), &json!("99")),
        "{}",
        planned["left_out"]
    );
    for confirm in [Value::Null, json!("yes"), json!("98")] {
        let (status, problem) = run(&app, reject.clone(), &planned["cases"], confirm).await;
        assert_eq!(
            (status, &problem["faults"][0]["at"]),
            (StatusCode::BAD_REQUEST, &json!("confirm")),
            "{problem}"
        );
    }
    assert_eq!(app.number("select count(*) from decisions").await, 0);
    let gone = planned["cases"][0].as_str().unwrap();
    app.desk(gone, "approve", json!({})).await;
    let (status, done) = run(&app, reject, &planned["cases"], planned["confirm"].clone()).await;
    assert_eq!(
        (status, done["decided"].as_array().unwrap().len()),
        (StatusCode::OK, 98),
        "{done}"
    );
    assert_eq!(texts(&done["left_out"], "case"), [gone], "{done}");
    assert_eq!(texts(&done["left_out"], "why"), ["Already decided."], "{done}");

    let one = done["decided"][0].as_str().unwrap();
    app.desk(one, "undo", json!({})).await;
    assert_eq!(
        app.number("select count(*) from cases where outcome = 'rejected'")
            .await,
        97
    );
    let audit = app
        .number("select count(*) from audit_log where act = 'case.reject'")
        .await;
    assert_eq!(audit, 98, "every decision has its row");
}

#[tokio::test]
async fn all_of_a_contributor_up_to_twenty_need_no_confirmation() {
    let app = TestApp::start_with(Options::default().trusting_after(3));
    app.put_cases(2_400).await;
    let planned = plan(&app, json!("approve"), json!({ "contributor": "seed-7" })).await;
    assert_eq!(
        (planned["cases"].as_array().unwrap().len(), &planned["confirm"]),
        (12, &Value::Null),
        "{planned}"
    );
    let (status, done) = run(&app, json!("approve"), &planned["cases"], Value::Null).await;
    assert_eq!(
        (status, done["decided"].as_array().unwrap().len()),
        (StatusCode::OK, 12),
        "{done}"
    );
    assert_eq!(app.rows("/v1/items").await.len(), 36);
    let again = plan(&app, json!("approve"), json!({ "contributor": "seed-7" })).await;
    assert_eq!(again["cases"], json!([]), "nothing of it is open any more");
    let record = app.look("/v1/accounts/seed-7").await;
    assert_eq!(
        (&record["published"], &record["trust"]),
        (&json!(12), &json!("trusted")),
        "{record}"
    );
}

#[tokio::test]
async fn more_than_a_thousand_cases_and_a_reason_that_says_nothing_are_refused() {
    let app = TestApp::start();
    let ids: Vec<String> = (0..1_001).map(|_| uuid::Uuid::now_v7().to_string()).collect();
    let refused = async |path: &str, body: Value, at: &str| {
        let (status, problem) = app.act(path, body).await;
        assert_eq!(
            (status, &problem["faults"][0]["at"]),
            (StatusCode::BAD_REQUEST, &json!(at)),
            "{problem}"
        );
    };
    let which = json!({ "cases": ids });
    refused(
        "/v1/cases/bulk/plan",
        json!({ "act": "approve", "which": which }),
        "cases",
    )
    .await;
    refused(
        "/v1/cases/bulk",
        json!({ "act": "approve", "cases": ids, "confirm": "1001" }),
        "cases",
    )
    .await;
    refused("/v1/cases/bulk", json!({ "act": "approve", "cases": [] }), "cases").await;
    let empty = json!({ "reject": { "reason": " " } });
    refused("/v1/cases/bulk", json!({ "act": empty, "cases": ids[..3] }), "reason").await;
    let unknown = json!({ "reject": { "template": "taste" } });
    let plan_unknown = json!({ "act": unknown, "which": { "cases": ids[..3] } });
    refused("/v1/cases/bulk/plan", plan_unknown, "template").await;
    let (status, done) = run(&app, json!("approve"), &json!(ids[..3]), Value::Null).await;
    assert_eq!((status, &done["decided"]), (StatusCode::OK, &json!([])), "{done}");
    assert_eq!(done["left_out"].as_array().unwrap().len(), 3);
}
