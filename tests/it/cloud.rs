//! Whole daemons whose objects are in a bucket of S3.

mod arrivals;
mod catalogue;
mod cdn;
mod parts;

use reqwest::StatusCode;
use serde_json::json;
use tradepost_tests::objects::ObjectServer;
use tradepost_tests::{PackBuilder, TestApp};

#[tokio::test]
async fn pack_goes_straight_to_the_bucket_and_is_published_from_there() {
    let Some(server) = ObjectServer::create().await else {
        return;
    };
    let app = TestApp::start_with(server.options());
    let (token, pack) = (app.trusted("ann"), PackBuilder::ticks("Clouds", 12).build());
    let started = app
        .announce(&token, pack.len(), &hex::encode(tradepost_store::sha256(&pack)))
        .await;
    let id = started["id"].as_str().unwrap();
    assert!(
        started["put"]["url"].as_str().unwrap().starts_with(&server.endpoint),
        "{started}"
    );
    let (status, body) = app.complete(&token, id).await;
    assert_eq!((status, &body["code"]), (StatusCode::CONFLICT, &json!("bytes-missing")));
    let mut other = pack.clone();
    other[40] ^= 1;
    assert!(app.put(&started, other).await.0.is_client_error());
    assert_eq!(app.put(&started, pack).await.0, StatusCode::OK);
    for _ in 0..2 {
        assert_eq!(app.complete(&token, id).await.0, StatusCode::ACCEPTED);
    }
    let trace = app.settled(id).await;
    assert_eq!(trace["upload"]["state"], "published", "{trace}");
    assert_eq!(trace["attempts"], json!([]), "{trace}");

    let items = app.rows("/v1/items").await;
    assert_eq!(items.len(), 12);
    let (_, item) = app
        .get(&format!("/v1/items/{}", items[0]["id"].as_str().unwrap()), None)
        .await;
    let picture = format!("{}{}", app.api, item["renditions"][0]["url"].as_str().unwrap());
    let answer = app.http.get(&picture).send().await.unwrap();
    let etag = answer.headers()["etag"].clone();
    assert_eq!(
        hex::encode(tradepost_store::sha256(&answer.bytes().await.unwrap())),
        etag.to_str().unwrap().trim_matches('"')
    );
    let before = requests(&app, "get").await;
    let again = app
        .http
        .get(&picture)
        .header("if-none-match", etag)
        .send()
        .await
        .unwrap();
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    assert_eq!(
        requests(&app, "get").await,
        before,
        "what the client has is not fetched"
    );
}

#[tokio::test]
async fn infected_pack_is_moved_to_quarantine_in_the_bucket() {
    let Some(server) = ObjectServer::create().await else {
        return;
    };
    let app = TestApp::start_with(server.options());
    let token = app.trusted("ann");
    let pack = PackBuilder::ticks("Evil", 3)
        .file("icons/evil.svg", tradepost_tests::packs::eicar())
        .stored()
        .build();
    let trace = app.upload_and_settle(&token, &pack).await;
    assert_ne!(trace["upload"]["state"], "published", "{trace}");
    app.assert_nothing_is_published().await;
    let list = |prefix: &str| {
        server
            .client
            .list_objects_v2()
            .bucket(&server.bucket)
            .prefix(prefix)
            .send()
    };
    let id = trace["upload"]["id"].as_str().unwrap();
    assert_eq!(
        list(&format!("shop/quarantine/{id}/")).await.unwrap().key_count,
        Some(1)
    );
    assert_eq!(list(&format!("shop/uploads/{id}")).await.unwrap().key_count, Some(0));
}

#[tokio::test]
async fn requests_of_a_pack_are_counted_and_few() {
    let Some(server) = ObjectServer::create().await else {
        return;
    };
    let app = TestApp::start_with(server.options());
    let token = app.trusted("ann");
    let before = counts(&app).await;
    let trace = app
        .upload_and_settle(&token, &PackBuilder::ticks("Costs", 20).build())
        .await;
    assert_eq!(trace["upload"]["state"], "published", "{trace}");
    let after = counts(&app).await;
    let [put, copy, post, list, get, head] = std::array::from_fn(|at| after[at] - before[at]);
    println!("20 icons: {put} put, {copy} copy, {post} post, {list} list, {get} get, {head} head");
    // A file, its sanitized copy, nine renditions; the contact sheets.
    assert!(put <= 20 * 11 + 10, "{put}");
    // The pack twice (scanned, unpacked), each file once, the pictures of the contact sheet.
    assert!(get <= 2 + 20 + 12, "{get}");
    // The bytes that arrived, and whoever asks whether the bucket is there.
    assert!(head <= 3, "{head}");
    assert_eq!((copy, post, list), (0, 0, 0));
}

async fn counts(app: &TestApp) -> [u64; 6] {
    let mut counts = [0; 6];
    for (count, kind) in counts.iter_mut().zip(["put", "copy", "post", "list", "get", "head"]) {
        *count = requests(app, kind).await;
    }
    counts
}

/// The requests of a kind that the daemon has sent to the bucket.
async fn requests(app: &TestApp, kind: &str) -> u64 {
    let text = app
        .control_request(reqwest::Method::GET, "/metrics")
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    let line = format!("tradepost_object_requests_total{{kind=\"{kind}\"}} ");
    let count = text.lines().find_map(|found| found.strip_prefix(&line));
    count.unwrap_or_else(|| panic!("{line} in {text}")).parse().unwrap()
}

#[tokio::test]
async fn check_says_what_is_wrong_with_a_bucket_and_how_to_mend_it() {
    let Some(server) = ObjectServer::create().await else {
        return;
    };
    let run = |arguments: &[&str], key: &str, value: &str| {
        let mut command = tradepost_tests::command("tradepostd");
        command.args(arguments).args(["--state", "/nonexistent"]);
        command.envs(server.options().set(key, value).variables);
        let output = command.output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, report) = run(&["store", "check"], "OBJECTS__BUCKET", &server.bucket);
    assert!(code == 1 && report.contains("store lifecycle --apply"), "{report}");
    let (code, rules) = run(&["store", "lifecycle", "--apply"], "OBJECTS__BUCKET", &server.bucket);
    assert!(
        code == 0 && rules.contains("shop/r/  forgets deleted objects after 7 days"),
        "{rules}"
    );
    let (code, report) = run(&["store", "check"], "OBJECTS__BUCKET", &server.bucket);
    assert_eq!((code, report), (0, format!("the bucket {}\n", server.bucket)));
    let (code, report) = run(&["store", "check"], "OBJECTS__BUCKET", "tradepost-is-not-there");
    assert!(
        code == 1 && report.contains("there is no bucket tradepost-is-not-there"),
        "{report}"
    );
    let (code, report) = run(&["store", "check"], "OBJECTS__ENDPOINT", "http://127.0.0.1:9");
    assert!(code == 1 && report.contains("no answer"), "{report}");
}
