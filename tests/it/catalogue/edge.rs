//! Pages of the catalogue in a CDN and a browser, and compression.

use reqwest::{Method, StatusCode, redirect};
use tradepost_tests::app::client_builder;
use tradepost_tests::{Answer, PackBuilder, TestApp};

#[tokio::test]
async fn pages_can_be_kept_and_revalidated_and_are_gone_once_withdrawn() {
    let app = TestApp::start();
    let ann = app.trusted("ann");
    let trace = app
        .upload_and_settle(&ann, &PackBuilder::ticks("Ticks", 30).build())
        .await;
    assert_eq!(trace["upload"]["state"], "published", "{trace}");
    let set = app.rows("/v1/sets").await[0].clone();
    let item = app.rows("/v1/items").await[0]["id"].as_str().unwrap().to_owned();
    let (set_id, family_id) = (set["id"].as_str().unwrap(), set["family_id"].as_str().unwrap());
    for (path, key) in [
        (format!("/v1/sets/{set_id}"), format!("set:{set_id}")),
        (format!("/v1/families/{family_id}"), format!("family:{family_id}")),
        ("/v1/items?limit=5".to_owned(), "items".to_owned()),
        (format!("/v1/items/{item}"), format!("item:{item}")),
    ] {
        let get = |tag: Option<&str>| {
            let request = app.request(Method::GET, &path);
            Answer::to(match tag {
                Some(tag) => request.header("if-none-match", tag),
                None => request,
            })
        };
        let first = get(None).await;
        assert_eq!(first.status, StatusCode::OK, "{path}");
        assert!(
            first.header("cache-control").contains("stale-while-revalidate"),
            "{path}"
        );
        let keys = first.header("surrogate-key").to_owned();
        assert!(keys.split(' ').any(|one| one == key), "{path}: {keys}");
        let tag = first.header("etag").to_owned();
        let again = get(Some(&tag)).await;
        assert_eq!(
            (again.status, again.bytes.len()),
            (StatusCode::NOT_MODIFIED, 0),
            "{path}"
        );
        assert_eq!(get(Some("\"other\"")).await.status, StatusCode::OK, "{path}");
    }
    let path = format!("/v1/items/{item}");
    let tag = Answer::to(app.request(Method::GET, &path))
        .await
        .header("etag")
        .to_owned();
    app.sql("update items set state = 'blocked'").await;
    let gone = Answer::to(app.request(Method::GET, &path).header("if-none-match", tag)).await;
    gone.problem(StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn json_is_compressed_for_those_who_ask_and_files_are_not() {
    let app = TestApp::start();
    let ann = app.trusted("ann");
    let trace = app
        .upload_and_settle(&ann, &PackBuilder::ticks("Ticks", 30).build())
        .await;
    assert_eq!(trace["upload"]["state"], "published", "{trace}");
    app.sql("update sets set price_minor = 0").await;
    let get = |path: &str| Answer::to(app.request(Method::GET, path).header("accept-encoding", "gzip"));
    let plain = Answer::to(app.request(Method::GET, "/v1/items")).await;
    let packed = get("/v1/items").await;
    assert_eq!(
        (packed.status, packed.header("content-encoding")),
        (StatusCode::OK, "gzip")
    );
    assert_eq!(packed.bytes[..2], [0x1f, 0x8b]);
    assert!(
        packed.bytes.len() * 4 < plain.bytes.len(),
        "{} of {}",
        packed.bytes.len(),
        plain.bytes.len()
    );
    assert_eq!(packed.header("etag"), plain.header("etag"));
    let item = app.rows("/v1/items").await[0]["id"].as_str().unwrap().to_owned();
    let (_, detail) = app.get(&format!("/v1/items/{item}"), None).await;
    for path in [
        format!("/v1/items/{item}/file"),
        detail["renditions"][0]["url"].as_str().unwrap().to_owned(),
    ] {
        let file = get(&path).await;
        assert_eq!(file.status, StatusCode::OK, "{path}");
        assert!(!file.headers.contains_key("content-encoding"), "{path}");
    }
}

#[tokio::test]
async fn picture_of_an_item_fits_the_formats_and_the_width_of_a_client() {
    let app = TestApp::start();
    let ann = app.trusted("ann");
    let trace = app
        .upload_and_settle(&ann, &PackBuilder::ticks("Ticks", 1).build())
        .await;
    assert_eq!(trace["upload"]["state"], "published", "{trace}");
    let item = app.rows("/v1/items").await[0]["id"].as_str().unwrap().to_owned();
    let (_, detail) = app.get(&format!("/v1/items/{item}"), None).await;
    let renditions = detail["renditions"].as_array().unwrap();
    let client = client_builder().redirect(redirect::Policy::none()).build().unwrap();
    let ask = async |query: &str, accept: &str| {
        let url = format!("{}/v1/items/{item}/picture{query}", app.api);
        Answer::to(client.get(url).header("accept", accept)).await
    };
    for (query, accept, format, width) in [
        ("", "image/avif,image/webp,*/*", "webp", 256),
        ("?width=65", "image/webp", "webp", 128),
        ("?width=64", "*/*", "png", 64),
        ("?width=4096", "image/png", "png", 512),
    ] {
        let answer = ask(query, accept).await;
        assert_eq!(answer.status, StatusCode::TEMPORARY_REDIRECT, "{answer:?}");
        assert_eq!(answer.header("vary"), "accept");
        let place = answer.header("location");
        let found = renditions.iter().find(|rendition| rendition["url"] == place);
        let found = found.unwrap_or_else(|| panic!("{place} is not in {detail}"));
        assert_eq!(
            (&found["format"], &found["width"]),
            (&format.into(), &width.into()),
            "{query} {accept}"
        );
    }
    ask("?width=0", "*/*").await.problem(StatusCode::BAD_REQUEST);
    let absent = app.request(Method::GET, "/v1/items/00000000-0000-7000-8000-000000000000/picture");
    Answer::to(absent).await.problem(StatusCode::NOT_FOUND);
}
