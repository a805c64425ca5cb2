//! A large pack in parts, straight to the bucket.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tradepost_store::s3::parts::PART_BYTES;
use tradepost_store::sha256;
use tradepost_tests::objects::ObjectServer;
use tradepost_tests::{PackBuilder, TestApp};

/// A pack of a little more than one part. Its noise does not shrink.
fn large_pack() -> Vec<u8> {
    let noise: Vec<u8> = (0..PART_BYTES / 32 + 9)
        .flat_map(|block| sha256(&block.to_le_bytes()))
        .collect();
    PackBuilder::ticks("Large", 2)
        .file("icons/noise.svg", noise)
        .stored()
        .build()
}

async fn start(app: &TestApp, token: &str, id: &str, parts: &[&[u8]]) -> (StatusCode, Value) {
    let hashes: Vec<_> = parts.iter().map(|part| hex::encode(sha256(part))).collect();
    let path = format!("/v1/uploads/{id}/parts");
    app.call(Method::POST, &path, Some(token), Some(json!({ "sha256": hashes })))
        .await
}

async fn put(app: &TestApp, put: &Value, bytes: &[u8]) -> StatusCode {
    app.put(&json!({ "put": put }), bytes.to_vec()).await.0
}

#[tokio::test]
async fn large_pack_is_sent_in_parts_and_scanned() {
    let Some(server) = ObjectServer::create().await else {
        return;
    };
    let app = TestApp::start_with(server.options());
    let (token, pack) = (app.trusted("ann"), large_pack());
    let started = app.announce(&token, pack.len(), &hex::encode(sha256(&pack))).await;
    let id = started["id"].as_str().unwrap();
    let (first, last) = pack.split_at(PART_BYTES as usize);
    let (status, problem) = start(&app, &token, id, &[first]).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("wrong-parts"))
    );
    let stranger = app.trusted("eve");
    assert_eq!(
        start(&app, &stranger, id, &[first, last]).await.0,
        StatusCode::NOT_FOUND
    );

    let (status, parts) = start(&app, &token, id, &[first, last]).await;
    assert_eq!(
        (status, parts["part_size_bytes"].as_u64()),
        (StatusCode::CREATED, Some(PART_BYTES)),
        "{parts}"
    );
    let puts = parts["puts"].as_array().unwrap();
    assert_eq!(put(&app, &puts[1], last).await, StatusCode::OK);
    let (status, problem) = app.complete(&token, id).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("bytes-missing"))
    );
    assert!(
        problem["detail"]
            .as_str()
            .unwrap()
            .contains("1 of 2 parts have arrived"),
        "{problem}"
    );

    // They are given up, and begun again.
    let path = format!("/v1/uploads/{id}/parts");
    for _ in 0..2 {
        assert_eq!(
            app.call(Method::DELETE, &path, Some(&token), None).await.0,
            StatusCode::NO_CONTENT
        );
    }
    assert!(!put(&app, &puts[0], first).await.is_success(), "the parts are given up");
    let (_, parts) = start(&app, &token, id, &[first, last]).await;
    let puts = parts["puts"].as_array().unwrap();
    for (signed, bytes) in puts.iter().zip([first, last]) {
        assert_eq!(put(&app, signed, bytes).await, StatusCode::OK);
    }
    for _ in 0..2 {
        let (status, trace) = app.complete(&token, id).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{trace}");
    }
    let trace = app.settled(id).await;
    assert_eq!(
        trace["attempts"],
        json!([]),
        "the scanner saw the announced bytes: {trace}"
    );
    assert_eq!(start(&app, &token, id, &[first, last]).await.0, StatusCode::CONFLICT);
}

#[tokio::test]
async fn parts_need_a_bucket() {
    let app = TestApp::start();
    let token = app.trusted("ann");
    let started = app.announce(&token, 3, &hex::encode(sha256(b"abc"))).await;
    let (status, problem) = start(&app, &token, started["id"].as_str().unwrap(), &[b"abc"]).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("no-parts")),
        "{problem}"
    );
}
