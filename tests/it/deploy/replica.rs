//! A real streaming replica, five seconds behind: strangers read from it, and nobody misses a write of their own.

use reqwest::StatusCode;
use tradepost_tests::replica::{Client, Replica, Writer};
use tradepost_tests::server::Server;
use tradepost_tests::wait::eventually;
use tradepost_tests::{Options, TestApp};

fn options(server: &Server, replica: &Replica, max_lag_seconds: u32) -> Options {
    Options::default()
        .set("DATABASE__URL", server.url())
        .set("DATABASE__REPLICA_URL", replica.url())
        .set("DATABASE__REPLICA_MAX_LAG_SECONDS", max_lag_seconds)
        .set("DATABASE__MAX_CONNECTIONS", 8)
}

/// Waits until a stranger's read of a path has that status.
async fn until_read(app: &TestApp, path: &str, expected: StatusCode) {
    eventually(&format!("{path} is {expected}"), async || {
        match app.get(path, None).await.0 {
            status if status == expected => Ok(()),
            other => Err(other.to_string()),
        }
    })
    .await;
}

async fn until_logged(app: &TestApp, words: &str) {
    eventually(words, async || match app.log() {
        log if log.contains(words) => Ok(()),
        log => Err(log),
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn own_writes_are_read_while_the_replica_is_behind_and_strangers_read_from_it() {
    let server = Server::start().await.unwrap();
    let mut replica = Replica::start(&server, "5s").await.unwrap();
    let app = TestApp::start_with(options(&server, &replica, 30));
    let writer = Writer::publish(&app).await;
    // Until it has the item, strangers may not see it: they are behind.
    until_read(&app, &writer.path(), StatusCode::OK).await;
    for client in [Client::Token, Client::Header, Client::Cookie] {
        assert_eq!(writer.misses(66, client).await, 0, "{client:?}");
    }
    replica.until_caught_up(&server).await.unwrap();
    writer.write("delisted").await;
    assert_eq!(
        app.get(&writer.path(), None).await.0,
        StatusCode::OK,
        "a stranger reads from the replica"
    );
    assert_eq!(
        app.get("/v1/items", None).await.1["rows"].as_array().map(Vec::len),
        Some(2)
    );

    // It answers no more: the primary does, and no request fails.
    replica.kill();
    for _ in 0..50 {
        let (status, page) = app.get("/v1/items", None).await;
        assert_eq!(
            (status, page["rows"].as_array().map(Vec::len)),
            (StatusCode::OK, Some(1)),
            "{page}"
        );
    }
    assert_eq!(app.get(&writer.path(), None).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn replica_that_is_too_far_behind_is_left_out() {
    let server = Server::start().await.unwrap();
    let replica = Replica::start(&server, "0").await.unwrap();
    let app = TestApp::start_with(options(&server, &replica, 2));
    let writer = Writer::publish(&app).await;
    until_read(&app, &writer.path(), StatusCode::OK).await;
    until_logged(&app, "the replica answers reads").await;
    replica.pause().await.unwrap();
    writer.write("delisted").await;
    assert_eq!(
        app.get(&writer.path(), None).await.0,
        StatusCode::OK,
        "it is behind, and young enough"
    );
    until_read(&app, &writer.path(), StatusCode::NOT_FOUND).await;
    until_logged(&app, "the replica is down or too far behind").await;
}
