//! After an update of the signatures, what was published lately is scanned again, and taken back when something is found.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tradepost_tests::clamd::{FakeClamd, Manner};
use tradepost_tests::packs::{TICK, square};
use tradepost_tests::{Answer, PackBuilder, TestApp};

use super::{options, until_cleared, until_raised, until_scanner_is_up};

/// The malware that the new signatures detect.
const BAD: &str = "#badbad";

fn pack(set: &str) -> PackBuilder {
    PackBuilder::new(set)
        .file("icons/good.svg", TICK)
        .file("icons/bad.svg", square(BAD))
}

async fn publish(app: &TestApp, token: &str, pack: &PackBuilder) -> String {
    let trace = app.upload_and_settle(token, &pack.build()).await;
    assert_eq!(trace["upload"]["state"], "published", "{trace}");
    trace["upload"]["id"].as_str().unwrap().to_owned()
}

/// Everything that could be fetched of what is published.
async fn urls(app: &TestApp, token: &str) -> Vec<String> {
    let mut urls = Vec::new();
    for item in app.rows("/v1/items").await {
        let id = item["id"].as_str().unwrap();
        let (_, detail) = app.get(&format!("/v1/items/{id}"), None).await;
        let renditions = detail["renditions"].as_array().unwrap();
        urls.extend(
            renditions
                .iter()
                .map(|picture| format!("{}{}", app.api, picture["url"].as_str().unwrap())),
        );
        if item["path"] == "icons/bad.svg" {
            let signed = Answer::to(
                app.request(Method::GET, &format!("/v1/items/{id}/source"))
                    .bearer_auth(token),
            )
            .await;
            urls.push(signed.json()["url"].as_str().unwrap().to_owned());
        }
    }
    for family in app.rows("/v1/families").await {
        let previews = family["previews"].as_array().unwrap();
        urls.extend(
            previews
                .iter()
                .map(|picture| format!("{}{}", app.api, picture["url"].as_str().unwrap())),
        );
    }
    urls
}

async fn until_scanned_with(app: &TestApp, number: i64) {
    tradepost_tests::wait::eventually("everything is scanned again", async || {
        match app
            .number("select coalesce(min(signature_number), 0)::bigint from scanned_uploads")
            .await
        {
            least if least >= number => Ok(()),
            least => Err(format!("signatures {least}")),
        }
    })
    .await;
}

#[tokio::test]
async fn what_new_signatures_find_is_withdrawn_everywhere() {
    let fake = FakeClamd::start();
    let app = TestApp::start_with(options(&fake));
    let (ann, bob) = (app.trusted("ann"), app.trusted("bob"));
    let id = publish(&app, &ann, &pack("Signs")).await;
    let urls = urls(&app, &ann).await;
    assert!(urls.len() > 20, "{urls:?}");
    for url in &urls {
        assert_eq!(Answer::to(app.http.get(url)).await.status, StatusCode::OK, "{url}");
    }
    let other = publish(&app, &bob, &PackBuilder::new("Others").file("x.svg", square("#00c000"))).await;

    fake.learn("Win.Malware.New", BAD.as_bytes());
    fake.update(27_801);
    let trace = app
        .until(&format!("/v1/uploads/{id}"), |trace| {
            trace["upload"]["state"] == "in_review"
        })
        .await;
    for url in &urls {
        let status = Answer::to(app.http.get(url)).await.status;
        assert!(
            [StatusCode::NOT_FOUND, StatusCode::GONE].contains(&status),
            "{url}: {status}"
        );
    }
    let items = app.rows("/v1/items").await;
    assert_eq!(items.len(), 1, "only Bob's is left: {items:?}");
    let findings = trace["findings"].as_array().unwrap();
    let of_file = findings
        .iter()
        .find(|finding| finding["file"] == "icons/bad.svg")
        .unwrap();
    assert_eq!(
        (&of_file["rule"], &of_file["severity"]),
        (&json!("malware"), &json!("blocking"))
    );
    let (_, told) = app.get(&format!("/v1/uploads/{id}"), Some(&ann)).await;
    assert!(
        told.to_string().contains("Win.Malware.New"),
        "the contributor is told: {told}"
    );
    until_raised(&app, "malware-withdrawn").await;
    let cases = app.look("/v1/cases").await;
    assert_eq!(
        (&cases["rows"][0]["severity"], &cases["rows"][0]["upload_id"]),
        (&json!("blocking"), &json!(id))
    );
    let audit = app.look("/v1/audit").await;
    let act = &audit["rows"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["act"] == "upload.takedown")
        .unwrap()
        .clone();
    assert_eq!(
        (&act["actor"], &act["detail"]["signature"]),
        (&json!("daemon"), &json!("Win.Malware.New"))
    );
    until_scanned_with(&app, 27_801).await;
    let bobs = app.look(&format!("/v1/uploads/{other}")).await;
    assert_eq!(bobs["upload"]["state"], "published", "{bobs}");
    approve_the_rest(&app, &trace).await;
}

