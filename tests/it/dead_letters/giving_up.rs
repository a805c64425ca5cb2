//! Discard and purge: what waits for the messages is settled, and the contributor is told.

use serde_json::{Value, json};
use tradepost_tests::TestApp;
use tradepost_tests::dead::{id, impatient};

#[tokio::test]
async fn discarded_file_is_blocked_and_the_rest_of_its_pack_goes_on() {
    let app = TestApp::start_with(impatient());
    let token = app.trusted("ann");
    let upload = app.pack_of_dead_letters(&token, "Ticks", 3).await;
    app.bring_members_back();
    let page = app.look("/v1/dead").await;
    let one = &page["rows"][0];
    let discard =
        json!({ "kind": "discard", "selection": { "ids": [id(one)] }, "reason": "the file is beyond repair" });
    let discarding = app.start_operation(discard).await;
    let done = app.operation_in(&discarding, "done").await;
    assert_eq!(
        (&done["acted"], &done["reason"]),
        (&json!(1), &json!("the file is beyond repair")),
        "{done}"
    );
    assert_eq!(
        app.operation_items(&discarding, "discarded").await[0]["message_id"],
        one["id"]
    );

    let rest = app.start_operation(json!({ "kind": "redrive" })).await;
    app.operation_in(&rest, "done").await;
    let trace = app.settled(&upload).await;
    assert_eq!(
        trace["upload"]["state"], "in_review",
        "a blocked file is for moderators to see: {trace}"
    );
    let (_, told) = app.get(&format!("/v1/uploads/{upload}"), Some(&token)).await;
    let finding = &told["findings"][0];
    assert_eq!(
        (&finding["rule"], &finding["file"]),
        (&json!("not-processed"), &one["subject"]),
        "{told}"
    );
    assert!(finding["message"].as_str().unwrap().contains("beyond repair"));
    let kept = app
        .number("select count(*) from operation_items where state = 'discarded' and payload is not null")
        .await;
    assert_eq!(kept, 1, "what was discarded can still be looked up");
}

#[tokio::test]
async fn purged_queue_leaves_no_upload_waiting() {
    let app = TestApp::start_with(impatient());
    let token = app.trusted("ann");
    let upload = app.pack_of_dead_letters(&token, "Ticks", 4).await;
    let purging = app
        .start_operation(json!({ "kind": "purge", "selection": { "queue": "render" }, "reason": "disk lost" }))
        .await;
    let done = app.operation_in(&purging, "done").await;
    assert_eq!(done["acted"], json!(4), "{done}");
    assert_eq!(app.look("/v1/dead/groups").await["messages"], json!(0));
    let trace = app.settled(&upload).await;
    assert_eq!(
        trace["upload"]["state"], "rejected",
        "nothing of it can be published: {trace}"
    );
    let kept = app
        .number("select count(*) from operation_items where payload is not null")
        .await;
    assert_eq!(kept, 0);
}

#[tokio::test]
async fn uploads_whose_scan_or_opening_is_given_up_are_rejected_with_the_reason() {
    let app = TestApp::start_with(impatient());
    let token = app.trusted("ann");
    for queue in ["scan", "unpack"] {
        app.act(&format!("/v1/queues/{queue}/pause"), json!({})).await;
        let upload = app
            .upload(&token, &tradepost_tests::PackBuilder::ticks(queue, 1).build())
            .await;
        app.until("/v1/queues", |page| {
            tradepost_tests::dead::queue(page, queue)["depth"] == json!(1)
        })
        .await;
        // The bytes go: whoever opens them fails.
        let away = app.state.join("objects/away");
        std::fs::rename(app.state.join("objects/uploads"), &away).unwrap();
        app.act(&format!("/v1/queues/{queue}/resume"), json!({})).await;
        app.until("/v1/queues", |page| {
            tradepost_tests::dead::queue(page, queue)["dead"] == json!(1)
        })
        .await;
        let giving_up = app
            .start_operation(json!({ "kind": "discard", "selection": { "queue": queue }, "reason": "bytes lost" }))
            .await;
        app.operation_in(&giving_up, "done").await;
        let (_, told) = app.get(&format!("/v1/uploads/{upload}"), Some(&token)).await;
        assert_eq!(told["upload"]["state"], "rejected", "{queue}: {told}");
        assert!(told["findings"].to_string().contains("bytes lost"), "{queue}: {told}");
        let stages = app.look(&format!("/v1/uploads/{upload}")).await["stages"].clone();
        let open = stages
            .as_array()
            .unwrap()
            .iter()
            .filter(|stage| stage["left_at"] == Value::Null)
            .count();
        assert_eq!(open, 0, "no stage is left open: {stages}");
        let _ = std::fs::remove_dir_all(app.state.join("objects/uploads"));
        std::fs::rename(&away, app.state.join("objects/uploads")).unwrap();
    }
}
