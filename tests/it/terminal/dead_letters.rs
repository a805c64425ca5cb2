//! Dead letters and operations, at the keyboard and on the command line.

use std::process::Output;

use serde_json::{Value, json};
use tradepost_tests::TestApp;
use tradepost_tests::dead::{impatient, queue};
use tradepost_tests::tmux::Screen;

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

async fn dead(app: &TestApp) -> Value {
    queue(&app.look("/v1/queues").await, "render")["dead"].clone()
}

/// The newest operation.
async fn newest(app: &TestApp) -> Value {
    app.look("/v1/operations").await["rows"][0].clone()
}

#[tokio::test]
async fn operator_redrives_a_group_at_the_keyboard() {
    let app = TestApp::start_with(impatient());
    let upload = app.pack_of_dead_letters(&app.trusted("ann"), "Ticks", 3).await;
    app.bring_members_back();
    let Some(screen) = Screen::open(&app) else { return };
    screen.shows(&["published"]).await;
    screen.press_until("2", "second by second").await;
    screen.press("j");
    screen.press("j");
    screen.press_until("Enter", "in groups").await;
    screen.shows(&["reading the file", "· render"]).await;
    screen.press_until("R", "Read-only").await;
    screen.press_until("W", "WRITING IS ARMED").await;
    screen.press_until("R", "Start it?").await;
    screen.shows(&["3 selected", "3 to be sent"]).await;
    // Neither Enter nor the key that asked starts anything.
    screen.press("Enter");
    screen.press("R");
    screen.press_until("r", "Messages per second").await;
    screen.press_until("Escape", "Start it?").await;
    assert_eq!(newest(&app).await["state"], "planned");
    screen.press_until("y", "done: 3 succeeded").await;
    let trace = app.settled(&upload).await;
    assert_eq!(trace["upload"]["state"], "published", "{trace}");
    screen.press("4");
    screen.shows(&["redrive done", "3/3"]).await;
    screen.press_until("Enter", "Messages: all").await;
    screen.shows(&["icons/tick-"]).await;
}

#[tokio::test]
async fn plan_that_is_refused_at_the_keyboard_touches_nothing() {
    let app = TestApp::start_with(impatient());
    app.pack_of_dead_letters(&app.trusted("ann"), "Ticks", 2).await;
    let Some(screen) = Screen::open(&app) else { return };
    screen.shows(&["published"]).await;
    screen.press_until("3", "in groups 1-1 of 1").await;
    screen.press_until("W", "WRITING IS ARMED").await;
    screen.press_until("X", "Why purge").await;
    screen.press("5");
    screen.shows(&["Start it? y, then type render"]).await;
    screen.press_until("y", "Type render to continue").await;
    screen.press("Enter");
    screen.press_until("Escape", "Start it?").await;
    screen.press("n");
    let cancelled = app
        .until("/v1/operations", |page| page["rows"][0]["state"] == "cancelled")
        .await;
    assert_eq!(cancelled["rows"][0]["acted"], json!(0), "{cancelled}");
    assert_eq!(dead(&app).await, json!(2));
}

#[tokio::test]
async fn payload_is_edited_checked_and_sent_at_the_keyboard() {
    let app = TestApp::start_with(impatient());
    let upload = app.pack_of_dead_letters(&app.trusted("ann"), "Ticks", 1).await;
    app.bring_members_back();
    let folder = tempfile::tempdir().unwrap();
    let editor = folder.path().join("editor.sh");
    // The first time it leaves what is no JSON.
    let script = "grep -q again \"$0.log\" 2>/dev/null && sed -i 's/[{]oops/{/; s/tick-/tock-/' \"$1\" \
        || sed -i 's/^[{]/{oops/' \"$1\"; echo again >>\"$0.log\"";
    std::fs::write(&editor, script).unwrap();
    let command = format!("sh {}", editor.display());
    let Some(screen) = Screen::open_with(&app, &[("VISUAL", &command)]) else {
        return;
    };
    screen.shows(&["published"]).await;
    screen.press_until("3", "in groups 1-1 of 1").await;
    screen.press_until("Enter", "icons/tick-").await;
    screen.press_until("Enter", "Payload").await;
    screen.press_until("W", "WRITING IS ARMED").await;
    screen.press_until("E", "Not valid JSON").await;
    screen.press_until("e", "Send it again with this payload?").await;
    screen.shows(&["- ", "+ ", "icons/tock-"]).await;
    assert_eq!(dead(&app).await, json!(1), "a check sends nothing");
    screen.press_until("y", "done: 1 succeeded").await;
    assert_eq!(app.settled(&upload).await["upload"]["state"], "published");
}

