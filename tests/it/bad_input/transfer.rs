//! Bytes that do not arrive as they were announced, and URLs that do not open.

use std::io::Write as _;
use std::net::TcpStream;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tradepost_tests::wait::eventually;
use tradepost_tests::{Answer, Options, PackBuilder, TestApp};

pub(super) fn pack() -> Vec<u8> {
    PackBuilder::ticks("Ticks", 2).build()
}

pub(super) fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

pub(super) fn id(started: &Value) -> &str {
    started["id"].as_str().unwrap()
}

pub(super) fn url(started: &Value) -> &str {
    started["put"]["url"].as_str().unwrap()
}

async fn put(app: &TestApp, url: &str, bytes: &[u8]) -> Answer {
    Answer::to(app.http.put(url).body(bytes.to_vec())).await
}

/// `complete` says that the bytes are missing, and in its detail why.
async fn missing(app: &TestApp, token: &str, started: &Value) -> String {
    let request = app
        .request(Method::POST, &format!("/v1/uploads/{}/complete", id(started)))
        .bearer_auth(token);
    let problem = Answer::to(request).await.problem(StatusCode::CONFLICT);
    assert_eq!(problem["code"], "bytes-missing", "{problem}");
    problem["detail"].as_str().unwrap().to_owned()
}

/// The objects of an upload in the store.
pub(super) fn versions(app: &TestApp, started: &Value) -> usize {
    let kept = std::fs::read_dir(app.state.join("objects/uploads").join(id(started)));
    kept.map_or(0, Iterator::count) + std::fs::read_dir(app.state.join("objects/tmp")).unwrap().count()
}

#[tokio::test]
async fn bytes_that_were_not_announced_and_forged_urls_are_refused() {
    let app = TestApp::start();
    let token = app.trusted("carl");
    truncated_upload_is_refused_and_complete_says_how_many_bytes_came(&app, &token).await;
    wrong_checksum_and_too_many_bytes_are_refused_and_nothing_is_kept(&app, &token).await;
    forged_url_opens_nothing(&app, &token).await;
}

async fn truncated_upload_is_refused_and_complete_says_how_many_bytes_came(app: &TestApp, token: &str) {
    let pack = pack();
    let started = app.announce(token, pack.len(), &sha256(&pack)).await;
    assert!(missing(app, token, &started).await.contains("PUT them"));

    let problem = put(app, url(&started), &pack[..100])
        .await
        .problem(StatusCode::UNPROCESSABLE_ENTITY);
    let told = format!("100 of {} bytes", pack.len());
    assert!(problem["detail"].as_str().unwrap().contains(&told), "{problem}");
    assert!(missing(app, token, &started).await.contains(&told));
    assert_eq!(versions(app, &started), 0, "nothing is kept of it");

    assert_eq!(
        put(app, url(&started), &pack).await.status,
        StatusCode::NO_CONTENT,
        "the URL still works"
    );
    assert_eq!(app.complete(token, id(&started)).await.0, StatusCode::ACCEPTED);
    assert_eq!(app.settled(id(&started)).await["upload"]["state"], "published");
}

#[tokio::test]
async fn connection_that_breaks_leaves_nothing_and_complete_says_how_many_bytes_came() {
    let app = TestApp::start();
    let (token, pack) = (app.trusted("carl"), pack());
    let started = app.announce(&token, pack.len(), &sha256(&pack)).await;
    let host = app.api.strip_prefix("http://").unwrap();
    let path = url(&started).strip_prefix(&app.api).unwrap();
    let mut connection = TcpStream::connect(host).unwrap();
    let head = format!(
        "PUT {path} HTTP/1.1\r\nhost: {host}\r\ncontent-length: {}\r\n\r\n",
        pack.len()
    );
    connection.write_all(head.as_bytes()).unwrap();
    connection.write_all(&pack[..100]).unwrap();
    drop(connection);

    let told = format!("100 of {} bytes", pack.len());
    eventually("complete tells of the break", async || {
        let detail = missing(&app, &token, &started).await;
        if detail.contains(&told) || detail.contains("truncated") {
            Ok(())
        } else {
            Err(detail)
        }
    })
    .await;
    let detail = missing(&app, &token, &started).await;
    assert!(detail.contains(&told), "{detail}");
    assert_eq!(versions(&app, &started), 0, "nothing is kept of it");
}

