//! `tradepost upload`: what a contributor does.

use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};
use tradepost_tests::{PackBuilder, TestApp};

fn write(folder: &Path, name: &str, bytes: &[u8]) -> String {
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

fn upload(app: &TestApp, token_file: &str, packs: &[&str], more: &[&str]) -> Output {
    let mut command = tradepost_tests::command("tradepost");
    command
        .arg("upload")
        .args(packs)
        .args(["--api", &app.api, "--token-file", token_file])
        .args(more);
    // Contributors have no control socket.
    command.env_remove("TRADEPOST_SOCKET").output().unwrap()
}

#[tokio::test]
async fn packs_are_uploaded_and_waited_for() {
    let app = TestApp::start();
    let folder = tempfile::tempdir().unwrap();
    let token = write(folder.path(), "token", format!("{}\n", app.trusted("ann")).as_bytes());
    let one = write(folder.path(), "one.zip", &PackBuilder::ticks("One", 2).build());
    let two = write(folder.path(), "two.zip", &PackBuilder::ticks("Two", 2).build());
    let output = upload(&app, &token, &[&one, &two], &["--wait", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    let states: Vec<_> = told.as_array().unwrap().iter().map(|pack| &pack["state"]).collect();
    assert_eq!(states, [&json!("published"), &json!("published")], "{told}");
    assert_eq!(app.rows("/v1/items").await.len(), 4);
}

#[tokio::test]
async fn refused_pack_is_told_with_file_and_fault() {
    let app = TestApp::start();
    let folder = tempfile::tempdir().unwrap();
    let token = write(folder.path(), "token", app.trusted("ann").as_bytes());
    let text = write(folder.path(), "text.zip", b"I am no ZIP");
    let gap = write(
        folder.path(),
        "gap.zip",
        &PackBuilder::ticks("Gap", 1).list("icons/gone.svg").build(),
    );
    let output = upload(&app, &token, &[&text, &gap], &["--wait", "--plain"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    for words in ["text.zip", "not a ZIP", "gap.zip", "icons/gone.svg", "REJECTED"] {
        assert!(told.contains(words), "{words:?} is not in\n{told}");
    }
    let nothing = write(folder.path(), "bad-token", b"tp_0000");
    let output = upload(&app, &nothing, &[&gap], &["--plain"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(
        !String::from_utf8_lossy(&output.stderr).contains("tp_0000"),
        "{output:?}"
    );
}
