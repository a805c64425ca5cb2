//! The daemon is killed at any time: afterwards everything is there exactly once.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tradepost_tests::daemon::processes_in;
use tradepost_tests::{Options, PackBuilder, TestApp, program};

const FILES: usize = 250;
const KILL_AT_PERCENT: [usize; 5] = [10, 30, 50, 70, 90];
/// Four widths in two formats, and the watermarked one.
const RENDITIONS: usize = 9;

/// Work takes long enough to be interrupted.
fn slow() -> Options {
    Options::default()
        .set("QUEUES__CONCURRENCY__RENDER", 2)
        .set("JAIL__CHILDREN", 1)
}

/// Waits until so many files of the upload are done, which must not be all of them.
async fn until_done(app: &TestApp, id: &str, files: usize) -> Value {
    let done = |trace: &Value| {
        trace["upload"]["files_done"]
            .as_u64()
            .is_some_and(|done| done as usize >= files)
    };
    let trace = app.until(&format!("/v1/uploads/{id}"), done).await;
    assert_eq!(
        trace["upload"]["state"], "rendering",
        "the pack was still running: {trace}"
    );
    trace
}

async fn assert_everything_is_there_once(app: &TestApp, files: usize) {
    let items = app.rows("/v1/items").await;
    let paths: BTreeSet<_> = items.iter().map(|item| item["path"].as_str().unwrap()).collect();
    assert_eq!((items.len(), paths.len()), (files, files));
    for item in &items {
        let (_, detail) = app
            .get(&format!("/v1/items/{}", item["id"].as_str().unwrap()), None)
            .await;
        let renditions = detail["renditions"].as_array().unwrap();
        let presets: BTreeSet<_> = renditions
            .iter()
            .map(|rendition| rendition["preset"].as_str().unwrap())
            .collect();
        assert_eq!((renditions.len(), presets.len()), (RENDITIONS, RENDITIONS), "{detail}");
    }
    let counts = app.look("/v1/overview").await["counts"].clone();
    assert_eq!(counts["items_published"], json!(files), "{counts}");
    assert_eq!(counts["renditions"], json!(files * RENDITIONS), "{counts}");
    assert_eq!(
        (&counts["dead_letters"], &counts["uploads_published"]),
        (&json!(0), &json!(1)),
        "{counts}"
    );

    let families = app.rows("/v1/families").await;
    assert_eq!((families.len(), &families[0]["items"]), (1, &json!(files)));
    let previews = families[0]["previews"].as_array().unwrap();
    let formats: Vec<_> = previews
        .iter()
        .map(|preview| preview["format"].as_str().unwrap())
        .collect();
    assert_eq!(formats, ["png", "webp"], "{families:?}");
}

#[tokio::test]
async fn daemon_killed_five_times_loses_and_doubles_nothing() {
    let mut app = TestApp::start_with(slow());
    let token = app.trusted("phoenix");
    let id = app.upload(&token, &PackBuilder::ticks("Ashes", FILES).build()).await;
    for percent in KILL_AT_PERCENT {
        until_done(&app, &id, FILES * percent / 100).await;
        app.kill();
        app.restart();
    }
    let trace = app.settled(&id).await;
    assert_eq!(
        (&trace["upload"]["state"], &trace["upload"]["dead_letters"]),
        (&json!("published"), &json!(0)),
        "{trace}"
    );
    assert_everything_is_there_once(&app, FILES).await;
}

/// The short form of `make chaos-packs`.
#[tokio::test]
async fn kills_and_crashes_leave_every_file_row_and_object_once() {
    let mut command = tokio::process::Command::new(program("chaos"));
    command.args([
        "packs",
        "--files",
        "150",
        "--packs",
        "3",
        "--kills",
        "4",
        "--crashes",
        "2",
    ]);
    let output = command.output().await.unwrap();
    assert!(
        output.status.success(),
        "{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

#[tokio::test]
async fn daemon_stopped_in_the_middle_of_a_pack_leaves_no_process_and_finishes_the_pack_later() {
    let files = 120;
    let mut app = TestApp::start_with(slow());
    let token = app.trusted("phoenix");
    let id = app.upload(&token, &PackBuilder::ticks("Ashes", files).build()).await;
    until_done(&app, &id, files / 4).await;
    assert_eq!(app.stop(), Some(0), "{}", app.log());
    assert_eq!(processes_in(&app.state), Vec::<String>::new());
    assert!(!app.socket().exists(), "the control socket is gone");

    app.restart();
    let trace = app.settled(&id).await;
    assert_eq!(trace["upload"]["state"], "published", "{trace}");
    assert_eq!(trace["attempts"], json!([]), "a stop is no failure: {trace}");
    assert_everything_is_there_once(&app, files).await;
    assert_eq!(app.stop(), Some(0), "{}", app.log());
    assert_eq!(processes_in(&app.state), Vec::<String>::new());
}

#[tokio::test]
async fn second_daemon_on_the_same_state_is_refused() {
    let app = TestApp::start();
    let output = app.tradepostd(&["serve", "--config", "/dev/null"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        told.contains("another tradepostd runs on the state directory"),
        "{told}"
    );
    assert_eq!(
        app.look("/v1/whoami").await["uid"],
        json!(nix::unistd::geteuid().as_raw()),
        "the first is unharmed"
    );
}