async fn wrong_checksum_and_too_many_bytes_are_refused_and_nothing_is_kept(app: &TestApp, token: &str) {
    let pack = pack();
    let mut changed = pack.clone();
    changed[40] ^= 1;
    let started = app.announce(token, pack.len(), &sha256(&pack)).await;
    let problem = put(app, url(&started), &changed)
        .await
        .problem(StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(problem["code"], "checksum-mismatch");
    let detail = problem["detail"].as_str().unwrap();
    assert!(
        detail.contains(&sha256(&pack)) && detail.contains(&sha256(&changed)),
        "{detail}"
    );
    assert!(missing(app, token, &started).await.contains(&sha256(&changed)));
    assert_eq!(versions(app, &started), 0);

    let longer = [pack.as_slice(), b"and more"].concat();
    let problem = put(app, url(&started), &longer)
        .await
        .problem(StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(problem["code"], "wrong-size", "{problem}");
    let told = format!("More than the announced {} bytes", pack.len());
    assert!(missing(app, token, &started).await.contains(&told));
    assert_eq!(versions(app, &started), 0);
}

async fn forged_url_opens_nothing(app: &TestApp, token: &str) {
    let pack = pack();
    let started = app.announce(token, pack.len(), &sha256(&pack)).await;
    let other = app.announce(token, pack.len(), &sha256(&pack)).await;
    let url = url(&started);
    let (start, signature) = url.rsplit_once("signature=").unwrap();
    let first = if signature.starts_with('0') { "1" } else { "0" };
    let expires = url.split_once("expires=").unwrap().1.split_once('&').unwrap().0;
    let later = (expires.parse::<u64>().unwrap() + 3_600).to_string();
    let forged = [
        ("its signature", format!("{start}signature={first}{}", &signature[1..])),
        ("no hexadecimal", format!("{start}signature=zz")),
        ("its expiry", url.replace(expires, &later)),
        ("its upload", url.replace(id(&started), id(&other))),
    ];
    for (what, forged) in forged {
        let problem = put(app, &forged, &pack).await.problem(StatusCode::FORBIDDEN);
        assert_eq!(problem["code"], "forbidden", "{what}");
    }
    let get = Answer::to(app.http.get(url)).await;
    assert_eq!(get.status, StatusCode::METHOD_NOT_ALLOWED, "a signed PUT reads nothing");
    let unsigned = put(app, url.split_once('?').unwrap().0, &pack)
        .await
        .problem(StatusCode::BAD_REQUEST);
    assert!(unsigned["faults"].to_string().contains("expires"), "{unsigned}");
}

#[tokio::test]
async fn expired_url_is_gone() {
    let app = TestApp::start_with(Options::default().set("LIMITS__UPLOAD_URL_SECONDS", 1));
    let (token, pack) = (app.trusted("carl"), pack());
    let started = app.announce(&token, pack.len(), &sha256(&pack)).await;
    let gone = eventually("the URL expires", async || {
        let answer = put(&app, url(&started), &pack[..10]).await;
        if answer.status == StatusCode::UNPROCESSABLE_ENTITY {
            Err("it still works".to_owned())
        } else {
            Ok(answer)
        }
    })
    .await;
    let problem = gone.problem(StatusCode::GONE);
    assert_eq!(problem["code"], "url-expired", "{problem}");
    assert!(problem["detail"].as_str().unwrap().contains("has expired"), "{problem}");
}

#[tokio::test]
async fn completed_upload_takes_no_other_bytes_and_completing_again_changes_nothing() {
    let app = TestApp::start();
    let (token, pack) = (app.trusted("carl"), pack());
    let started = app.announce(&token, pack.len(), &sha256(&pack)).await;
    assert_eq!(put(&app, url(&started), &pack).await.status, StatusCode::NO_CONTENT);
    assert_eq!(
        put(&app, url(&started), &pack).await.status,
        StatusCode::NO_CONTENT,
        "before that it may be sent again"
    );
    let path = format!("/v1/uploads/{}/complete", id(&started));
    let (first, second) = tokio::join!(
        app.call(Method::POST, &path, Some(&token), None),
        app.call(Method::POST, &path, Some(&token), None)
    );
    assert_eq!(
        (first.0, second.0),
        (StatusCode::ACCEPTED, StatusCode::ACCEPTED),
        "{first:?} {second:?}"
    );
    let problem = put(&app, url(&started), &pack).await.problem(StatusCode::CONFLICT);
    assert_eq!(problem["code"], "already-complete");

    let trace = app.settled(id(&started)).await;
    assert_eq!(trace["upload"]["state"], "published", "{trace}");
    let (status, again) = app.complete(&token, id(&started)).await;
    assert_eq!(
        (status, &again["upload"]["state"]),
        (StatusCode::ACCEPTED, &json!("published")),
        "{again}"
    );
    assert_eq!(app.rows("/v1/items").await.len(), 2);
    assert_eq!(
        put(&app, url(&started), &pack).await.problem(StatusCode::CONFLICT)["code"],
        "already-complete"
    );
}
