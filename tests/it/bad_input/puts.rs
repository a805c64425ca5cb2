//! More PUTs than one for an upload: what was acknowledged stays, what is not needed goes, and the disk has a bound.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Instant;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tradepost_tests::wait::eventually;
use tradepost_tests::{Answer, Options, PackBuilder, TestApp};

use super::transfer::{id, pack, sha256, url, versions};

/// Enough to fail when a PUT deletes the version of another one. `make chaos-puts` runs 1,000.
const ROUNDS: usize = 60;

fn rounds() -> usize {
    std::env::var("PUT_ROUNDS").map_or(ROUNDS, |rounds| rounds.parse().unwrap())
}

/// A PUT that is sent bit by bit.
struct SlowPut(TcpStream);

impl SlowPut {
    /// Sends the head, and no byte of the body.
    fn begin(app: &TestApp, started: &Value, length: usize) -> Self {
        let host = app.api.strip_prefix("http://").unwrap();
        let path = url(started).strip_prefix(&app.api).unwrap();
        let mut stream = TcpStream::connect(host).unwrap();
        let head =
            format!("PUT {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        Self(stream)
    }

    fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).unwrap();
    }

    /// The status and the body, once they come.
    fn answer(mut self) -> (u16, String) {
        let mut text = String::new();
        self.0.read_to_string(&mut text).unwrap();
        let status = text.split(' ').nth(1).and_then(|status| status.parse().ok());
        (status.unwrap_or_else(|| panic!("no answer: {text:?}")), text)
    }
}

fn spoiled(pack: &[u8]) -> Vec<u8> {
    let mut spoiled = pack.to_vec();
    spoiled[40] ^= 1;
    spoiled
}

#[tokio::test]
async fn bad_put_that_began_first_takes_nothing_from_the_good_one() {
    let app = TestApp::start();
    let (token, pack) = (app.trusted("carl"), pack());
    let started = app.announce(&token, pack.len(), &sha256(&pack)).await;
    let bad = spoiled(&pack);
    let mut slow = SlowPut::begin(&app, &started, bad.len());
    slow.send(&bad[..100]);
    eventually("the slow one has begun", async || match versions(&app, &started) {
        1 => Ok(()),
        other => Err(format!("{other} files")),
    })
    .await;
    let (status, body) = app.put(&started, pack.clone()).await;
    assert_eq!(status, StatusCode::NO_CONTENT, "{body}");
    slow.send(&bad[100..]);
    let (status, told) = slow.answer();
    assert_eq!(status, 422, "{told}");
    assert!(told.contains("checksum-mismatch"), "{told}");
    assert_eq!(versions(&app, &started), 1, "the good one stays");
    assert_eq!(app.complete(&token, id(&started)).await.0, StatusCode::ACCEPTED);
    assert_eq!(app.settled(id(&started)).await["upload"]["state"], "published");
}

#[tokio::test]
async fn racing_puts_leave_one_version_and_lose_nothing_that_was_acknowledged() {
    let app = TestApp::start_with(Options::default().set("LIMITS__UPLOAD_STARTS_PER_MINUTE", 100_000));
    let token = app.trusted("carl");
    let started_at = Instant::now();
    for round in 0..rounds() {
        // No pack: it is the store that is tried.
        let bytes = format!("round {round} of no pack at all, and of enough bytes to spoil one").into_bytes();
        let started = app.announce(&token, bytes.len(), &sha256(&bytes)).await;
        let bad = spoiled(&bytes);
        let mut slow = SlowPut::begin(&app, &started, bad.len());
        slow.send(&bad[..10]);
        let finish = async {
            tokio::task::yield_now().await;
            slow.send(&bad[10..]);
        };
        let (first, second, ()) = tokio::join!(
            app.put(&started, bytes.clone()),
            app.put(&started, bytes.clone()),
            finish
        );
        assert_eq!((first.0, second.0), (StatusCode::NO_CONTENT, StatusCode::NO_CONTENT));
        assert_eq!(slow.answer().0, 422);
        let folder = app.state.join("objects/uploads").join(id(&started));
        let kept: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        assert_eq!(kept.len(), 1, "round {round}: {kept:?}");
        assert_eq!(std::fs::read(&kept[0]).unwrap(), bytes);
        let pool = app.database().await;
        let version: Option<String> = sqlx::query_scalar("select object_version from uploads where id = $1::uuid")
            .bind(id(&started))
            .fetch_one(&pool)
            .await
            .unwrap();
        pool.close().await;
        assert_eq!(
            kept[0].file_name().unwrap().to_str(),
            version.as_deref(),
            "round {round}"
        );
    }
    println!("{} rounds in {:?}", rounds(), started_at.elapsed());
}

