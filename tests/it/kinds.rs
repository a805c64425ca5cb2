//! Packs of every kind, through the whole way; and what is published of their files.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tradepost_common::catalog::Kind;
use tradepost_inspect::media::{Family, FileType};
use tradepost_inspect::sample::media;
use tradepost_tests::answer::Answer;
use tradepost_tests::packs::TICK;
use tradepost_tests::{PackBuilder, TestApp};

/// The pack's items as the public sees them.
async fn published(app: &TestApp, pack: &PackBuilder) -> Vec<Value> {
    let token = app.trusted("anna");
    let trace = app.upload_and_settle(&token, &pack.build()).await;
    assert_eq!(trace["upload"]["state"], "published", "{trace}");
    app.rows("/v1/items").await
}

fn free(pack: PackBuilder, kind: &str) -> PackBuilder {
    pack.manifest(|manifest| {
        manifest["kind"] = json!(kind);
        manifest["price"]["amount_minor"] = json!(0);
    })
}

async fn file_of(app: &TestApp, item: &Value) -> Answer {
    let path = format!("/v1/items/{}/file", item["id"].as_str().unwrap());
    Answer::to(app.request(Method::GET, &path)).await
}

#[tokio::test]
async fn what_is_published_of_an_svg_is_a_clean_copy() {
    let app = TestApp::start();
    let chatty = TICK.replace(
        "<path",
        "<!-- made by hand --><metadata>secret notes</metadata><path data-owner='me'",
    );
    let items = published(
        &app,
        &free(PackBuilder::new("Chatty").file("icons/tick.svg", chatty), "icon"),
    )
    .await;
    let answer = file_of(&app, &items[0]).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("content-type"), "image/svg+xml");
    assert!(answer.header("content-security-policy").contains("sandbox"));
    let text = String::from_utf8(answer.bytes).unwrap();
    assert!(text.contains("M4 13l5 5L20 6"), "{text}");
    for gone in ["made by hand", "secret notes", "data-owner"] {
        assert!(!text.contains(gone), "{text}");
    }
}

#[tokio::test]
async fn the_file_of_an_item_with_a_price_is_for_buyers() {
    let app = TestApp::start();
    let items = published(&app, &PackBuilder::ticks("Dear", 1)).await;
    assert_eq!(file_of(&app, &items[0]).await.status, StatusCode::FORBIDDEN);
    let nobody = json!({ "id": "0197f000-0000-7000-8000-000000000000" });
    assert_eq!(file_of(&app, &nobody).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn files_of_every_kind_get_pictures_and_are_published() {
    let app = TestApp::start();
    for kind in Kind::ALL {
        let files: Vec<_> = media::honest().into_iter().filter(|file| file.0 == kind).collect();
        let pack = PackBuilder::new(&format!("Every {kind}")).stored();
        let pack = files
            .iter()
            .fold(pack, |pack, (_, path, bytes)| pack.file(path, bytes.clone()));
        let items = published(&app, &free(pack, kind.as_str())).await;
        let items: Vec<_> = items.iter().filter(|item| item["kind"] == kind.as_str()).collect();
        assert_eq!(items.len(), files.len());
        for item in items {
            let (_, path, bytes) = files.iter().find(|(_, path, _)| item["path"] == *path).unwrap();
            // Opus is taken, but not decoded.
            let expected = if *path == "a.ogg" { 0 } else { 9 };
            assert_eq!(pictures_of(&app, item).await, expected, "{item}");
            let answer = file_of(&app, item).await;
            let file_type = FileType::of_path(path);
            assert_eq!(answer.header("content-type"), file_type.media_type());
            // A drawing is published as a sanitized copy.
            assert!(
                file_type.family() == Some(Family::Drawing) || answer.bytes == *bytes,
                "{path}"
            );
        }
    }
}

/// The number of public renditions of an item.
async fn pictures_of(app: &TestApp, item: &Value) -> usize {
    let path = format!("/v1/items/{}", item["id"].as_str().unwrap());
    let (_, detail) = app.get(&path, None).await;
    detail["renditions"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_file_that_is_not_what_its_name_says_is_blocked() {
    let app = TestApp::start();
    let token = app.trusted("mallory");
    let polyglot = [media::png(20, 20, [1, 2, 3]), b"<script>alert(1)</script>".to_vec()].concat();
    let pack = PackBuilder::new("Lies")
        .file("textures/honest.png", media::png(10, 10, [9, 9, 9]))
        .file("textures/jpeg.png", media::jpeg(16, 16))
        .file("textures/polyglot.png", polyglot);
    let pack = free(pack, "texture").build();
    let trace = app.upload_and_settle(&token, &pack).await;
    let findings = trace["findings"].as_array().unwrap();
    let blocked = |file: &str, rule: &str| {
        findings
            .iter()
            .any(|finding| finding["file"] == file && finding["rule"] == rule && finding["severity"] == "blocking")
    };
    assert!(blocked("textures/jpeg.png", "type-mismatch"), "{trace}");
    assert!(blocked("textures/polyglot.png", "picture.hidden-data"), "{trace}");
    assert_eq!(trace["upload"]["state"], "in_review");
    app.assert_nothing_is_published().await;
}
