//! The log: field names for Elasticsearch, ids of requests, no secrets.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tradepost_tests::{Options, PackBuilder, TestApp};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

#[tokio::test]
async fn lines_have_the_names_of_the_schema_and_the_ids_of_the_request() {
    let app = TestApp::start();
    app.sql("alter table catalogue rename to catalogue_gone").await;
    let answer = app
        .request(reqwest::Method::GET, "/v1/items")
        .header("x-request-id", "the-client-made-it-1")
        .header("traceparent", format!("00-{TRACE}-00f067aa0ba902b7-01"))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 500);
    assert_eq!(answer.headers()["x-request-id"], "the-client-made-it-1");
    let log = app.log();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for line in &lines {
        for name in [
            "@timestamp",
            "log.level",
            "message",
            "ecs.version",
            "service.name",
            "service.version",
            "log.logger",
        ] {
            assert!(line[name].is_string(), "{name} in {line}");
        }
    }
    let failed = lines
        .iter()
        .find(|line| line["http.request.id"] == "the-client-made-it-1");
    let failed = failed.unwrap_or_else(|| panic!("{log}"));
    assert_eq!(
        (&failed["trace.id"], &failed["log.level"]),
        (&json!(TRACE), &json!("error")),
        "{failed}"
    );
    assert_eq!(failed["http.route"], "GET /v1/items");
    assert!(
        failed["error.message"].as_str().unwrap().contains("catalogue"),
        "{failed}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_run_writes_no_secret_into_the_log() {
    let options = Options::default()
        .set("LOG__FILTER", "debug")
        .set("MAIL__USER", "shop")
        .set("MAIL__HOST", "127.0.0.1")
        .set("MAIL__PORT", 9)
        .set("MAIL__SECURITY", "none")
        .set("MAIL__PASSWORD", "planted-mail-password");
    let mut app = TestApp::start_with(options);
    let token = app.trusted("ann");
    let pack = PackBuilder::ticks("Ticks", 2).build();
    let started = app
        .announce(
            &token,
            pack.len(),
            &hex::encode(<sha2::Sha256 as sha2::Digest>::digest(&pack)),
        )
        .await;
    app.put(&started, pack).await;
    app.complete(&token, started["id"].as_str().unwrap()).await;
    app.settled(started["id"].as_str().unwrap()).await;
    let sign_up = json!({ "email": "eve@example.org", "password": "planted-password-of-eve" });
    app.call(reqwest::Method::POST, "/v1/accounts", None, Some(sign_up))
        .await;
    let sign_in = json!({ "email": "eve@example.org", "password": "planted-wrong-password" });
    app.call(reqwest::Method::POST, "/v1/sessions", None, Some(sign_in))
        .await;
    app.get("/v1/account", Some("planted-token")).await;
    app.get("/v1/account?token=planted-in-a-query", None).await;
    let mails = app
        .until("/v1/mails?recipient=eve@example.org", |mails| {
            mails["rows"][0]["id"].is_string()
        })
        .await;
    let mail = app
        .look(&format!("/v1/mails/{}", mails["rows"][0]["id"].as_str().unwrap()))
        .await;
    let link = mail["text"].as_str().unwrap();
    let link = link.split("token=").nth(1).unwrap().split_whitespace().next().unwrap();
    assert_eq!(app.stop(), Some(0));
    let log = app.log();
    assert!(log.contains("\"log.level\":\"debug\""), "the log says everything");
    assert_upload_is_one_trace(&log, started["id"].as_str().unwrap());
    let url = started["put"]["url"].as_str().unwrap();
    let signature = url.split("signature=").nth(1).unwrap_or_else(|| panic!("{url}"));
    let signature = signature.split('&').next().unwrap();
    for secret in [token.as_str(), link, signature, "planted-"] {
        let line = log.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret} is in the log");
    }
}

/// Lines of the requests and jobs of an upload have its id as `trace.id`.
fn assert_upload_is_one_trace(log: &str, upload: &str) {
    let trace = upload.replace('-', "");
    let lines = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let sources: BTreeSet<_> = lines
        .filter(|line| line["trace.id"] == trace.as_str())
        .filter_map(|line| Some(line["queue"].as_str().or(line["http.route"].as_str())?.to_owned()))
        .collect();
    let requests = ["PUT /objects/uploads/{id}", "POST /v1/uploads/{id}/complete"];
    for source in requests.into_iter().chain(["scan", "unpack", "render", "preview"]) {
        assert!(sources.contains(source), "{source} is not in {sources:?}");
    }
}
