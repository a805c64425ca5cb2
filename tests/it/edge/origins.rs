//! Files of contributors on an origin of their own.

use reqwest::{Method, StatusCode, redirect};
use serde_json::Value;
use tradepost_tests::app::client_builder;
use tradepost_tests::nginx::free_port;
use tradepost_tests::{Answer, Options, PackBuilder, TestApp};

const FILES: &str = "files.market.test";

/// A client that follows no redirect.
async fn ask(app: &TestApp, host: Option<&str>, path: &str) -> Answer {
    let client = client_builder().redirect(redirect::Policy::none()).build().unwrap();
    let request = client.request(Method::GET, format!("{}{path}", app.api));
    Answer::to(match host {
        Some(host) => request.header("host", host),
        None => request,
    })
    .await
}

#[tokio::test]
async fn files_are_served_on_their_origin_only_and_nothing_else_is() {
    let port = free_port();
    let files = format!("http://{FILES}:{port}");
    let host = format!("{FILES}:{port}");
    let app = TestApp::start_with(
        Options::default()
            .set("HTTP__LISTEN", format!("127.0.0.1:{port}"))
            .set("HTTP__PUBLIC_URL", format!("http://127.0.0.1:{port}"))
            .set("HTTP__FILES_URL", &files),
    );
    let ann = app.trusted("ann");
    let trace = app
        .upload_and_settle(&ann, &PackBuilder::ticks("Ticks", 2).build())
        .await;
    assert_eq!(trace["upload"]["state"], "published", "{trace}");
    app.sql("update sets set price_minor = 0").await;
    let item = app.rows("/v1/items").await[0]["id"].as_str().unwrap().to_owned();
    let (_, detail) = app.get(&format!("/v1/items/{item}"), None).await;
    let (_, source) = app.get(&format!("/v1/items/{item}/source"), Some(&ann)).await;
    let path = |url: &Value| {
        url.as_str()
            .unwrap()
            .strip_prefix(&files)
            .expect("on the origin of files")
            .to_owned()
    };
    let family = &app.rows("/v1/families").await[0];
    let paths = [
        path(&detail["renditions"][0]["url"]),
        path(&family["previews"][0]["url"]),
        path(&source["url"]),
        format!("/v1/items/{item}/file"),
    ];
    for path in &paths {
        let file = ask(&app, Some(&host), path).await;
        assert_eq!(file.status, StatusCode::OK, "{path}: {file:?}");
        let policy = file.header("content-security-policy");
        assert!(
            policy.contains("sandbox") && policy.contains("default-src 'none'"),
            "{path}: {policy}"
        );
        assert_eq!(file.header("x-content-type-options"), "nosniff");
        let elsewhere = ask(&app, None, path).await;
        assert_eq!(
            (elsewhere.status, elsewhere.header("location")),
            (StatusCode::TEMPORARY_REDIRECT, format!("{files}{path}").as_str())
        );
    }
    for path in ["/v1/items", "/docs/", "/openapi.json", "/v1/session"] {
        ask(&app, Some(&host), path).await.problem(StatusCode::NOT_FOUND);
    }
    let change = app
        .request(Method::POST, "/v1/uploads")
        .header("host", &host)
        .bearer_auth(&ann);
    Answer::to(change).await.problem(StatusCode::NOT_FOUND);
}
