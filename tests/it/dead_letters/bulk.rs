//! Many dead letters: rates, two operators at once, restarts.

use reqwest::StatusCode;
use serde_json::{Value, json};
use tradepost_tests::TestApp;
use tradepost_tests::dead::impatient;

/// Two thousand letters whose jobs are done at once, because what they are about is gone.
const TWO_THOUSAND: &str = "
    insert into dead_letters (id, queue, payload, subject, attempts, error, fingerprint, enqueued_at)
    select gen_random_uuid(), 'render', jsonb_build_object('job', 'render', 'upload_id', gen_random_uuid(), 'set_id', gen_random_uuid(),
        'item_id', gen_random_uuid(), 'kind', 'icon', 'path', n || '.svg'), n || '.svg', 5, 'away', lpad(to_hex(n % 5), 16, '0'), now()
    from generate_series(1, 2000) n";

/// Messages that were sent more than once.
const SENT_TWICE: &str = "select count(*) from (
    select message_id from operation_items where state <> 'left_out' group by message_id having count(*) > 1) twice";

#[tokio::test]
async fn two_operators_on_the_same_group_send_no_message_twice() {
    let app = TestApp::start_with(impatient());
    app.sql(TWO_THOUSAND).await;
    let body = json!({ "kind": "redrive", "pace": { "rate_per_second": 5_000, "canary": 0 } });
    let (one, two) = (app.plan(body.clone()).await, app.plan(body).await);
    assert_eq!((&one["selected"], &two["selected"]), (&json!(2_000), &json!(2_000)));
    let ((first, _), (second, _)) = tokio::join!(app.tell(&one, "start"), app.tell(&two, "start"));
    assert_eq!((first, second), (StatusCode::OK, StatusCode::OK));
    let (one, two) = (
        app.operation_in(&one, "done").await,
        app.operation_in(&two, "done").await,
    );
    let acted = |operation: &Value| operation["acted"].as_i64().unwrap();
    assert_eq!(acted(&one) + acted(&two), 2_000, "{one}\n{two}");
    assert_eq!(app.number(SENT_TWICE).await, 0);
    assert_eq!(app.look("/v1/dead/groups").await["messages"], json!(0));
    let gone: i64 = [&one, &two]
        .iter()
        .flat_map(|operation| operation["left_out"].as_array().unwrap())
        .map(|left| left["messages"].as_i64().unwrap())
        .sum();
    assert_eq!(gone, 2_000, "each says what the other one took: {one}\n{two}");
}

#[tokio::test]
async fn operation_survives_a_kill_and_sends_each_message_once() {
    let mut app = TestApp::start_with(impatient());
    app.sql(TWO_THOUSAND).await;
    let operation = app
        .start_operation(json!({ "kind": "redrive", "pace": { "rate_per_second": 800, "canary": 5 } }))
        .await;
    let path = format!("/v1/operations/{}", operation["id"].as_str().unwrap());
    app.until(&path, |now| now["acted"].as_i64() > Some(100)).await;
    app.kill();
    app.restart();
    let now = app.look(&path).await;
    assert_eq!(now["state"], "running", "{now}");
    let done = app.operation_in(&operation, "done").await;
    assert_eq!(
        (&done["acted"], &done["succeeded"], &done["refailed"]),
        (&json!(2_000), &json!(2_000), &json!(0)),
        "{done}"
    );
    assert_eq!(app.number(SENT_TWICE).await, 0);
    assert_eq!(app.number("select count(*) from queue_messages").await, 0);
}

#[tokio::test]
async fn running_operation_is_paused_slowed_resumed_and_cancelled() {
    let mut app = TestApp::start_with(impatient());
    app.sql(TWO_THOUSAND).await;
    let operation = app
        .start_operation(json!({ "kind": "redrive", "pace": { "rate_per_second": 50, "canary": 0 } }))
        .await;
    let path = format!("/v1/operations/{}", operation["id"].as_str().unwrap());
    let moving = app
        .until(&path, |now| {
            now["acted"].as_i64() > Some(0) && now["rate"].as_f64() > Some(0.0)
        })
        .await;
    assert!(moving["eta_seconds"].as_f64() > Some(1.0), "{moving}");

    let (status, paused) = app.tell(&operation, "pause").await;
    assert_eq!((status, &paused["state"]), (StatusCode::OK, &json!("paused")));
    let (status, problem) = app.tell(&operation, "pause").await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("operation-state")),
        "{problem}"
    );
    app.stop();
    app.restart();
    let still = app.look(&path).await;
    assert_eq!(
        (&still["state"], &still["acted"]),
        (&json!("paused"), &paused["acted"]),
        "a pause holds over a restart"
    );

    let (status, faster) = app
        .act(&format!("{path}/rate"), json!({ "rate_per_second": 400 }))
        .await;
    assert_eq!(
        (status, &faster["pace"]["rate_per_second"]),
        (StatusCode::OK, &json!(400))
    );
    app.tell(&operation, "resume").await;
    let before = paused["acted"].as_i64();
    app.until(&path, |now| now["acted"].as_i64() > before).await;
    let (status, cancelled) = app.tell(&operation, "cancel").await;
    assert_eq!((status, &cancelled["state"]), (StatusCode::OK, &json!("cancelled")));
    let left = app.look("/v1/dead/groups").await["messages"].as_i64().unwrap();
    assert_eq!(
        left + cancelled["acted"].as_i64().unwrap(),
        2_000,
        "nothing is sent after the answer: {cancelled}"
    );
    let (status, _) = app.tell(&operation, "resume").await;
    assert_eq!(status, StatusCode::CONFLICT);
}
