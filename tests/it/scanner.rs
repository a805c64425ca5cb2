//! Only bytes with a clean verdict of a reliable scanner are published. Everything else waits or is taken down.

mod killed;
mod matrix;
mod swapped;
mod waiting;
mod withdrawn;

use serde_json::Value;
use tradepost_tests::clamd::FakeClamd;
use tradepost_tests::{Options, TestApp};

/// A daemon that uses this scanner; small packs, so that its limits are proven quickly.
fn options(fake: &FakeClamd) -> Options {
    Options::default()
        .set("SCANNER__SOCKET", fake.socket().display())
        .set("LIMITS__PACK_MIB", 2)
}

/// The text of an alert, while it is raised.
fn alert<'a>(overview: &'a Value, code: &str) -> Option<&'a str> {
    let alerts = overview["alerts"].as_array()?;
    alerts.iter().find(|alert| alert["code"] == code)?["message"].as_str()
}

async fn until_raised(app: &TestApp, code: &str) -> String {
    let overview = app
        .until("/v1/overview", |overview| alert(overview, code).is_some())
        .await;
    alert(&overview, code).unwrap().to_owned()
}

async fn until_cleared(app: &TestApp, code: &str) {
    app.until("/v1/overview", |overview| alert(overview, code).is_none())
        .await;
}

/// Waits until the daemon relies on its scanner.
async fn until_scanner_is_up(app: &TestApp) {
    let is_up = |overview: &Value| {
        let parts = overview["parts"].as_array().unwrap();
        parts
            .iter()
            .any(|part| part["name"] == "scanner" && part["health"] == "ok")
    };
    app.until("/v1/overview", is_up).await;
}