#[tokio::test]
async fn dead_letters_are_acted_on_from_the_command_line() {
    let app = TestApp::start_with(impatient());
    app.pack_of_dead_letters(&app.trusted("ann"), "Ticks", 4).await;
    let groups = text(&app.tradepost(&["dead", "groups", "--plain"]));
    assert!(
        groups.contains("reading the file") && groups.contains("render"),
        "{groups}"
    );
    let list: Value = serde_json::from_str(&text(&app.tradepost(&["dead", "ls", "--json"]))).unwrap();
    assert_eq!(list["rows"].as_array().map(Vec::len), Some(4), "{list}");
    let id = list["rows"][0]["id"].as_str().unwrap();
    let shown = text(&app.tradepost(&["dead", "show", id]));
    assert!(shown.contains("\"path\"") && shown.contains("DEAD"), "{shown}");

    let asked = app.tradepost(&["dead", "redrive", id]);
    assert_eq!(asked.status.code(), Some(3), "nobody was there to ask: {asked:?}");
    let dry = app.tradepost(&["dead", "redrive", "--all", "--dry-run"]);
    assert_eq!(dry.status.code(), Some(0), "{dry:?}");
    assert_eq!(dead(&app).await, json!(4));

    let discard = ["dead", "discard", id, "--reason", "cannot be read", "--yes", "--wait"];
    let discarded = app.tradepost(&discard);
    assert_eq!(discarded.status.code(), Some(0), "{discarded:?}");
    assert_eq!(dead(&app).await, json!(3));
    let again = app.tradepost(&["dead", "redrive", "--queue", "render", "--yes", "--wait"]);
    assert_eq!(again.status.code(), Some(1), "they fail again: {again:?}");
    app.bring_members_back();
    app.until("/v1/queues", |page| queue(page, "render")["dead"] == json!(3))
        .await;
    let list = text(&app.tradepost(&["dead", "ls", "--redriven"]));
    assert!(list.contains(" 1x "), "{list}");
    let mended = app.tradepost(&["dead", "redrive", "--text", "tick", "--yes", "--wait"]);
    assert_eq!(mended.status.code(), Some(0), "{mended:?}");
    let ops = text(&app.tradepost(&["ops", "ls"]));
    assert!(ops.contains("discard") && ops.contains("done"), "{ops}");
    let newest = newest(&app).await;
    let items = text(&app.tradepost(&["ops", "items", newest["id"].as_str().unwrap(), "--only", "done"]));
    assert_eq!(items.matches("icons/tick-").count(), 3, "{items}");
}

#[tokio::test]
async fn concurrency_is_set_at_the_keyboard_and_taken_back_on_the_command_line() {
    let app = TestApp::start();
    let Some(screen) = Screen::open(&app) else { return };
    screen.shows(&["published"]).await;
    screen.press_until("2", "second by second").await;
    screen.press_until("W", "WRITING IS ARMED").await;
    screen.press_until("C", "Concurrency of scan").await;
    screen.press("7");
    screen.press_until("Enter", "scan runs 7 handlers").await;
    screen.shows(&["/7*"]).await;
    let queues = app.look("/v1/queues").await;
    assert_eq!(queue(&queues, "scan")["concurrency"], json!(7));
    let back = app.tradepost(&["queues", "concurrency", "scan", "default"]);
    assert!(text(&back).contains("as configured"), "{back:?}");
}
