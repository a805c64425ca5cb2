//! Settings of operators: the concurrency of a queue, a note that an alert was seen.

use reqwest::StatusCode;
use serde_json::{Value, json};
use tradepost_tests::TestApp;
use tradepost_tests::dead::queue;

#[tokio::test]
async fn concurrency_changes_at_once_holds_over_a_restart_and_goes_back_to_what_is_configured() {
    let mut app = TestApp::start();
    let me = app.look("/v1/whoami").await["user"].clone();
    let configured = queue(&app.look("/v1/queues").await, "render")["concurrency"].clone();
    let (status, row) = app
        .act("/v1/queues/render/concurrency", json!({ "concurrency": 7 }))
        .await;
    assert_eq!(
        (status, &row["concurrency"], &row["concurrency_by"]),
        (StatusCode::OK, &json!(7), &me),
        "{row}"
    );
    app.stop();
    app.restart();
    let page = app.look("/v1/queues").await;
    assert_eq!(queue(&page, "render")["concurrency"], json!(7), "{page}");
    assert_eq!(queue(&page, "scan")["concurrency_by"], Value::Null, "{page}");
    let token = app.trusted("ann");
    let pack = tradepost_tests::PackBuilder::ticks("Ticks", 20).build();
    assert_eq!(
        app.upload_and_settle(&token, &pack).await["upload"]["state"],
        "published"
    );

    let (status, row) = app
        .act("/v1/queues/render/concurrency", json!({ "concurrency": null }))
        .await;
    assert_eq!((status, &row["concurrency"]), (StatusCode::OK, &configured), "{row}");
    assert_eq!(row["concurrency_by"], Value::Null);
    let audit = app.look("/v1/audit").await;
    assert_eq!(audit["rows"][0]["act"], "queue.concurrency");
    assert_eq!(audit["rows"][2]["detail"], json!({ "concurrency": 7 }), "{audit}");
}

#[tokio::test]
async fn workers_are_counted_on_every_queue() {
    let app = TestApp::start();
    let page = app
        .until("/v1/queues", |page| queue(page, "render")["workers"] == json!(1))
        .await;
    for name in ["scan", "unpack", "preview"] {
        assert_eq!(queue(&page, name)["workers"], json!(1), "{page}");
    }
}

#[tokio::test]
async fn alert_is_acknowledged_by_name() {
    let app = TestApp::start();
    let me = app.look("/v1/whoami").await["user"].clone();
    app.act("/v1/queues/render/pause", json!({})).await;
    app.until("/v1/alerts", |page| page.to_string().contains("queue-paused"))
        .await;
    let (status, alert) = app.act("/v1/alerts/queue-paused/acknowledge", json!({})).await;
    assert_eq!((status, &alert["acknowledged_by"]), (StatusCode::OK, &me), "{alert}");
    let page = app.look("/v1/alerts").await;
    let shown = page["alerts"]
        .as_array()
        .unwrap()
        .iter()
        .find(|alert| alert["code"] == "queue-paused")
        .unwrap();
    assert_eq!(shown["acknowledged_by"], me);
    assert_eq!(app.look("/v1/audit").await["rows"][0]["act"], "alert.acknowledge");
}
