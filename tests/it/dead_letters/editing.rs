//! Retry with another payload.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tradepost_tests::TestApp;
use tradepost_tests::dead::{id, impatient};

#[tokio::test]
async fn edited_payload_is_checked_shown_and_sent() {
    let app = TestApp::start_with(impatient());
    let upload = app.pack_of_dead_letters(&app.trusted("ann"), "Ticks", 1).await;
    app.bring_members_back();
    let page = app.look("/v1/dead").await;
    let row = &page["rows"][0];
    let path = format!("/v1/dead/{}", id(row));
    let payload = app.look(&path).await["payload"].clone();
    let with = |key: &str, value: Value| {
        let mut edited = payload.clone();
        edited[key] = value;
        json!({ "payload": edited, "seq": row["seq"] })
    };

    for (edit, at, says) in [
        (with("upload_id", json!("nonsense")), "/payload/upload_id", "UUID"),
        (with("upload_id", Value::Null), "/payload/upload_id", "null"),
        (with("paht", json!("x")), "/payload/paht", "no such field"),
        (json!({ "payload": {}, "seq": row["seq"] }), "/payload", "missing field"),
        (json!({ "payload": [1, 2], "seq": row["seq"] }), "/payload", "invalid"),
        (json!({ "payload": "text", "seq": row["seq"] }), "/payload", "expected"),
    ] {
        let (status, check) = app.act(&format!("{path}/check"), edit.clone()).await;
        assert_eq!(status, StatusCode::OK, "{check}");
        let fault = &check["faults"][0];
        assert!(fault["at"].as_str().unwrap().starts_with(at), "{edit}: {check}");
        assert!(fault["message"].as_str().unwrap().contains(says), "{edit}: {check}");
        let (status, problem) = app.act(&format!("{path}/edit"), edit).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{problem}");
        assert_eq!(problem["faults"], check["faults"]);
    }

    let edit = with("path", json!("icons/other.svg"));
    let (_, check) = app.act(&format!("{path}/check"), edit.clone()).await;
    assert_eq!(check["faults"], json!([]));
    let changed: Vec<_> = check["diff"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|line| line["kind"] != "same")
        .collect();
    assert_eq!(changed.len(), 2, "{check}");
    assert_eq!(
        (&changed[0]["kind"], &changed[1]["kind"]),
        (&json!("removed"), &json!("added"))
    );
    assert!(changed[1]["text"].as_str().unwrap().contains("icons/other.svg"));
    assert_eq!(
        app.look("/v1/dead/groups").await["messages"],
        json!(1),
        "a check sends nothing"
    );

    let stale = json!({ "payload": edit["payload"], "seq": row["seq"].as_i64().unwrap() - 1 });
    let (status, problem) = app.act(&format!("{path}/edit"), stale).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("dead-letter-changed"))
    );

    let (status, operation) = app.act(&format!("{path}/edit"), edit).await;
    assert_eq!(
        (status, &operation["kind"]),
        (StatusCode::ACCEPTED, &json!("edit")),
        "{operation}"
    );
    let done = app.operation_in(&operation, "done").await;
    assert_eq!((&done["acted"], &done["succeeded"]), (&json!(1), &json!(1)), "{done}");
    assert_eq!(app.settled(&upload).await["upload"]["state"], "published");
    let (status, _) = app.control(Method::GET, &path, None).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let audit = app.look("/v1/audit").await;
    let edited = audit["rows"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["act"] == "dead.edit")
        .unwrap();
    assert_eq!(edited["detail"]["before"], payload);
    assert_eq!(edited["detail"]["after"]["path"], "icons/other.svg");
}
