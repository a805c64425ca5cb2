//! The screens' twins on the command line.

use std::collections::BTreeMap;
use std::process::Output;

use reqwest::StatusCode;
use serde_json::{Value, json};
use tradepost_queue::Queue;
use tradepost_tests::packs::SCRIPTED;
use tradepost_tests::{Options, PackBuilder, TestApp};
use tradepostd::jobs::QUEUES;

fn text(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn json_of(app: &TestApp, arguments: &[&str]) -> Value {
    let output = app.tradepost(&[arguments, &["--json"]].concat());
    serde_json::from_str(&text(&output)).unwrap_or_else(|error| panic!("{arguments:?}: {error}"))
}

fn plain(app: &TestApp, arguments: &[&str]) -> String {
    let text = text(&app.tradepost(&[arguments, &["--plain"]].concat()));
    assert!(!text.contains('\u{1b}'), "plain is plain: {text:?}");
    text
}

fn assert_shows(text: &str, words: &[&str]) {
    words
        .iter()
        .for_each(|words| assert!(text.contains(words), "{words:?} is not in\n{text}"));
}

/// A pack with a script in it, waiting for a moderator. Answers with the ids of upload and case.
async fn flagged(app: &TestApp, set: &str) -> (String, String) {
    let token = app.trusted("bob");
    let pack = PackBuilder::ticks(set, 2).file("icons/evil.svg", SCRIPTED).build();
    let trace = app.upload_and_settle(&token, &pack).await;
    assert_eq!(trace["upload"]["state"], "in_review", "{trace}");
    (
        trace["upload"]["id"].as_str().unwrap().to_owned(),
        trace["case_id"].as_str().unwrap().to_owned(),
    )
}

#[tokio::test]
async fn overview_queues_latency_and_audit_are_printed_as_text_and_json() {
    let app = TestApp::start();
    let token = app.trusted("ann");
    app.upload_and_settle(&token, &PackBuilder::ticks("Ticks", 2).build())
        .await;
    let status = plain(&app, &["status"]);
    assert_shows(
        &status,
        &[
            "embedded",
            &app.api,
            "ALERTS",
            "PARTS",
            "scanner",
            "QUEUES",
            "render",
            "renditions",
        ],
    );
    let status = json_of(&app, &["status"]);
    assert_eq!(status["overview"]["counts"]["items_published"], json!(2), "{status}");
    assert_eq!(status["you"], app.look("/v1/whoami").await);

    let queues = json_of(&app, &["queues"]);
    assert_eq!(queues["queues"].as_array().unwrap().len(), QUEUES.len(), "{queues}");
    assert_shows(&plain(&app, &["queues"]), &QUEUES.map(Queue::as_str));
    assert_shows(&plain(&app, &["queues", "pause", "render"]), &["render is paused"]);
    assert_shows(&plain(&app, &["queues"]), &["PAUSED"]);
    assert_shows(&plain(&app, &["queues", "resume", "render"]), &["render is running"]);

    let latency = json_of(&app, &["latency"]);
    assert!(
        latency["latency"]
            .as_array()
            .unwrap()
            .iter()
            .any(|row| row["name"] == "render.render"),
        "{latency}"
    );
    assert_shows(
        &plain(&app, &["latency"]),
        &["milliseconds", "render.render", "POST /v1/uploads"],
    );
    let audit = json_of(&app, &["audit"]);
    assert_eq!(audit["rows"][0]["act"], "queue.resume", "{audit}");
    assert_shows(
        &plain(&app, &["audit"]),
        &["queue.pause", "queue:render", "token.create"],
    );
    let events = text(&app.tradepost(&["events", "--count", "1"]));
    assert_eq!(serde_json::from_str::<Value>(&events).unwrap()["type"], "snapshot");
}

#[tokio::test]
async fn trace_of_an_upload_names_stages_file_line_and_offending_text() {
    let app = TestApp::start();
    let (upload, case) = flagged(&app, "Scripted").await;
    let list = json_of(&app, &["uploads"]);
    assert_eq!(list["rows"][0]["id"], json!(upload), "{list}");
    assert_shows(&plain(&app, &["uploads"]), &[&upload[..8], "Signs / Scripted", "bob"]);
    assert_eq!(json_of(&app, &["uploads", "--only", "published"])["rows"], json!([]));
    let trace = plain(&app, &["uploads", &upload]);
    let words = [
        &upload,
        &case,
        "Signs / Scripted",
        "receive",
        "scan",
        "unpack",
        "render",
        "preview",
        "review",
        "icons/evil.svg:3",
        "<script>",
    ];
    assert_shows(&trace, &words);
    assert_eq!(json_of(&app, &["uploads", &upload])["case_id"], json!(case));
}

#[tokio::test]
async fn cases_are_decided_on_the_command_line() {
    let app = TestApp::start();
    let (_, first) = flagged(&app, "First").await;
    let (_, second) = flagged(&app, "Second").await;
    let cases = plain(&app, &["cases"]);
    assert_shows(&cases, &[&first, &second, "icons/evil.svg"]);
    let shown = plain(&app, &["cases", &first]);
    assert_shows(
        &shown,
        &[
            "Signs / First",
            "ISC",
            "FINDINGS",
            "icons/evil.svg",
            "FILES",
            "icons/tick-0001.svg",
        ],
    );

    let wrong = app.tradepost(&["approve", &first, "--except", "icons/nothing.svg"]);
    assert_eq!(wrong.status.code(), Some(2), "{wrong:?}");
    let approve = [
        "approve",
        &first,
        "--except",
        "icons/tick-0001.svg",
        "--reason",
        "too green",
    ];
    let approved = json_of(&app, &approve);
    assert_eq!(
        (&approved["items_published"], &approved["items_rejected"]),
        (&json!(1), &json!(2)),
        "{approved}"
    );
    let again = app.tradepost(&["approve", &first]);
    assert_eq!(again.status.code(), Some(1), "the daemon said no: {again:?}");
    assert!(
        String::from_utf8_lossy(&again.stderr).contains("Already decided"),
        "{again:?}"
    );

    let rejected = plain(&app, &["reject", &second, "--reason", "Contains scripts"]);
    assert!(rejected.to_lowercase().contains("rejected"), "{rejected}");
    assert_eq!(json_of(&app, &["cases"])["rows"], json!([]));
    assert_eq!(
        json_of(&app, &["cases", "--only", "decided"])["rows"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(app.rows("/v1/items").await.len(), 1);
}

#[tokio::test]
async fn tokens_are_listed_and_one_is_revoked() {
    let app = TestApp::start();
    let (ann, bob) = (app.trusted("ann"), app.trusted("bob"));
    let list = json_of(&app, &["tokens", "--account", "bob"]);
    assert_eq!(list["rows"].as_array().unwrap().len(), 1, "{list}");
    let id = list["rows"][0]["id"].as_str().unwrap();
    assert_shows(&plain(&app, &["tokens"]), &["ann", "bob", "contributor", "active", id]);
    assert_shows(&plain(&app, &["tokens", "revoke", id]), &["of bob is revoked"]);
    assert_eq!(app.get("/v1/uploads", Some(&bob)).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(app.get("/v1/uploads", Some(&ann)).await.0, StatusCode::OK);
    let list = json_of(&app, &["tokens", "--account", "bob"]);
    assert_eq!(list["rows"][0]["state"], "revoked", "{list}");
    let again = app.tradepost(&["tokens", "revoke", id]);
    assert_eq!(again.status.code(), Some(1), "the daemon said no: {again:?}");
}

#[tokio::test]
async fn lists_are_filtered_sorted_and_counted() {
    let app = TestApp::start();
    app.put_cases(300).await;
    let found = json_of(&app, &["uploads", "--text", "set 299"]);
    assert_eq!(
        (&found["rows"][0]["title"], &found["total"]),
        (&json!("Seeds / Set 299"), &json!(1)),
        "{found}"
    );
    let sorted = json_of(
        &app,
        &[
            "cases",
            "--sort",
            "-contributor",
            "--without",
            "seed-99",
            "--limit",
            "250",
        ],
    );
    let rows = sorted["rows"].as_array().unwrap();
    assert_eq!(
        (rows.len(), &sorted["total"]),
        (250, &json!(298)),
        "two of them are of seed-99"
    );
    assert_eq!(rows[0]["contributor"], "seed-98");
    assert_eq!(
        json_of(&app, &["ops", "--text", "x", "--sort", "kind"])["total"],
        json!(0)
    );
    assert_eq!(json_of(&app, &["audit", "--sort", "-user"])["total"], json!(0));
    let wrong = app.tradepost(&["uploads", "--sort", "weight"]);
    assert_eq!(wrong.status.code(), Some(2), "{wrong:?}");
    assert!(
        String::from_utf8_lossy(&wrong.stderr).contains("must be one of state, pack"),
        "{wrong:?}"
    );
}

#[tokio::test]
async fn first_digits_of_an_id_are_enough_unless_several_ids_begin_like_that() {
    let app = TestApp::start();
    app.put_cases(600).await;
    let cases = json_of(&app, &["cases", "--limit", "600"]);
    let mut ids: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for row in cases["rows"].as_array().unwrap() {
        let id = row["id"].as_str().unwrap();
        ids.entry(&id[..4]).or_default().push(id);
    }
    let (prefix, only) = ids.iter().find(|(_, ids)| ids.len() == 1).unwrap();
    assert_shows(&plain(&app, &["cases", prefix]), only);
    let (prefix, several) = ids.iter().find(|(_, ids)| ids.len() > 1).unwrap();
    let ambiguous = app.tradepost(&["cases", prefix]);
    assert_eq!(ambiguous.status.code(), Some(2), "{ambiguous:?}");
    let told = String::from_utf8(ambiguous.stderr).unwrap();
    assert_shows(&told, several);
    assert_shows(&told, &["several ids", "Seeds / Set"]);
    let nothing = app.tradepost(&["uploads", "0123456789"]);
    assert_eq!(nothing.status.code(), Some(2), "{nothing:?}");
    assert_shows(
        &String::from_utf8(nothing.stderr).unwrap(),
        &["no upload has an id that begins with 0123456789"],
    );
    let wrong = app.tradepost(&["approve", "xyzw"]);
    assert_shows(
        &String::from_utf8(wrong.stderr).unwrap(),
        &["its first 4 digits or more"],
    );
}

#[tokio::test]
async fn alert_is_listed_and_acknowledged() {
    let app = TestApp::start_with(Options::default().set("SCANNER__SOCKET", "/nothing/clamd.sock"));
    app.until("/v1/alerts", |alerts| alerts.to_string().contains("scanner-down"))
        .await;
    assert_shows(&plain(&app, &["alerts"]), &["SEVERITY", "scanner-down"]);
    let acknowledged = plain(&app, &["alerts", "acknowledge", "scanner-down"]);
    assert_shows(&acknowledged, &["scanner-down is acknowledged by"]);
    let list = json_of(&app, &["alerts"]);
    let alert = list["alerts"]
        .as_array()
        .unwrap()
        .iter()
        .find(|alert| alert["code"] == "scanner-down");
    assert_eq!(
        alert.unwrap()["acknowledged_by"],
        app.look("/v1/whoami").await["user"],
        "{list}"
    );
    let wrong = app.tradepost(&["alerts", "ack", "nothing"]);
    assert_eq!(wrong.status.code(), Some(1), "{wrong:?}");
}

#[test]
fn without_a_daemon_the_socket_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("control.sock");
    for arguments in [["status", "--plain"], ["queues", "--json"], ["cases", "--plain"]] {
        let output = tradepost_tests::command("tradepost")
            .args(arguments)
            .env("TRADEPOST_SOCKET", &socket)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(told.contains(socket.to_str().unwrap()), "{told}");
        assert!(output.stdout.is_empty(), "{output:?}");
    }
}
