//! Source files: by signed URL, for those who may have them.

use reqwest::{Method, StatusCode};
use tradepost_tests::packs::TICK;
use tradepost_tests::wait::eventually;
use tradepost_tests::{Answer, Options, PackBuilder, TestApp};

async fn published_item(app: &TestApp, token: &str) -> String {
    let pack = PackBuilder::new("Ticks").file("icons/tick.svg", TICK).build();
    let trace = app.upload_and_settle(token, &pack).await;
    assert_eq!(trace["upload"]["state"], "published", "{trace}");
    app.rows("/v1/items").await[0]["id"].as_str().unwrap().to_owned()
}

async fn source(app: &TestApp, item: &str, token: &str) -> Answer {
    Answer::to(
        app.request(Method::GET, &format!("/v1/items/{item}/source"))
            .bearer_auth(token),
    )
    .await
}

#[tokio::test]
async fn contributor_downloads_its_own_file_and_nobody_else_does() {
    let app = TestApp::start();
    let (ann, bob) = (app.trusted("ann"), app.trusted("bob"));
    let item = published_item(&app, &ann).await;
    let signed = source(&app, &item, &ann).await;
    assert_eq!(signed.status, StatusCode::OK, "{signed:?}");
    let url = signed.json()["url"].as_str().unwrap().to_owned();
    let file = Answer::to(app.http.get(&url)).await;
    assert_eq!((file.status, file.bytes.as_slice()), (StatusCode::OK, TICK.as_bytes()));
    assert_eq!(file.header("content-disposition"), "attachment; filename=\"tick.svg\"");
    assert_eq!(
        file.header("content-type"),
        "application/octet-stream",
        "a browser must not run it"
    );
    assert_eq!(file.header("x-content-type-options"), "nosniff");

    assert_forgery_opens_nothing(&app, &url).await;
    source(&app, &item, &bob).await.problem(StatusCode::NOT_FOUND);
    let buyer = app.token(&["--account", "guest", "--role", "buyer"]);
    source(&app, &item, &buyer).await.problem(StatusCode::NOT_FOUND);
    let path = format!("/v1/items/{item}/source");
    Answer::to(app.request(Method::GET, &path))
        .await
        .problem(StatusCode::UNAUTHORIZED);
}

async fn assert_forgery_opens_nothing(app: &TestApp, url: &str) {
    let (start, signature) = url.rsplit_once("signature=").unwrap();
    let first = if signature.starts_with('0') { "1" } else { "0" };
    let other_name = url.replace("tick.svg", "tick.html");
    for forged in [format!("{start}signature={first}{}", &signature[1..]), other_name] {
        Answer::to(app.http.get(&forged)).await.problem(StatusCode::FORBIDDEN);
    }
    Answer::to(app.http.get(url.split_once('?').unwrap().0))
        .await
        .problem(StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn presigned_url_ends_with_the_rejection_and_with_the_ban() {
    let app = TestApp::start();
    let token = app.token(&["--account", "newbie"]);
    let mut files = Vec::new();
    for set in ["One", "Two"] {
        let (case, _) = app.case_of(&token, set, 1).await;
        let item = app.look(&format!("/v1/cases/{case}")).await["items"][0]["id"].clone();
        let url = source(&app, item.as_str().unwrap(), &token).await.json()["url"].clone();
        files.push((case, url.as_str().unwrap().to_owned()));
    }
    let status = async |url: &str| Answer::to(app.http.get(url)).await.status;
    let [(first, of_first), (second, of_second)] = &files[..] else {
        panic!("two files")
    };
    assert_eq!(status(of_first).await, StatusCode::OK);
    app.desk(first, "reject", serde_json::json!({ "template": "quality" }))
        .await;
    assert_eq!(status(of_first).await, StatusCode::NOT_FOUND, "it was rejected");
    app.desk(first, "undo", serde_json::json!({})).await;
    assert_eq!(status(of_first).await, StatusCode::OK, "and is there again");
    assert_eq!(status(of_second).await, StatusCode::OK);
    let ban = serde_json::json!({ "template": "copy", "reject_open": false });
    app.desk(first, "ban", ban).await;
    let open = app.look(&format!("/v1/cases/{second}")).await;
    assert_eq!(open["items"][0]["state"], "ready", "{open}");
    assert_eq!(
        status(of_second).await,
        StatusCode::NOT_FOUND,
        "the contributor is banned"
    );
}

#[tokio::test]
async fn download_expires() {
    let app = TestApp::start_with(Options::default().set("LIMITS__DOWNLOAD_URL_SECONDS", 1));
    let ann = app.trusted("ann");
    let item = published_item(&app, &ann).await;
    let url = source(&app, &item, &ann).await.json()["url"]
        .as_str()
        .unwrap()
        .to_owned();
    let gone = eventually("the URL expires", async || {
        let answer = Answer::to(app.http.get(&url)).await;
        if answer.status == StatusCode::OK {
            Err("it still works".to_owned())
        } else {
            Ok(answer)
        }
    })
    .await;
    assert_eq!(gone.problem(StatusCode::GONE)["code"], "url-expired");
}

#[tokio::test]
async fn pictures_of_what_is_not_published_are_not_there() {
    let app = TestApp::start();
    let token = app.token(&["--account", "newbie"]);
    let trace = app
        .upload_and_settle(&token, &PackBuilder::ticks("Ticks", 1).build())
        .await;
    let case = trace["case_id"].as_str().unwrap();
    let detail = app.look(&format!("/v1/cases/{case}")).await;
    let item = detail["items"][0]["id"].as_str().unwrap();
    app.get(&format!("/v1/items/{item}"), None)
        .await
        .0
        .is_client_error()
        .then_some(())
        .unwrap();
    // The file names in the store are the names in the URL.
    let mut pictures = Vec::new();
    collect(&app.state.join("objects/r"), &mut pictures);
    assert!(pictures.len() >= 9, "{pictures:?}");
    for name in &pictures {
        let answer = Answer::to(app.request(Method::GET, &format!("/r/{name}"))).await;
        answer.problem(StatusCode::NOT_FOUND);
    }
    app.act(&format!("/v1/cases/{case}/approve"), serde_json::json!({}))
        .await;
    for name in &pictures {
        let answer = Answer::to(app.request(Method::GET, &format!("/r/{name}"))).await;
        assert_eq!(answer.status, StatusCode::OK, "{name}");
    }
}

fn collect(folder: &std::path::Path, names: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.path().is_dir() {
            collect(&entry.path(), names);
        } else {
            names.push(entry.file_name().to_str().unwrap().to_owned());
        }
    }
}
