//! The screens, in a terminal of 80 x 24.

use reqwest::StatusCode;
use serde_json::{Value, json};
use tradepost_common::review::REASONS;
use tradepost_queue::Queue;
use tradepost_tests::packs::SCRIPTED;
use tradepost_tests::tmux::Screen;
use tradepost_tests::{Options, PackBuilder, TestApp};
use tradepostd::jobs::QUEUES;

#[tokio::test]
async fn overview_shows_alert_counts_and_queues_at_80_by_24() {
    // Nobody listens there: an alert that does not depend on what the machine has.
    let app = TestApp::start_with(Options::default().set("SCANNER__SOCKET", "/nonexistent/clamd.sock"));
    let raised = |page: &Value| {
        page["alerts"]
            .as_array()
            .unwrap()
            .iter()
            .any(|alert| alert["code"] == "scanner-down")
    };
    app.until("/v1/overview", raised).await;
    let Some(screen) = Screen::open(&app) else { return };
    let text = screen
        .shows(&["scanner-down", "CRITICAL", "database", "published", "render"])
        .await;
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    screen.press("2");
    screen.shows(&QUEUES.map(Queue::as_str)).await;
    screen.press("?");
    screen.shows(&["Keys of Queues"]).await;
}

#[tokio::test]
async fn moderator_rejects_a_case_at_the_keyboard() {
    let app = TestApp::start();
    let token = app.trusted("bob");
    let pack = PackBuilder::ticks("Scripted", 2)
        .file("icons/evil.svg", SCRIPTED)
        .build();
    let trace = app.upload_and_settle(&token, &pack).await;
    let case = format!("/v1/cases/{}", trace["case_id"].as_str().unwrap());
    let Some(screen) = Screen::open(&app) else { return };
    screen.shows(&["published"]).await;
    screen.press_until("7", "Open cases").await;
    screen.shows(&["Signs / Scripted"]).await;
    screen.press("Enter");
    screen.shows(&["icons/evil.svg", "read-only"]).await;
    screen.press_until("x", "Read-only").await;
    assert_eq!(
        app.look(&case).await["decision"],
        Value::Null,
        "reading changes nothing"
    );

    screen.press("W");
    screen.shows(&["claimed by you"]).await;
    screen.press_until("x", "Contains malware").await;
    screen.press("2");
    let decided = app.until(&case, |case| !case["decision"].is_null()).await;
    assert_eq!(decided["decision"]["outcome"], "rejected", "{decided}");
    assert_eq!(decided["decision"]["reason"], json!(REASONS[1].text), "{decided}");
    let id = trace["upload"]["id"].as_str().unwrap();
    assert_eq!(
        app.look(&format!("/v1/uploads/{id}")).await["upload"]["state"],
        "rejected"
    );
    app.assert_nothing_is_published().await;
}

#[tokio::test]
async fn token_is_revoked_at_the_keyboard_after_y() {
    let app = TestApp::start();
    let token = app.trusted("ann");
    let Some(screen) = Screen::open(&app) else { return };
    screen.shows(&["published"]).await;
    screen.press("'");
    screen.shows(&["Open: t Tokens"]).await;
    screen.press("t");
    screen.shows(&["contributor", "active", "of ann"]).await;
    screen.press_until("X", "Read-only").await;
    screen.press("W");
    screen.shows(&["WRITING IS ARMED"]).await;
    screen.press_until("X", "Revoke the token of ann").await;
    screen.press("Enter");
    screen.shows(&["Revoke the token of ann"]).await;
    assert_eq!(app.get("/v1/uploads", Some(&token)).await.0, StatusCode::OK);
    screen.press_until("y", "is revoked").await;
    assert_eq!(app.get("/v1/uploads", Some(&token)).await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn screen_stays_when_the_daemon_goes_and_comes_back_with_it() {
    let mut app = TestApp::start();
    let Some(screen) = Screen::open(&app) else { return };
    screen.shows(&["database", "scanner"]).await;
    app.kill();
    let text = screen.shows(&["database", "STALE"]).await;
    assert!(text.contains("scanner"), "what was known is still there: {text}");
    app.restart();
    let token = app.trusted("ann");
    app.upload_and_settle(&token, &PackBuilder::ticks("Ticks", 1).build())
        .await;
    screen.press("0");
    screen.shows(&["Signs / Ticks", "published"]).await;
}
