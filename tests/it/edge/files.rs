//! Downloads: headers alone, parts, and what the client already has.

use reqwest::header::{IF_NONE_MATCH, IF_RANGE, RANGE};
use reqwest::{Method, StatusCode};
use serde_json::json;
use tradepost_tests::packs::TICK;
use tradepost_tests::{Answer, PackBuilder, TestApp};

/// A published item of a free set: its file, and one of its renditions.
async fn published(app: &TestApp) -> (String, String) {
    let token = app.trusted("ann");
    let pack = PackBuilder::new("Ticks").file("icons/tick.svg", TICK);
    let pack = pack
        .manifest(|manifest| manifest["price"]["amount_minor"] = json!(0))
        .build();
    let trace = app.upload_and_settle(&token, &pack).await;
    assert_eq!(trace["upload"]["state"], "published", "{trace}");
    let item = app.rows("/v1/items").await[0]["id"].as_str().unwrap().to_owned();
    let (_, detail) = app.get(&format!("/v1/items/{item}"), None).await;
    let rendition = detail["renditions"][0]["url"].as_str().unwrap().to_owned();
    let rendition = rendition.strip_prefix(&app.api).unwrap_or(&rendition).to_owned();
    (format!("/v1/items/{item}/file"), rendition)
}

#[tokio::test]
async fn files_have_etags_ranges_and_heads() {
    let app = TestApp::start();
    let (file, rendition) = published(&app).await;
    for path in [file, rendition] {
        let get = || app.request(Method::GET, &path);
        let whole = Answer::to(get()).await;
        assert_eq!(
            (whole.status, whole.header("accept-ranges")),
            (StatusCode::OK, "bytes"),
            "{path}"
        );
        let (etag, size) = (whole.header("etag").to_owned(), whole.bytes.len());
        assert!(etag.starts_with('"') && size > 40, "{path}: {etag}");

        let head = Answer::to(app.request(Method::HEAD, &path)).await;
        assert_eq!((head.status, head.header("etag")), (StatusCode::OK, &*etag), "{path}");
        assert_eq!(head.header("content-length"), size.to_string(), "{path}");

        let known = Answer::to(get().header(IF_NONE_MATCH, &etag)).await;
        assert_eq!(
            (known.status, known.bytes.len()),
            (StatusCode::NOT_MODIFIED, 0),
            "{path}"
        );

        let part = Answer::to(get().header(RANGE, "bytes=10-19")).await;
        assert_eq!(part.status, StatusCode::PARTIAL_CONTENT, "{path}");
        assert_eq!(part.bytes, whole.bytes[10..20], "{path}");
        assert_eq!(part.header("content-range"), format!("bytes 10-19/{size}"), "{path}");
        let current = Answer::to(get().header(RANGE, "bytes=-5").header(IF_RANGE, &etag)).await;
        assert_eq!(current.bytes, whole.bytes[size - 5..], "{path}");
        let older = Answer::to(get().header(RANGE, "bytes=-5").header(IF_RANGE, "\"old\"")).await;
        assert_eq!((older.status, older.bytes.len()), (StatusCode::OK, size), "{path}");
        let behind = Answer::to(get().header(RANGE, format!("bytes={size}-"))).await;
        assert_eq!(behind.header("content-range"), format!("bytes */{size}"), "{path}");
        behind.problem(StatusCode::RANGE_NOT_SATISFIABLE);
    }
}

/// Swapped bytes are found by hashing all of them: HEAD and 304 do not read them.
#[tokio::test]
async fn headers_alone_are_answered_without_reading_the_file() {
    let app = TestApp::start();
    let (_, rendition) = published(&app).await;
    let name = rendition.rsplit('/').next().unwrap();
    let stored = app.stored("r", name);
    let size = std::fs::metadata(&stored).unwrap().len();
    std::fs::write(&stored, vec![b'x'; size as usize]).unwrap();
    let head = Answer::to(app.request(Method::HEAD, &rendition)).await;
    assert_eq!(
        (head.status, head.header("content-length")),
        (StatusCode::OK, &*size.to_string())
    );
    let get = Answer::to(app.request(Method::GET, &rendition).header(RANGE, "bytes=0-0")).await;
    get.problem(StatusCode::INTERNAL_SERVER_ERROR);
}
