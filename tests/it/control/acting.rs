//! Acts of operators and moderators, and their audit rows.

use reqwest::StatusCode;
use serde_json::{Value, json};
use tradepost_tests::packs::square;
use tradepost_tests::pictures::{png, shows};
use tradepost_tests::{PackBuilder, TestApp};

const RED: [u8; 3] = [0xc0, 0, 0];
const GREEN: [u8; 3] = [0, 0xc0, 0];
const BLUE: [u8; 3] = [0, 0, 0xc0];

fn queue<'a>(page: &'a Value, name: &str) -> &'a Value {
    page["queues"]
        .as_array()
        .unwrap()
        .iter()
        .find(|queue| queue["name"] == name)
        .unwrap()
}

#[tokio::test]
async fn paused_queue_holds_the_pack_over_a_restart_until_it_is_resumed_and_both_are_audited() {
    let mut app = TestApp::start();
    let me = app.look("/v1/whoami").await["user"].clone();
    let token = app.trusted("ann");
    let (status, row) = app.act("/v1/queues/render/pause", json!({})).await;
    assert_eq!(
        (status, &row["paused"], &row["paused_by"]),
        (StatusCode::OK, &json!(true), &me),
        "{row}"
    );
    assert_eq!(app.stop(), Some(0), "{}", app.log());
    app.restart();
    let id = app.upload(&token, &PackBuilder::ticks("Ticks", 3).build()).await;
    let held = app
        .until("/v1/queues", |page| queue(page, "render")["depth"] == json!(3))
        .await;
    assert_eq!(queue(&held, "render")["in_flight"], json!(0), "{held}");
    let trace = app.look(&format!("/v1/uploads/{id}")).await;
    assert_eq!(
        (&trace["upload"]["state"], &trace["upload"]["files_done"]),
        (&json!("rendering"), &json!(0)),
        "{trace}"
    );

    let (status, row) = app.act("/v1/queues/render/resume", json!({})).await;
    assert_eq!(
        (status, &row["paused"], &row["paused_by"]),
        (StatusCode::OK, &json!(false), &Value::Null),
        "{row}"
    );
    assert_eq!(app.settled(&id).await["upload"]["state"], "published");
    let audit = app.look("/v1/audit").await;
    let acts: Vec<_> = audit["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (&row["act"], &row["actor"]))
        .collect();
    assert_eq!(
        acts[..2],
        [(&json!("queue.resume"), &me), (&json!("queue.pause"), &me)],
        "{audit}"
    );
    assert_eq!(audit["rows"][0]["subject"], "queue:render");
}

#[tokio::test]
async fn rejection_needs_a_reason_and_tells_it() {
    let app = TestApp::start();
    let token = app.token(&["--account", "newbie"]);
    let trace = app
        .upload_and_settle(&token, &PackBuilder::ticks("Ticks", 2).build())
        .await;
    let path = format!("/v1/cases/{}/reject", trace["case_id"].as_str().unwrap());
    for body in [
        json!({}),
        json!({ "reason": " " }),
        json!({ "reason": "x".repeat(1_001) }),
    ] {
        let (status, problem) = app.act(&path, body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{problem}");
        assert!(problem["faults"].to_string().contains("reason"), "{problem}");
    }
    let (status, decision) = app.act(&path, json!({ "reason": "Not licensed for sale" })).await;
    assert_eq!(
        (status, &decision["outcome"]),
        (StatusCode::OK, &json!("rejected")),
        "{decision}"
    );
    let id = trace["upload"]["id"].as_str().unwrap();
    let (_, told) = app.get(&format!("/v1/uploads/{id}"), Some(&token)).await;
    assert_eq!(told["upload"]["state"], "rejected");
    assert!(told["findings"].to_string().contains("Not licensed for sale"), "{told}");
    app.assert_nothing_is_published().await;
    let audit = app.look("/v1/audit").await;
    assert_eq!(
        (&audit["rows"][0]["act"], &audit["rows"][0]["detail"]["reason"]),
        (&json!("case.reject"), &json!("Not licensed for sale"))
    );
    let decided = app.look("/v1/cases?state=decided").await;
    assert_eq!(decided["rows"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn approval_leaves_out_what_the_moderator_names_and_the_preview_shows_none_of_it() {
    let app = TestApp::start();
    let token = app.token(&["--account", "newbie"]);
    let squares = [("red", "#c00000"), ("green", "#00c000"), ("blue", "#0000c0")];
    let add =
        |pack: PackBuilder, (name, colour): &(&str, &str)| pack.file(&format!("icons/{name}.svg"), square(colour));
    let pack = squares.iter().fold(PackBuilder::new("Squares"), add);
    let trace = app.upload_and_settle(&token, &pack.build()).await;
    let case = trace["case_id"].as_str().unwrap();
    let before = app.look(&format!("/v1/cases/{case}")).await;
    let red = |item: &&Value| item["path"] == "icons/red.svg";
    let out = before["items"].as_array().unwrap().iter().find(red).unwrap();
    let path = format!("/v1/cases/{case}/approve");
    let (status, problem) = app.act(&path, json!({ "except": [trace["upload"]["id"]] })).await;
    assert_eq!(
        (status, &problem["faults"][0]["at"]),
        (StatusCode::BAD_REQUEST, &json!("except")),
        "{problem}"
    );
    app.assert_nothing_is_published().await;

    let approve = json!({ "except": [out["id"]], "reason": "Copies a well-known sign" });
    let (status, decision) = app.act(&path, approve).await;
    assert_eq!(status, StatusCode::OK, "{decision}");
    assert_eq!(
        (&decision["items_published"], &decision["items_rejected"]),
        (&json!(2), &json!(1)),
        "{decision}"
    );
    let items = app.rows("/v1/items").await;
    assert_eq!(items.len(), 2);
    assert!(items.iter().all(|item| item["path"] != out["path"]), "{items:?}");

    let upload = trace["upload"]["id"].as_str().unwrap();
    let (_, told) = app.get(&format!("/v1/uploads/{upload}"), Some(&token)).await;
    assert_eq!(told["upload"]["state"], "published");
    let finding = told["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|finding| finding["file"] == out["path"])
        .unwrap();
    assert!(
        finding["message"]
            .as_str()
            .unwrap()
            .contains("Copies a well-known sign"),
        "{finding}"
    );
    assert_preview_without_red(&app).await;
    let (_, hidden) = app
        .get(&format!("/v1/items/{}", out["id"].as_str().unwrap()), None)
        .await;
    assert_eq!(hidden["code"], "not-found", "{hidden}");
}

/// The sheet is drawn again, without the excluded item.
async fn assert_preview_without_red(app: &TestApp) {
    let idle = |page: &Value| {
        ["depth", "in_flight"]
            .iter()
            .all(|field| queue(page, "preview")[*field] == json!(0))
    };
    app.until("/v1/queues", idle).await;
    let families = app.rows("/v1/families").await;
    assert_eq!(families[0]["previews"].as_array().unwrap().len(), 2, "{families:?}");
    let sheet = png(app, &families[0]["previews"]).await;
    assert!(
        shows(&sheet, GREEN) && shows(&sheet, BLUE),
        "what was published is on it"
    );
    assert!(!shows(&sheet, RED), "what was left out is not");
}

#[tokio::test]
async fn claim_is_taken_given_back_and_audited() {
    let app = TestApp::start();
    let me = app.look("/v1/whoami").await["user"].clone();
    let token = app.token(&["--account", "newbie"]);
    let trace = app
        .upload_and_settle(&token, &PackBuilder::ticks("Ticks", 1).build())
        .await;
    let path = format!("/v1/cases/{}/claim", trace["case_id"].as_str().unwrap());
    for _ in 0..2 {
        let (status, row) = app.act(&path, json!({})).await;
        assert_eq!(
            (status, &row["claimed_by"]),
            (StatusCode::OK, &me),
            "claiming one's own again is fine: {row}"
        );
    }
    let (status, row) = app.control(reqwest::Method::DELETE, &path, None).await;
    assert_eq!((status, &row["claimed_by"]), (StatusCode::OK, &Value::Null), "{row}");
    let audit = app.look("/v1/audit").await;
    let acts: Vec<_> = audit["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["act"].as_str().unwrap())
        .collect();
    assert_eq!(acts[..2], ["case.release", "case.claim"], "{audit}");
}
