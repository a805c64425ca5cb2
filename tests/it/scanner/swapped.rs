//! Bytes that are swapped after their verdict are never published, nor given to anybody.

use std::path::{Path, PathBuf};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tradepost_tests::packs::{TICK, square};
use tradepost_tests::{Answer, Options, PackBuilder, TestApp};

use super::until_raised;

fn impatient() -> Options {
    Options::default()
        .set("QUEUES__BACKOFF_SECONDS", 0)
        .set("QUEUES__ATTEMPTS", 2)
}

fn only_file_in(folder: &Path) -> PathBuf {
    let entry = std::fs::read_dir(folder).unwrap().next().unwrap().unwrap();
    entry.path()
}

fn member(app: &TestApp, bytes: &[u8]) -> PathBuf {
    let name = hex::encode(Sha256::digest(bytes));
    app.stored("m", &name)
}

/// As an attacker would who may write to the store.
fn overwrite(path: &Path, bytes: &[u8]) {
    let other = path.with_extension("other");
    std::fs::write(&other, bytes).unwrap();
    std::fs::rename(other, path).unwrap();
}

async fn until_in_stage(app: &TestApp, id: &str, state: &str) {
    app.until(&format!("/v1/uploads/{id}"), |trace| trace["upload"]["state"] == state)
        .await;
}

#[tokio::test]
async fn a_pack_that_is_overwritten_after_its_verdict_is_not_opened() {
    let app = TestApp::start_with(impatient());
    let token = app.trusted("ann");
    app.act("/v1/queues/unpack/pause", json!({})).await;
    let pack = PackBuilder::ticks("Ticks", 2).build();
    let id = app.upload(&token, &pack).await;
    until_in_stage(&app, &id, "unpacking").await;
    let other = PackBuilder::new("Other")
        .file("icons/other.svg", square("#c00000"))
        .build();
    overwrite(&only_file_in(&app.state.join("objects/uploads").join(&id)), &other);
    app.act("/v1/queues/unpack/resume", json!({})).await;
    let told = until_raised(&app, "bytes-swapped").await;
    assert!(told.contains("a pack"), "{told}");
    app.until(&format!("/v1/uploads/{id}"), |trace| {
        trace["upload"]["dead_letters"] == 1
    })
    .await;
    app.assert_nothing_is_published().await;
    assert_eq!(app.number("select count(*) from items").await, 0, "it was never opened");
}

#[tokio::test]
async fn a_file_that_is_overwritten_before_it_is_drawn_is_not_published() {
    let app = TestApp::start_with(impatient());
    let token = app.trusted("ann");
    app.act("/v1/queues/render/pause", json!({})).await;
    let id = app
        .upload(&token, &PackBuilder::new("One").file("a.svg", TICK).build())
        .await;
    until_in_stage(&app, &id, "rendering").await;
    overwrite(&member(&app, TICK.as_bytes()), square("#c00000").as_bytes());
    app.act("/v1/queues/render/resume", json!({})).await;
    until_raised(&app, "bytes-swapped").await;
    app.until(&format!("/v1/uploads/{id}"), |trace| {
        trace["upload"]["dead_letters"] == 1
    })
    .await;
    app.assert_nothing_is_published().await;
}

#[tokio::test]
async fn a_file_that_is_overwritten_once_it_is_published_is_given_to_nobody() {
    let app = TestApp::start();
    let token = app.trusted("ann");
    let trace = app
        .upload_and_settle(&token, &PackBuilder::new("One").file("a.svg", TICK).build())
        .await;
    assert_eq!(trace["upload"]["state"], "published", "{trace}");
    let item = app.rows("/v1/items").await[0]["id"].as_str().unwrap().to_owned();
    let signed = Answer::to(
        app.request(Method::GET, &format!("/v1/items/{item}/source"))
            .bearer_auth(&token),
    )
    .await;
    let url = signed.json()["url"].as_str().unwrap().to_owned();
    assert_eq!(Answer::to(app.http.get(&url)).await.status, StatusCode::OK);
    overwrite(&member(&app, TICK.as_bytes()), square("#c00000").as_bytes());
    let answer = Answer::to(app.http.get(&url)).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);

    let (_, detail) = app.get(&format!("/v1/items/{item}"), None).await;
    let picture = detail["renditions"][0]["url"].as_str().unwrap().to_owned();
    let name = picture.trim_start_matches("/r/");
    let stored = app.stored("r", name);
    assert_eq!(app.get(&picture, None).await.0, StatusCode::OK);
    overwrite(&stored, b"something else");
    let (status, body) = app.get(&picture, None).await;
    assert_eq!(
        (status, body["status"].clone()),
        (StatusCode::INTERNAL_SERVER_ERROR, Value::from(500))
    );
}

#[tokio::test]
async fn the_database_refuses_to_publish_what_has_no_verdict() {
    let app = TestApp::start();
    let token = app.token(&["--account", "nina"]);
    let trace = app
        .upload_and_settle(&token, &PackBuilder::new("One").file("a.svg", TICK).build())
        .await;
    assert_eq!(trace["upload"]["state"], "in_review", "{trace}");
    app.sql("delete from verdicts where file_path is not null").await;
    let pool = app.database().await;
    let refused = sqlx::query("update items set state = 'published'")
        .execute(&pool)
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("no clean verdict"), "{refused}");
    let case = trace["case_id"].as_str().unwrap();
    let (status, _) = app.act(&format!("/v1/cases/{case}/approve"), json!({})).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    app.assert_nothing_is_published().await;
}
