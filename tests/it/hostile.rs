//! Packs that carry malware or scripts: both end as cases, the file named, nothing of them published.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tradepost_tests::packs::{SCRIPTED, eicar};
use tradepost_tests::{PackBuilder, TestApp};

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