#[tokio::test]
async fn put_that_ends_after_complete_is_refused_and_its_bytes_are_deleted() {
    let app = TestApp::start();
    let (token, pack) = (app.trusted("carl"), pack());
    let started = app.announce(&token, pack.len(), &sha256(&pack)).await;
    let mut slow = SlowPut::begin(&app, &started, pack.len());
    slow.send(&pack[..100]);
    assert_eq!(app.put(&started, pack.clone()).await.0, StatusCode::NO_CONTENT);
    assert_eq!(app.complete(&token, id(&started)).await.0, StatusCode::ACCEPTED);
    slow.send(&pack[100..]);
    let (status, told) = slow.answer();
    assert!(status == 409 && told.contains("already-complete"), "{told}");
    assert_eq!(app.settled(id(&started)).await["upload"]["state"], "published");
    assert_eq!(versions(&app, &started), 1, "the pinned one stays");
}

#[tokio::test]
async fn put_after_complete_rejection_or_ban_is_refused_before_its_body() {
    let app = TestApp::start();
    let token = app.token(&["--account", "newbie"]);
    let pack = pack();
    let waiting = app.announce(&token, pack.len(), &sha256(&pack)).await;
    let rejected = app.announce(&token, pack.len(), &sha256(&pack)).await;
    assert_eq!(app.put(&rejected, pack.clone()).await.0, StatusCode::NO_CONTENT);
    assert_eq!(app.complete(&token, id(&rejected)).await.0, StatusCode::ACCEPTED);
    let refused = |started: &Value| SlowPut::begin(&app, started, pack.len()).answer();
    let (status, told) = refused(&rejected);
    assert!(
        status == 409 && told.contains("already-complete"),
        "after complete: {told}"
    );
    let trace = app.settled(id(&rejected)).await;
    let case = trace["case_id"].as_str().unwrap();
    app.desk(case, "ban", json!({ "template": "copy" })).await;
    let (status, told) = refused(&rejected);
    assert!(
        status == 409 && told.contains("already-complete"),
        "after rejection: {told}"
    );
    let (status, told) = refused(&waiting);
    assert!(
        status == 403 && told.contains("account-banned"),
        "after the ban: {told}"
    );
    assert_eq!(versions(&app, &waiting), 0);
    assert_eq!(versions(&app, &rejected), 1, "the evidence stays");
}

#[tokio::test]
async fn one_version_of_an_upload_lives_and_what_a_crash_left_is_swept() {
    let mut app = TestApp::start();
    let (token, pack) = (app.trusted("carl"), pack());
    let started = app.announce(&token, pack.len(), &sha256(&pack)).await;
    for _ in 0..5 {
        assert_eq!(app.put(&started, pack.clone()).await.0, StatusCode::NO_CONTENT);
        assert_eq!(versions(&app, &started), 1);
    }
    app.kill();
    let folder = app.state.join("objects/uploads");
    let left = folder.join(id(&started)).join("00000000000000000000000000000000");
    std::fs::write(&left, &pack).unwrap();
    let stranger = folder.join("01990000-0000-7000-8000-000000000001/00000000000000000000000000000000");
    std::fs::create_dir(stranger.parent().unwrap()).unwrap();
    std::fs::write(&stranger, "of another database").unwrap();
    app.restart();
    eventually("the sweep has come by", async || match left.exists() {
        true => Err("it is still there".to_owned()),
        false => Ok(()),
    })
    .await;
    assert_eq!(versions(&app, &started), 1, "the acknowledged one stays");
    assert!(stranger.exists(), "what the database does not know stays");
    assert_eq!(app.complete(&token, id(&started)).await.0, StatusCode::ACCEPTED);
    assert_eq!(app.settled(id(&started)).await["upload"]["state"], "published");
}

