//! Campaigns through the control socket of a real daemon.

mod collecting;
mod crash;
mod kinds;
mod looking;
mod refused;
mod running;
mod swapping;

use std::collections::BTreeMap;

use reqwest::StatusCode;
use serde_json::{Value, json};
use sqlx::Row as _;
use tradepost_tests::{Options, PackBuilder, TestApp};

/// Presets that there are.
const PRESETS: usize = 9;

/// Garbage is collected at once, and the messages of a campaign are small.
fn options() -> Options {
    Options::default()
        .set("CAMPAIGNS__GRACE_MINUTES", 0)
        .set("CAMPAIGNS__CHUNK_ITEMS", 5)
        .set("CAMPAIGNS__RESERVE_MIB", 0)
}

/// A daemon with a published pack of so many ticks, all of which look like the first one in the catalogue: as if another engine had drawn them.
async fn with_stale_ticks(count: usize, options: Options) -> TestApp {
    let app = TestApp::start_with(options);
    let token = app.trusted("acme");
    let trace = app
        .upload_and_settle(&token, &PackBuilder::ticks("Ticks", count).build())
        .await;
    assert_eq!(trace["upload"]["state"], "published", "{trace}");
    age(&app).await;
    app
}

async fn age(app: &TestApp) {
    app.sql(
        "update renditions set preset_sha256 = sha256('another engine'), sha256 = other.sha256, size_bytes = other.size_bytes
         from renditions other where other.preset = renditions.preset and other.item_id = (select item_id from renditions order by item_id limit 1)",
    )
    .await;
}

/// Plans a campaign. Answers with it once it is planned.
async fn plan(app: &TestApp, changes: Value) -> Value {
    let mut body = json!({ "reason": "the engine is new", "canary": 3 });
    for (key, value) in changes.as_object().unwrap() {
        body[key] = value.clone();
    }
    let (status, planned) = app.act("/v1/campaigns", body).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{planned}");
    until(app, &planned, "planned").await
}

/// Does something with a campaign.
async fn act(app: &TestApp, campaign: &Value, verb: &str) -> Value {
    let path = format!("{}/{verb}", path(campaign));
    let (status, campaign) = app.act(&path, json!({})).await;
    assert_eq!(status, StatusCode::OK, "{path}: {campaign}");
    campaign
}

/// Waits until a campaign is in a state.
async fn until(app: &TestApp, campaign: &Value, state: &str) -> Value {
    app.until(&path(campaign), |campaign| campaign["state"] == state).await
}

fn path(campaign: &Value) -> String {
    format!("/v1/campaigns/{}", campaign["id"].as_str().unwrap())
}

/// Draws everything, the canary looked at.
async fn draw_all(app: &TestApp, campaign: &Value) -> Value {
    act(app, campaign, "start").await;
    until(app, campaign, "waiting").await;
    act(app, campaign, "resume").await;
    until(app, campaign, "rendered").await
}

/// The public view: the URLs of the pictures of every item, by path and preset. Every one of them can be had.
async fn shown(app: &TestApp) -> BTreeMap<(String, String), String> {
    let mut shown = BTreeMap::new();
    for item in app.rows("/v1/items").await {
        let (_, detail) = app
            .get(&format!("/v1/items/{}", item["id"].as_str().unwrap()), None)
            .await;
        for picture in detail["renditions"].as_array().unwrap() {
            let text = |key: &str| picture[key].as_str().unwrap().to_owned();
            let (status, _) = app.get(&text("url"), None).await;
            assert_eq!(status, StatusCode::OK, "{picture}");
            shown.insert((item["path"].as_str().unwrap().to_owned(), text("preset")), text("url"));
        }
    }
    shown
}

/// Every row of what is shown, to the last column.
async fn dump(app: &TestApp) -> Vec<String> {
    let pool = app.database().await;
    let rows = sqlx::query("select to_jsonb(shown)::text from current_renditions shown order by item_id, preset")
        .fetch_all(&pool)
        .await
        .unwrap();
    pool.close().await;
    rows.iter().map(|row| row.get(0)).collect()
}

/// The names of all pictures in the store.
fn stored(app: &TestApp) -> Vec<String> {
    fn walk(folder: &std::path::Path, names: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).into_iter().flatten().map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                walk(&entry.path(), names);
            } else {
                names.push(entry.file_name().into_string().unwrap());
            }
        }
    }
    let mut names = Vec::new();
    walk(&app.state.join("objects/r"), &mut names);
    names.sort();
    names
}
