//! Packs that carry malware or scripts: both end as cases, the file named, nothing of them published.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tradepost_tests::packs::{SCRIPTED, eicar};
use tradepost_tests::{Options, PackBuilder, TestApp, bombs};

fn finding<'a>(trace: &'a Value, file: &str) -> &'a Value {
    let findings = trace["findings"].as_array().unwrap();
    findings
        .iter()
        .find(|finding| finding["file"] == file)
        .unwrap_or_else(|| panic!("nothing about {file}: {trace}"))
}

#[tokio::test]
async fn infected_file_is_named_and_never_published() {
    let app = TestApp::start();
    let token = app.trusted("mallory");
    let pack = PackBuilder::ticks("Infected", 3)
        .file("extras/readme.svg", eicar())
        .build();
    let trace = app.upload_and_settle(&token, &pack).await;
    assert_eq!(trace["upload"]["state"], "in_review", "{trace}");
    let finding = finding(&trace, "extras/readme.svg");
    assert_eq!(
        (&finding["rule"], &finding["severity"]),
        (&json!("malware"), &json!("blocking")),
        "{finding}"
    );
    app.assert_nothing_is_published().await;

    let case = trace["case_id"].as_str().unwrap();
    let reject = json!({ "reason": "Contains malware" });
    let (status, decision) = app
        .control(Method::POST, &format!("/v1/cases/{case}/reject"), Some(reject))
        .await;
    assert_eq!(
        (status, &decision["items_rejected"]),
        (StatusCode::OK, &json!(4)),
        "{decision}"
    );
    app.assert_nothing_is_published().await;
    let id = trace["upload"]["id"].as_str().unwrap();
    let (_, told) = app.get(&format!("/v1/uploads/{id}"), Some(&token)).await;
    assert_eq!(told["upload"]["state"], "rejected");
    assert!(
        told["findings"]
            .to_string()
            .contains("A moderator rejected the pack: Contains malware"),
        "{told}"
    );
}

#[tokio::test]
async fn approving_a_pack_leaves_out_its_script() {
    let app = TestApp::start();
    let token = app.trusted("bob");
    let pack = PackBuilder::ticks("Scripted", 3)
        .file("icons/evil.svg", SCRIPTED)
        .build();
    let trace = app.upload_and_settle(&token, &pack).await;
    assert_eq!(trace["upload"]["state"], "in_review", "{trace}");
    let finding = finding(&trace, "icons/evil.svg");
    assert_eq!(
        (&finding["severity"], &finding["line"]),
        (&json!("blocking"), &json!(3)),
        "{finding}"
    );
    app.assert_nothing_is_published().await;

    let case = trace["case_id"].as_str().unwrap();
    let (status, decision) = app
        .control(Method::POST, &format!("/v1/cases/{case}/approve"), Some(json!({})))
        .await;
    assert_eq!(status, StatusCode::OK, "{decision}");
    assert_eq!(
        (&decision["items_published"], &decision["items_rejected"]),
        (&json!(3), &json!(1))
    );
    let (_, items) = app.get("/v1/items", None).await;
    assert_eq!(items["rows"].as_array().unwrap().len(), 3);
    assert!(!items.to_string().contains("evil"), "{items}");
    let (status, again) = app
        .control(Method::POST, &format!("/v1/cases/{case}/approve"), Some(json!({})))
        .await;
    assert_eq!((status, &again["code"]), (StatusCode::CONFLICT, &json!("case-decided")));
}

#[tokio::test]
async fn files_that_never_end_are_refused_and_others_are_published_meanwhile() {
    let app = TestApp::start();
    let mallory = app.trusted("mallory");
    let bombs: Vec<_> = bombs::all()
        .into_iter()
        .filter(|(_, extension, _)| *extension == "svg")
        .collect();
    let pack = bombs
        .iter()
        .enumerate()
        .fold(PackBuilder::new("Bombs").stored(), |pack, (index, (_, _, bytes))| {
            pack.file(&format!("icons/bomb-{index:02}.svg"), bytes.clone())
        });
    let id = app.upload(&mallory, &pack.build()).await;
    let honest = app.trusted("anna");
    let trace = app
        .upload_and_settle(&honest, &PackBuilder::ticks("Honest", 5).build())
        .await;
    assert_eq!(trace["upload"]["state"], "published", "{trace}");

    let trace = app.settled(&id).await;
    let mut drawn = Vec::new();
    for (index, (what, _, _)) in bombs.iter().enumerate() {
        let file = format!("icons/bomb-{index:02}.svg");
        let blocking = trace["findings"]
            .as_array()
            .unwrap()
            .iter()
            .any(|finding| finding["file"] == file.as_str() && finding["severity"] == "blocking");
        if !blocking {
            drawn.push(*what);
        }
    }
    // Only large, not dear: it is drawn like any other file.
    assert_eq!(drawn, ["a path of 1e9 without a size"], "{trace}");
    let overview = app.look("/v1/overview").await;
    assert_eq!(overview["counts"]["dead_letters"], 0, "{overview}");
    let latency = app.look("/v1/latency").await;
    let rows = latency["latency"].as_array().unwrap();
    let rendering = rows.iter().find(|row| row["name"] == "render.render").unwrap();
    assert_eq!(
        rendering["errors"], 0,
        "a refused or deferred file is no error: {rendering}"
    );
    let ended = rendering["total"]["count"].as_u64().unwrap();
    assert_eq!(
        ended,
        bombs.len() as u64 + 5,
        "each file once, deferrals not: {rendering}"
    );
}

#[tokio::test]
async fn a_jail_without_a_wall_is_a_critical_alert() {
    for (key, word) in [("JAIL__LANDLOCK", "Landlock"), ("JAIL__SECCOMP", "seccomp")] {
        let app = TestApp::start_with(Options::default().set(key, false));
        let page = app
            .until("/v1/alerts", |page| page["alerts"].to_string().contains("jail-weak"))
            .await;
        let alerts = page["alerts"].as_array().unwrap();
        let alert = alerts.iter().find(|alert| alert["code"] == "jail-weak").unwrap();
        assert_eq!(alert["severity"], "critical");
        assert!(alert["message"].as_str().unwrap().contains(word), "{alert}");
        let token = app.trusted("anna");
        let trace = app
            .upload_and_settle(&token, &PackBuilder::ticks("Still", 2).build())
            .await;
        assert_eq!(trace["upload"]["state"], "published", "{trace}");
    }
}

#[tokio::test]
async fn every_child_of_a_daemon_has_its_walls() {
    let app = TestApp::start();
    let overview = app.look("/v1/overview").await;
    let jail = overview["parts"]
        .as_array()
        .unwrap()
        .iter()
        .find(|part| part["name"] == "jail")
        .unwrap()
        .clone();
    assert_eq!(jail["health"], "ok", "{jail}");
    let alerts = app.look("/v1/alerts").await;
    assert!(!alerts.to_string().contains("jail-"), "{alerts}");
}
