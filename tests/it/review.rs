//! The review desk: who holds a case, what is decided and taken back, what contributors are told and may say, whom to trust.

mod appeals;
mod bulk;
mod claims;
mod deciding;
mod listing;
mod trust;
mod undo;

use reqwest::StatusCode;
use serde_json::{Value, json};
use tradepost_tests::peer::{STRANGERS_GROUP, as_user, open_socket};
use tradepost_tests::{Options, TestApp};

/// A daemon for which everybody of the strangers' group is a moderator.
fn with_moderators(options: Options) -> TestApp {
    let app = TestApp::start_with(options.set("CONTROL__MODERATOR_GROUPS", json!([STRANGERS_GROUP])));
    open_socket(&app);
    app
}

/// A request about a case by the moderator with that number.
fn moderator(app: &TestApp, number: u32, path: &str, body: Value) -> (StatusCode, Value) {
    as_user(app.socket(), &number.to_string(), "POST", path, Some(body))
}

fn texts<'a>(rows: &'a Value, field: &str) -> Vec<&'a str> {
    let rows = rows.as_array().expect("a list");
    rows.iter().map(|row| row[field].as_str().unwrap_or_default()).collect()
}
