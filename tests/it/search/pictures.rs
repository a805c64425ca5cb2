//! Items are found by their colours, and by a picture that looks like them.

use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tradepost_tests::TestApp;
use tradepost_tests::wait::PATIENCE;

use super::{pack, paths, search, until_fed};

const ARROW: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path d="M4 10h9V5l8 7-8 7v-5H4z" fill="#0a0"/><circle cx="6" cy="20" r="2" fill="DOT"/></svg>"##;

#[tokio::test]
async fn items_are_found_by_their_colours() {
    let app = TestApp::start();
    let ann = app.trusted("ann");
    let pack = pack("Signs").file("icons/two.svg", ARROW.replace("DOT", "#e07b00"));
    let trace = app.upload_and_settle(&ann, &pack.build()).await;
    assert_eq!(trace["upload"]["state"], "published", "{trace}");
    until_fed(&app, 4).await;
    assert_eq!(paths(&app, "colour=red").await, ["icons/trash-can.svg"]);
    assert_eq!(
        paths(&app, "colour=1030c0").await,
        ["icons/shopping-cart.svg"],
        "a blue, by the nearest name"
    );
    assert_eq!(paths(&app, "colour=green").await.len(), 2);
    assert_eq!(paths(&app, "palette=many-coloured").await, ["icons/two.svg"]);
    let found = search(&app, "palette=one-colour").await;
    let colours = found["facets"]
        .as_array()
        .unwrap()
        .iter()
        .find(|facet| facet["name"] == "colour");
    assert_eq!(
        colours.unwrap()["values"],
        json!([{"value": "blue", "items": 1}, {"value": "green", "items": 1}, {"value": "red", "items": 1}])
    );
    assert_eq!(found["facets_estimated"], false);
    let (status, _) = app.get("/v1/search?colour=mauve", None).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn files_that_were_drawn_before_colours_were_taken_get_theirs() {
    let app = TestApp::start();
    let ann = app.trusted("ann");
    let trace = app.upload_and_settle(&ann, &pack("Signs").build()).await;
    assert_eq!(trace["upload"]["state"], "published", "{trace}");
    until_fed(&app, 3).await;
    // As 0062 finds the files of a release before 0051; the bytes of one of them are lost.
    app.sql(
        "update items set sha256 = sha256('lost') where path = 'icons/arrow-left.svg';
         update item_prints print set facets = '{}', colours_due_at = now() - case item.path when 'icons/arrow-left.svg' then
             interval '2 hours' else interval '1 hour' end from items item where item.id = print.item_id;
         select refresh_items(array(select id from items))",
    )
    .await;
    let begun = Instant::now();
    while paths(&app, "palette=one-colour").await.len() != 2 {
        assert!(begun.elapsed() < PATIENCE, "{}", app.log());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(paths(&app, "colour=red").await, ["icons/trash-can.svg"]);
    assert_eq!(paths(&app, "colour=green").await, Vec::<String>::new());
}

async fn by_picture(app: &TestApp, media_type: &str, bytes: Vec<u8>) -> (StatusCode, Value) {
    let request = app
        .request(Method::POST, "/v1/search/picture")
        .header("content-type", media_type);
    let answer = tradepost_tests::Answer::to(request.body(bytes)).await;
    (answer.status, answer.json())
}

#[tokio::test]
async fn items_are_found_by_a_picture_that_looks_like_them() {
    let app = TestApp::start();
    let ann = app.trusted("ann");
    let pack = pack("Signs").file("icons/arrow.svg", ARROW.replace("DOT", "#0a0"));
    let trace = app.upload_and_settle(&ann, &pack.build()).await;
    assert_eq!(trace["upload"]["state"], "published", "{trace}");
    let svg = ARROW.replace("DOT", "#00a").into_bytes();
    let items = app.rows("/v1/items").await;
    let arrow = items.iter().find(|item| item["path"] == "icons/arrow.svg").unwrap();
    let (_, arrow) = app
        .get(&format!("/v1/items/{}", arrow["id"].as_str().unwrap()), None)
        .await;
    let renditions = arrow["renditions"].as_array().unwrap();
    let image = renditions.iter().find(|rendition| rendition["width"] == 128).unwrap();
    let image = image["url"].as_str().unwrap().to_owned();
    let drawn = app.http.get(format!("{}{image}", app.api)).send().await.unwrap();
    let media_type = drawn.headers()["content-type"].to_str().unwrap().to_owned();
    let drawn = drawn.bytes().await.unwrap().to_vec();
    for (media_type, bytes) in [("image/svg+xml", svg), (media_type.as_str(), drawn)] {
        let (status, found) = by_picture(&app, media_type, bytes).await;
        assert_eq!(status, StatusCode::OK, "{media_type}: {found}");
        assert_eq!(found["rows"][0]["path"], "icons/arrow.svg", "{media_type}: {found}");
    }
    app.sql("update items set state = 'blocked' where path = 'icons/arrow.svg'")
        .await;
    let (_, found) = by_picture(&app, "image/svg+xml", ARROW.replace("DOT", "#00a").into_bytes()).await;
    assert_eq!(found["rows"], json!([]), "withdrawn at once");
}

#[tokio::test]
async fn what_is_no_picture_finds_nothing_and_harms_nothing() {
    let app = TestApp::start();
    let bomb = format!("<svg xmlns='http://www.w3.org/2000/svg'>{}", "<g>".repeat(100_000)).into_bytes();
    for (media_type, bytes, wanted) in [
        ("image/png", b"no picture".to_vec(), StatusCode::UNPROCESSABLE_ENTITY),
        ("image/svg+xml", bomb, StatusCode::UNPROCESSABLE_ENTITY),
        ("image/png", Vec::new(), StatusCode::UNPROCESSABLE_ENTITY),
        ("image/webp", vec![0; 5 << 20], StatusCode::PAYLOAD_TOO_LARGE),
        ("text/plain", b"arrow".to_vec(), StatusCode::UNSUPPORTED_MEDIA_TYPE),
    ] {
        let (status, problem) = by_picture(&app, media_type, bytes).await;
        assert_eq!(status, wanted, "{media_type}: {problem}");
    }
    // Thirty a minute for an address, whatever came of them.
    for _ in 0..30 {
        by_picture(&app, "image/png", b"no picture".to_vec()).await;
    }
    let (status, _) = by_picture(&app, "image/png", b"no picture".to_vec()).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
}
