//! Without a scanner nothing is published, and nothing is lost.

use serde_json::Value;
use tradepost_tests::clamd::{Clamd, FakeClamd};
use tradepost_tests::{Options, PackBuilder, TestApp};

use super::{options, until_cleared, until_raised, until_scanner_is_up};

fn is_raised(overview: &Value) -> bool {
    overview["alerts"]
        .as_array()
        .unwrap()
        .iter()
        .any(|alert| alert["code"] == "scanner-down")
}

#[tokio::test]
async fn upload_waits_for_the_scanner_and_goes_on_by_itself_when_it_is_there() {
    let folder = tempfile::Builder::new().prefix("tradepost-clamd-").tempdir().unwrap();
    let socket = folder.path().join("clamd.sock");
    let options = Options::default()
        .set("SCANNER__SOCKET", socket.display())
        .set("LIMITS__PACK_MIB", 2);
    let app = TestApp::start_with(options);
    let token = app.trusted("patient");
    let id = app.upload(&token, &PackBuilder::ticks("Ticks", 2).build()).await;
    let overview = app.until("/v1/overview", is_raised).await;
    let scanner = overview["parts"]
        .as_array()
        .unwrap()
        .iter()
        .find(|part| part["name"] == "scanner")
        .unwrap();
    assert_eq!(scanner["health"], "down", "{overview}");
    let trace = app.look(&format!("/v1/uploads/{id}")).await;
    assert_eq!(trace["upload"]["state"], "scanning", "{trace}");
    assert_eq!(
        trace["attempts"],
        Value::Array(Vec::new()),
        "waiting is no attempt: {trace}"
    );
    app.assert_nothing_is_published().await;
    let (status, _) = app.get("/readyz", None).await;
    assert_eq!(status, 200, "everything else works");

    let Some(_clamd) = Clamd::start(folder.path(), &socket) else {
        return;
    };
    let trace = app.settled(&id).await;
    assert_eq!(trace["upload"]["state"], "published", "{trace}");
    app.until("/v1/overview", |overview| !is_raised(overview)).await;
}

#[tokio::test]
async fn nothing_is_published_by_a_scanner_that_lost_its_signatures() {
    let fake = FakeClamd::start();
    let app = TestApp::start_with(options(&fake));
    until_scanner_is_up(&app).await;
    let token = app.trusted("patient");
    // In the same process, and it still finds the test file: only the number is missing.
    fake.lose_number();
    let id = app.upload(&token, &PackBuilder::ticks("Ticks", 2).build()).await;
    until_raised(&app, "signatures-stale").await;
    let trace = app.look(&format!("/v1/uploads/{id}")).await;
    assert_eq!(trace["upload"]["state"], "scanning", "{trace}");
    assert_eq!(trace["attempts"], Value::Array(Vec::new()), "{trace}");
    app.assert_nothing_is_published().await;
    fake.update(27_801);
    let trace = app.settled(&id).await;
    assert_eq!(trace["upload"]["state"], "published", "{trace}");
    until_cleared(&app, "signatures-stale").await;
}