/// The rest of the pack can be published again; the infected file cannot.
async fn approve_the_rest(app: &TestApp, trace: &Value) {
    let case = trace["case_id"].as_str().unwrap();
    let (status, decision) = app.act(&format!("/v1/cases/{case}/approve"), json!({})).await;
    assert_eq!(status, StatusCode::OK, "{decision}");
    let items = app.rows("/v1/items").await;
    let paths: Vec<_> = items.iter().map(|item| item["path"].as_str().unwrap()).collect();
    assert_eq!(items.len(), 2, "{paths:?}");
    assert!(!paths.contains(&"icons/bad.svg"), "{paths:?}");
    until_cleared(app, "malware-withdrawn").await;
}

#[tokio::test]
async fn the_same_bytes_are_withdrawn_from_packs_of_long_ago_too() {
    let fake = FakeClamd::start();
    let app = TestApp::start_with(options(&fake));
    let ann = app.trusted("ann");
    let old = publish(&app, &ann, &pack("Old")).await;
    app.sql("update uploads set settled_at = now() - interval '90 days'")
        .await;
    let new = publish(&app, &ann, &pack("New")).await;
    fake.learn("Win.Malware.New", BAD.as_bytes());
    fake.update(27_801);
    for id in [new, old] {
        app.until(&format!("/v1/uploads/{id}"), |trace| {
            trace["upload"]["state"] == "in_review"
        })
        .await;
    }
    app.assert_nothing_is_published().await;
}

#[tokio::test]
async fn a_rescan_goes_on_where_it_stood_when_the_scanner_and_the_daemon_died() {
    let fake = FakeClamd::start();
    let mut app = TestApp::start_with(options(&fake));
    let token = app.trusted("ann");
    for set in ["One", "Two", "Three"] {
        publish(&app, &token, &PackBuilder::ticks(set, 20)).await;
    }
    fake.learn("Win.Malware.New", b"nothing has this");
    fake.update(27_801);
    tradepost_tests::wait::eventually("some files are scanned again", async || {
        match app
            .number("select count(*) from verdicts where occasion = 'rescan'")
            .await
        {
            0 => Err("none yet".to_owned()),
            _ => Ok(()),
        }
    })
    .await;
    fake.behave(Manner::Refuses);
    app.kill();
    app.restart();
    fake.behave(Manner::Well);
    until_scanner_is_up(&app).await;
    until_scanned_with(&app, 27_801).await;
    let twice = "select count(*) from (select 1 from verdicts group by upload_id, file_path, sha256, occasion having count(*) > 1) twice";
    assert_eq!(app.number(twice).await, 0);
    assert_eq!(app.rows("/v1/items").await.len(), 60, "nothing was withdrawn");
    assert_eq!(app.number("select count(*) from dead_letters").await, 0);
}
