//! The way of a pack, from the signed URL to the catalogue.

use reqwest::StatusCode;
use serde_json::json;
use tradepost_tests::packs::TICK;
use tradepost_tests::{Options, PackBuilder, TestApp};

#[tokio::test]
async fn clean_pack_of_a_trusted_contributor_is_published() {
    let app = TestApp::start();
    let token = app.trusted("ann");
    let trace = app
        .upload_and_settle(&token, &PackBuilder::ticks("Ticks", 3).build())
        .await;
    assert_eq!(trace["upload"]["state"], "published", "{trace}");
    let stages: Vec<_> = trace["stages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|stage| stage["stage"].as_str().unwrap())
        .collect();
    assert_eq!(stages, ["receive", "scan", "unpack", "render", "preview"]);
    assert!(
        trace["stages"]
            .as_array()
            .unwrap()
            .iter()
            .all(|stage| stage["left_at"].is_string()),
        "{trace}"
    );

    let (status, items) = app.get("/v1/items?kind=icon&contributor=ann&tag=signs", None).await;
    assert_eq!(
        (status, items["rows"].as_array().unwrap().len()),
        (StatusCode::OK, 3),
        "{items}"
    );
    let id = items["rows"][0]["id"].as_str().unwrap();
    let (_, item) = app.get(&format!("/v1/items/{id}"), None).await;
    let renditions = item["renditions"].as_array().unwrap();
    assert_eq!(renditions.len(), 9, "{item}");
    for rendition in renditions {
        assert_rendition(&app, rendition).await;
    }
    let (_, families) = app.get("/v1/families", None).await;
    let previews = families["rows"][0]["previews"].as_array().unwrap();
    assert_eq!(previews.len(), 2, "{families}");
    for preview in previews {
        assert_rendition(&app, preview).await;
    }
}

async fn assert_rendition(app: &TestApp, rendition: &serde_json::Value) {
    let url = format!("{}{}", app.api, rendition["url"].as_str().unwrap());
    let response = app.http.get(&url).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(
        response.headers()["cache-control"],
        "public, max-age=31536000, immutable"
    );
    assert_eq!(
        response.headers()["content-type"],
        format!("image/{}", rendition["format"].as_str().unwrap())
    );
    let etag = response.headers()["etag"].clone();
    let bytes = response.bytes().await.unwrap();
    assert_eq!(bytes.len(), rendition["size_bytes"].as_u64().unwrap() as usize);
    if rendition["format"] == "png" {
        let picture = image::load_from_memory(&bytes).unwrap();
        assert_eq!(u64::from(picture.width()), rendition["width"].as_u64().unwrap());
        let corner = picture.to_rgba8().get_pixel(0, 0).0[3];
        assert!(rendition["preset"] == "sheet" || corner == 0, "transparency is kept");
    }
    let again = app.http.get(&url).header("if-none-match", etag).send().await.unwrap();
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn pack_of_a_new_contributor_waits_for_a_moderator() {
    let app = TestApp::start();
    let token = app.token(&["--account", "newbie"]);
    let trace = app
        .upload_and_settle(&token, &PackBuilder::ticks("Ticks", 2).build())
        .await;
    assert_eq!(trace["upload"]["state"], "in_review", "{trace}");
    let (_, items) = app.get("/v1/items", None).await;
    assert_eq!(items["rows"].as_array().unwrap().len(), 0);
    let cases = app.look("/v1/cases").await;
    assert_eq!(cases["rows"][0]["reason"], "new contributor", "{cases}");
}

/// Four packs wait for the scanner: three of one contributor, and then one of another.
#[tokio::test]
async fn packs_of_a_contributor_let_those_of_others_pass() {
    let app = TestApp::start_with(Options::default().set("QUEUES__CONCURRENCY__SCAN", 1));
    let (ann, ben) = (app.trusted("ann"), app.trusted("ben"));
    app.act("/v1/queues/scan/pause", json!({})).await;
    let mut ids = Vec::new();
    for (number, token) in [&ann, &ann, &ann, &ben].into_iter().enumerate() {
        ids.push(app.upload(token, &PackBuilder::drawn(number, 2).build()).await);
    }
    app.act("/v1/queues/scan/resume", json!({})).await;
    for id in &ids {
        let trace = app.settled(id).await;
        assert_eq!(trace["upload"]["state"], "published", "{trace}");
    }
    let scanned = "select upload_id::text from upload_stages where stage = 'scan' order by left_at";
    let scanned: Vec<String> = sqlx::query_scalar(scanned)
        .fetch_all(&app.database().await)
        .await
        .unwrap();
    assert_eq!(scanned, [0, 3, 1, 2].map(|number: usize| ids[number].clone()));
}

/// A large pack waits for the scanner, and then a small one of somebody else.
#[tokio::test]
async fn a_small_pack_passes_a_large_one() {
    let app = TestApp::start_with(Options::default().set("QUEUES__CONCURRENCY__SCAN", 1));
    let (ann, ben) = (app.trusted("ann"), app.trusted("ben"));
    let long = TICK.replace("</svg>", &format!("<!-- {} --></svg>", "long ".repeat(1 << 20)));
    let large = PackBuilder::ticks("Large", 2).file("icons/long.svg", long).stored();
    app.act("/v1/queues/scan/pause", json!({})).await;
    let large = app.upload(&ann, &large.build()).await;
    let small = app.upload(&ben, &PackBuilder::drawn(1, 2).build()).await;
    app.act("/v1/queues/scan/resume", json!({})).await;
    for id in [&large, &small] {
        let trace = app.settled(id).await;
        assert_eq!(trace["upload"]["state"], "published", "{trace}");
    }
    let ended = "select upload_id::text from upload_stages where stage = $1 order by left_at";
    for stage in ["scan", "preview"] {
        let ended: Vec<String> = sqlx::query_scalar(ended)
            .bind(stage)
            .fetch_all(&app.database().await)
            .await
            .unwrap();
        assert_eq!(ended, [small.clone(), large.clone()], "{stage}");
    }
}

#[tokio::test]
async fn files_travel_together_and_alone_after_their_worker_was_lost() {
    let app = TestApp::start_with(Options::default().set("JAIL__CHILDREN", 1));
    let token = app.trusted("ann");
    app.act("/v1/queues/render/pause", json!({})).await;
    let comment: String = (0..20_000).map(|n| format!("{:x} ", n * 7_919)).collect();
    let large = format!("<!--{comment}-->{}", tradepost_tests::packs::square("#00c000"));
    let id = app
        .upload(
            &token,
            &PackBuilder::ticks("Ticks", 10).file("icons/large.svg", large).build(),
        )
        .await;
    let path = format!("/v1/uploads/{id}");
    app.until(&path, |trace| trace["upload"]["state"] == "rendering").await;
    let db = app.database().await;
    let sizes = "select coalesce(jsonb_array_length(payload->'items'), 1) from queue_messages where queue = 'render' order by 1";
    let sizes: Vec<i32> = sqlx::query_scalar(sizes).fetch_all(&db).await.unwrap();
    // Four batches for the only child, the last one with the file that was left; the large file goes alone.
    assert_eq!(sizes, [1, 1, 3, 3, 3]);
    let lost = "update queue_messages set receive_count = 1 where payload->>'job' = 'render_batch'";
    sqlx::query(lost).execute(&db).await.unwrap();
    app.act("/v1/queues/render/resume", json!({})).await;
    let trace = app.settled(&id).await;
    assert_eq!(trace["upload"]["state"], "published", "{trace}");
    let counts = app.look("/v1/overview").await["counts"].clone();
    assert_eq!(
        (&counts["items_published"], &counts["renditions"]),
        (&json!(11), &json!(99)),
        "{counts}"
    );
}
