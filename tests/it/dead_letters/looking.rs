//! Dead letters as an operator sees them.

use serde_json::{Value, json};
use tradepost_tests::TestApp;
use tradepost_tests::dead::{id, impatient, queue};

#[tokio::test]
async fn dead_letter_is_shown_with_all_that_is_known_of_it() {
    let app = TestApp::start_with(impatient().set("QUEUES__ATTEMPTS", 2));
    let upload = app.pack_of_dead_letters(&app.trusted("ann"), "Ticks", 3).await;

    let groups = app.look("/v1/dead/groups").await;
    let group = &groups["groups"][0];
    assert_eq!(
        groups["groups"].as_array().unwrap().len(),
        1,
        "one cause is one group: {groups}"
    );
    assert_eq!((&group["queue"], &group["messages"]), (&json!("render"), &json!(3)));
    assert_eq!((&group["refailed"], &groups["messages"]), (&json!(0), &json!(3)));
    assert!(group["error"].as_str().unwrap().contains("reading the file"), "{group}");

    let page = app
        .look(&format!(
            "/v1/dead?fingerprint={}&limit=2",
            group["fingerprint"].as_str().unwrap()
        ))
        .await;
    let rows = page["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 2);
    assert!(
        rows[0]["seq"].as_i64() > rows[1]["seq"].as_i64(),
        "newest first: {page}"
    );
    let rest = app
        .look(&format!("/v1/dead?cursor={}", page["next"].as_str().unwrap()))
        .await;
    assert_eq!(
        (rest["rows"].as_array().unwrap().len(), &rest["next"]),
        (1, &Value::Null),
        "{rest}"
    );

    let detail = app.look(&format!("/v1/dead/{}", id(&rows[0]))).await;
    assert_eq!(detail["payload"]["upload_id"], json!(upload));
    assert_eq!(detail["payload"]["path"], detail["row"]["subject"]);
    assert_eq!(detail["links"]["upload_state"], "rendering");
    assert_eq!(detail["links"]["account"], "ann");
    assert_eq!(detail["links"]["item_id"], detail["payload"]["item_id"]);
    assert_eq!(
        (&detail["attributes"]["lane"], &detail["attributes"]["backend"]),
        (&json!("interactive"), &json!("postgres"))
    );
    assert_eq!(detail["left_out"], Value::Null);
    let history = detail["history"].as_array().unwrap();
    let told: Vec<_> = history
        .iter()
        .map(|a| (a["attempt"].as_i64().unwrap(), a["outcome"].as_str().unwrap()))
        .collect();
    assert_eq!(told, [(2, "dead"), (1, "retry")]);
    assert!(
        history[0]["worker"]
            .as_str()
            .unwrap()
            .ends_with(&format!(":{}", app.pid())),
        "{detail}"
    );
    assert!(history[0]["duration_ms"].is_i64());
}

#[tokio::test]
async fn lists_are_narrowed_by_queue_text_upload_and_redrives() {
    let app = TestApp::start_with(impatient());
    let upload = app.pack_of_dead_letters(&app.trusted("ann"), "Ticks", 4).await;
    let count = async |query: &str| {
        let page = app.look(&format!("/v1/dead?{query}")).await;
        page["rows"].as_array().unwrap().len()
    };
    assert_eq!(count("queue=render").await, 4);
    assert_eq!(count("queue=scan").await, 0);
    assert_eq!(count("text=TICK-0002").await, 1, "by the file, whatever the case");
    assert_eq!(count("text=reading%20the%20file").await, 4, "by the error");
    assert_eq!(count("text=100%25").await, 0, "a percent sign is one");
    assert_eq!(count("text=tick_0002").await, 0, "an underscore is one");
    assert_eq!(count(&format!("upload={upload}")).await, 4);
    assert_eq!(count("upload=00000000-0000-7000-8000-000000000000").await, 0);
    assert_eq!((count("redriven=true").await, count("redriven=false").await), (0, 4));
    let groups = async |query: &str| app.look(&format!("/v1/dead/groups?{query}")).await["messages"].clone();
    assert_eq!(groups("text=reading").await, json!(4));
    assert_eq!(groups("text=nothing").await, json!(0));
    assert_eq!(groups("queue=unpack").await, json!(0));
    assert_eq!(queue(&app.look("/v1/queues").await, "render")["dead"], json!(4));
}
