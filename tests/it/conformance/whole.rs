//! A whole daemon on SQS.

use serde_json::json;
use tradepost_tests::sqs::Sqs;
use tradepost_tests::{PackBuilder, TestApp};

#[tokio::test]
async fn pack_goes_from_upload_to_published_on_sqs() {
    let Some(sqs) = Sqs::start() else { return };
    let made = sqs.queues(&["create"]);
    assert!(made.status.success(), "{made:?}");
    let mut app = TestApp::start_with(sqs.options());
    let token = app.trusted("cloudy");
    let trace = app
        .upload_and_settle(&token, &PackBuilder::ticks("Clouds", 40).build())
        .await;
    assert_eq!(trace["upload"]["state"], "published", "{trace}");
    assert_eq!(trace["attempts"], json!([]), "{trace}");
    assert_eq!(app.rows("/v1/items").await.len(), 40);
    let overview = app.look("/v1/overview").await;
    let parts = overview["parts"].as_array().unwrap();
    let queues = parts.iter().find(|part| part["name"] == "queues").unwrap();
    assert_eq!(
        (&queues["health"], &queues["detail"]),
        (&json!("ok"), &json!(sqs.endpoint))
    );
    assert_eq!(app.stop(), Some(0), "{}", app.log());
}

#[tokio::test]
async fn daemon_killed_on_sqs_finishes_its_pack_later() {
    let Some(sqs) = Sqs::start() else { return };
    assert!(sqs.queues(&["create"]).status.success());
    let options = sqs
        .options()
        .set("QUEUES__VISIBILITY_SECONDS", 3)
        .set("JAIL__CHILDREN", 1);
    let mut app = TestApp::start_with(options);
    let token = app.trusted("cloudy");
    let id = app.upload(&token, &PackBuilder::ticks("Storms", 100).build()).await;
    let some = |trace: &serde_json::Value| trace["upload"]["files_done"].as_u64().is_some_and(|done| done >= 20);
    app.until(&format!("/v1/uploads/{id}"), some).await;
    app.kill();
    app.restart();
    let trace = app.settled(&id).await;
    assert_eq!(trace["upload"]["state"], "published", "{trace}");
    assert_eq!(app.rows("/v1/items").await.len(), 100);
    assert_eq!(app.look("/v1/overview").await["counts"]["dead_letters"], json!(0));
}