#[tokio::test]
async fn puts_are_limited_as_starts_are() {
    let app = TestApp::start_with(Options::default().set("LIMITS__UPLOAD_STARTS_PER_MINUTE", 2));
    let (token, pack) = (app.trusted("hasty"), pack());
    let started = app.announce(&token, pack.len(), &sha256(&pack)).await;
    let put = || Answer::to(app.http.put(url(&started)).body(pack.clone()));
    for _ in 0..6 {
        assert_eq!(put().await.status, StatusCode::NO_CONTENT);
    }
    let answer = put().await;
    assert_eq!(answer.problem(StatusCode::TOO_MANY_REQUESTS)["code"], "rate-limited");
    let policies: Vec<_> = answer.headers.get_all("ratelimit-policy").iter().collect();
    assert!(
        policies.iter().any(|policy| *policy == "\"upload-puts\";q=6;w=60"),
        "{policies:?}"
    );
}

#[tokio::test]
async fn fourth_put_of_an_upload_at_once_is_refused() {
    let app = TestApp::start();
    let (token, pack) = (app.trusted("carl"), pack());
    let started = app.announce(&token, pack.len(), &sha256(&pack)).await;
    let mut running: Vec<_> = (0..3).map(|_| SlowPut::begin(&app, &started, pack.len())).collect();
    running.iter_mut().for_each(|put| put.send(&pack[..10]));
    eventually("three PUTs run", async || match versions(&app, &started) {
        3 => Ok(()),
        other => Err(format!("{other} files")),
    })
    .await;
    let (status, told) = SlowPut::begin(&app, &started, pack.len()).answer();
    assert!(status == 409 && told.contains("puts-running"), "{told}");
    drop(running);
    eventually("they have ended", async || {
        match app.put(&started, pack.clone()).await {
            (StatusCode::NO_CONTENT, _) => Ok(()),
            (status, body) => Err(format!("{status}: {body}")),
        }
    })
    .await;
    assert_eq!(versions(&app, &started), 1);
}

#[tokio::test]
async fn account_has_a_quota_of_bytes_that_are_not_published() {
    let options = Options::default()
        .set("LIMITS__PACK_MIB", 1)
        .set("LIMITS__ACCOUNT_UNPUBLISHED_MIB", 2);
    let app = TestApp::start_with(options);
    let (ann, bob) = (app.trusted("ann"), app.trusted("bob"));
    let start = async |token: &str, size_bytes: usize| {
        let body = json!({ "file_name": "pack.zip", "size_bytes": size_bytes, "sha256": "ab".repeat(32) });
        app.call(Method::POST, "/v1/uploads", Some(token), Some(body)).await
    };
    let pack = PackBuilder::ticks("Ticks", 1).build();
    app.upload_and_settle(&ann, &pack).await;
    for _ in 0..2 {
        assert_eq!(
            start(&ann, 1 << 20).await.0,
            StatusCode::CREATED,
            "what is published does not count"
        );
    }
    let (status, problem) = start(&ann, 1).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("quota-exceeded")),
        "{problem}"
    );
    assert!(problem["detail"].as_str().unwrap().contains("2 of 2 MiB"), "{problem}");
    let (first, second, third) = tokio::join!(start(&bob, 1 << 20), start(&bob, 1 << 20), start(&bob, 1 << 20));
    let mut statuses = [first.0, second.0, third.0].map(|status| status.as_u16());
    statuses.sort_unstable();
    assert_eq!(
        statuses,
        [201, 201, 409],
        "starts at once are counted one after the other"
    );
    app.sql("update uploads set state = 'expired', settled_at = now() where state = 'awaiting_bytes'")
        .await;
    assert_eq!(
        start(&ann, 1 << 20).await.0,
        StatusCode::CREATED,
        "what has expired does not count"
    );
}
