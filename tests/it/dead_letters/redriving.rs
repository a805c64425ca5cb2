//! Redrives: planned, sent, watched; marked when they fail again; stopped when too many do.

use reqwest::StatusCode;
use serde_json::{Value, json};
use tradepost_tests::TestApp;
use tradepost_tests::dead::{id, impatient, queue};

#[tokio::test]
async fn what_was_mended_is_redriven_and_the_pack_is_published() {
    let app = TestApp::start_with(impatient());
    let upload = app.pack_of_dead_letters(&app.trusted("ann"), "Ticks", 5).await;
    app.bring_members_back();
    let group = app.look("/v1/dead/groups").await;
    let plan = app
        .plan(
            json!({ "kind": "redrive", "selection": { "fingerprint": group["groups"][0]["fingerprint"] },
            "upper": group["snapshot"]["upper"] }),
        )
        .await;
    assert_eq!(
        (&plan["state"], &plan["selected"], &plan["acted"]),
        (&json!("planned"), &json!(5), &json!(0))
    );
    assert_eq!(
        queue(&app.look("/v1/queues").await, "render")["dead"],
        json!(5),
        "a plan touches nothing"
    );

    let (status, running) = app.tell(&plan, "start").await;
    assert_eq!(status, StatusCode::OK, "{running}");
    let done = app.operation_in(&plan, "done").await;
    assert_eq!(
        (&done["acted"], &done["succeeded"], &done["refailed"]),
        (&json!(5), &json!(5), &json!(0)),
        "{done}"
    );
    assert_eq!(app.operation_items(&plan, "done").await.len(), 5);
    let trace = app.settled(&upload).await;
    assert_eq!(
        (&trace["upload"]["state"], &trace["upload"]["dead_letters"]),
        (&json!("published"), &json!(0))
    );
    assert_eq!(app.look("/v1/dead/groups").await["messages"], json!(0));

    let me = app.look("/v1/whoami").await["user"].clone();
    let audit = app.look("/v1/audit").await;
    let acts: Vec<_> = audit["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["act"].clone(), row["actor"].clone()))
        .collect();
    assert_eq!(
        acts[..3],
        ["operation.done", "operation.start", "operation.plan"].map(|act| (act.into(), me.clone())),
        "{audit}"
    );
    assert_eq!(audit["rows"][1]["detail"]["eligible"], json!(5));
}

#[tokio::test]
async fn canary_that_fails_again_stops_the_operation_and_marks_the_messages() {
    let app = TestApp::start_with(impatient());
    app.pack_of_dead_letters(&app.trusted("ann"), "Ticks", 12).await;
    let operation = app
        .start_operation(json!({ "kind": "redrive", "pace": { "canary": 3 } }))
        .await;
    app.operation_in(&operation, "stopped").await;
    // The first failure was enough; those that were on their way are counted while it rests.
    let path = format!("/v1/operations/{}", id(&operation));
    let stopped = app.until(&path, |now| now["refailed"] == json!(3)).await;
    assert_eq!(
        (&stopped["acted"], &stopped["refailed"]),
        (&json!(3), &json!(3)),
        "only the canary was sent: {stopped}"
    );
    assert!(stopped["note"].as_str().unwrap().contains("canary"), "{stopped}");
    let failed = app.operation_items(&operation, "failed").await;
    assert_eq!(failed.len(), 3);
    assert!(
        failed[0]["reason"].as_str().unwrap().contains("reading the file"),
        "{failed:?}"
    );
    let again = app.look("/v1/dead?redriven=true").await;
    let marks: Vec<_> = again["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["redrives"].clone())
        .collect();
    assert_eq!(marks, [1, 1, 1], "{again}");
    assert_eq!(app.look("/v1/dead/groups").await["groups"][0]["refailed"], json!(3));
    let detail = app.look(&format!("/v1/dead/{}", id(&again["rows"][0]))).await;
    assert_eq!(detail["operations"][0]["state"], "failed", "{detail}");
    let lives: Vec<_> = detail["history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|a| a["redrives"].clone())
        .collect();
    assert_eq!(lives, [1, 0], "each life has its own attempt: {detail}");

    // Whoever mends the cause and resumes has seen why it stopped; those that died again are not meant by it.
    app.bring_members_back();
    let (status, _) = app.tell(&operation, "resume").await;
    assert_eq!(status, StatusCode::OK);
    let done = app.operation_in(&operation, "done").await;
    assert_eq!(
        (&done["acted"], &done["succeeded"], &done["refailed"]),
        (&json!(12), &json!(9), &json!(3)),
        "{done}"
    );
    assert_eq!(app.look("/v1/dead/groups").await["messages"], json!(3));
}

#[tokio::test]
async fn dry_run_says_why_each_message_would_be_left_out() {
    let app = TestApp::start_with(impatient());
    let upload = app.pack_of_dead_letters(&app.trusted("ann"), "Ticks", 2).await;
    app.sql(
        "insert into dead_letters (id, queue, payload, correlation_id, attempts, error, fingerprint, enqueued_at) values
            ('00000000-0000-7000-8000-000000000001', 'render', '{\"path\": \"a.svg\"}', null, 5, 'x', 'aaaaaaaaaaaaaaaa', now()),
            ('00000000-0000-7000-8000-000000000002', 'polish', '{}', null, 5, 'x', 'aaaaaaaaaaaaaaaa', now()),
            ('00000000-0000-7000-8000-000000000003', 'scan', '{\"job\": \"scan\", \"upload_id\": \"00000000-0000-7000-8000-00000000000a\"}',
                '00000000-0000-7000-8000-00000000000a', 5, 'x', 'aaaaaaaaaaaaaaaa', now())",
    )
    .await;
    let marked = json!([
        "00000000-0000-7000-8000-000000000001",
        "00000000-0000-7000-8000-000000000099"
    ]);
    let plan = app.plan(json!({ "kind": "redrive" })).await;
    assert_eq!(plan["selected"], json!(5), "{plan}");
    let reasons = plan["left_out"].to_string();
    for reason in ["not a valid job", "no such queue", "its upload no longer exists"] {
        assert!(reasons.contains(reason), "{reason}: {reasons}");
    }
    let left_out = app.operation_items(&plan, "left_out").await;
    assert_eq!(left_out.len(), 3, "one by one: {left_out:?}");
    let named = app
        .plan(json!({ "kind": "redrive", "selection": { "ids": marked } }))
        .await;
    assert!(
        named["left_out"].to_string().contains("no longer a dead letter"),
        "{named}"
    );
    let (status, problem) = app.tell(&named, "start").await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("operation-empty"))
    );

    app.bring_members_back();
    app.tell(&plan, "start").await;
    let done = app.operation_in(&plan, "done").await;
    assert_eq!((&done["acted"], &done["succeeded"]), (&json!(2), &json!(2)), "{done}");
    assert_eq!(
        app.look("/v1/dead/groups").await["messages"],
        json!(3),
        "what was left out is still there"
    );
    assert_eq!(app.settled(&upload).await["upload"]["state"], "published");
    let late = app
        .plan(json!({ "kind": "redrive", "selection": { "upload": upload } }))
        .await;
    assert_eq!(late["selected"], json!(0));
}

#[tokio::test]
async fn what_dies_after_the_snapshot_is_not_meant() {
    let app = TestApp::start_with(impatient());
    let token = app.trusted("ann");
    app.pack_of_dead_letters(&token, "Ticks", 2).await;
    let seen = app.look("/v1/dead/groups").await["snapshot"]["upper"].clone();
    app.bring_members_back();
    app.pack_of_dead_letters(&token, "Later", 3).await;
    app.bring_members_back();
    let operation = app.start_operation(json!({ "kind": "redrive", "upper": seen })).await;
    let done = app.operation_in(&operation, "done").await;
    assert_eq!(
        (&done["selected"], &done["succeeded"]),
        (&json!(2), &json!(2)),
        "{done}"
    );
    assert_eq!(app.look("/v1/dead/groups").await["messages"], json!(3));
}

#[tokio::test]
async fn canary_in_a_paused_queue_stops_after_its_wait() {
    let app = TestApp::start_with(impatient());
    app.pack_of_dead_letters(&app.trusted("ann"), "Ticks", 4).await;
    app.act("/v1/queues/render/pause", json!({})).await;
    let operation = app
        .start_operation(json!({ "kind": "redrive", "pace": { "canary": 1, "canary_wait_seconds": 1 } }))
        .await;
    let stopped = app.operation_in(&operation, "stopped").await;
    assert!(stopped["note"].as_str().unwrap().contains("paused"), "{stopped}");
    assert_eq!(stopped["acted"], json!(1));
    let (status, cancelled) = app.tell(&operation, "cancel").await;
    assert_eq!((status, &cancelled["state"]), (StatusCode::OK, &json!("cancelled")));
    assert_ne!(cancelled["finished_at"], Value::Null);
}
