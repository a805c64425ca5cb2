//! Answers from memory, and from a Redis that machines share.

use std::time::{Duration, Instant};

use bytes::Bytes;
use reqwest::{Method, StatusCode};
use serde_json::json;
use tradepost_tests::redis::Redis;
use tradepost_tests::server::Server;
use tradepost_tests::wait::PATIENCE;
use tradepost_tests::{Answer, Options, PackBuilder, TestApp};

/// The value of a counter.
async fn counter(app: &TestApp, name: &str) -> u64 {
    let metrics = Answer::to(app.control_request(Method::GET, "/metrics")).await;
    let metrics = String::from_utf8(metrics.bytes).unwrap();
    let line = metrics
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix("_total "));
    line.unwrap_or_else(|| panic!("no {name} in {metrics}"))
        .parse()
        .unwrap()
}

async fn loads(app: &TestApp) -> u64 {
    counter(app, "tradepost_cache_loads").await
}

/// Publishes a set of five; answers with the path of an item.
async fn publish(app: &TestApp, token: &str) -> String {
    let trace = app
        .upload_and_settle(token, &PackBuilder::ticks("Ticks", 5).build())
        .await;
    assert_eq!(trace["upload"]["state"], "published", "{trace}");
    format!("/v1/items/{}", app.rows("/v1/items").await[0]["id"].as_str().unwrap())
}

async fn set_listing(app: &TestApp, token: &str, item: &str, listing: &str) {
    let path = item.replace("/v1/items/", "/v1/listings/item/");
    let (status, body) = app
        .call(Method::PUT, &path, Some(token), Some(json!({ "listing": listing })))
        .await;
    assert_eq!(status, StatusCode::OK, "{body}");
}

#[tokio::test]
async fn one_request_loads_for_all_that_ask_at_once() {
    let app = TestApp::start();
    let ann = app.trusted("ann");
    let item = publish(&app, &ann).await;
    let before = loads(&app).await;
    let asked = (0..40).map(|_| app.get(&item, None));
    for (status, body) in futures_util::future::join_all(asked).await {
        assert_eq!(status, StatusCode::OK, "{body}");
    }
    let loaded = loads(&app).await - before;
    // Views that are added up meanwhile make another page.
    assert!(loaded <= 4, "{loaded} of 40 requests loaded");

    app.until("/v1/search", |status| {
        status["waiting"] == 0 && status["documents"] == 5
    })
    .await;
    let lists = [
        "/v1/search?kind=icon",
        "/v1/search?q=tick",
        "/v1/items?order=popular",
        "/v1/sets",
    ];
    for list in lists {
        let before = loads(&app).await;
        for _ in 0..10 {
            let (status, page) = app.get(list, None).await;
            assert_eq!(status, StatusCode::OK, "{page}");
        }
        let loaded = loads(&app).await - before;
        assert!(loaded <= 4, "{loaded} of 10 requests for {list} loaded");
    }
    for (listing, count) in [("delisted", 4), ("listed", 5), ("delisted", 4)] {
        set_listing(&app, &ann, &item, listing).await;
        let page = app.rows("/v1/items?order=popular").await;
        assert_eq!(page.len(), count, "{listing}: {page:?}");
        assert_eq!(app.rows("/v1/sets").await[0]["items"], count, "{listing}");
        if listing == "delisted" {
            for search in ["/v1/search?kind=icon", "/v1/search?q=tick"] {
                assert_eq!(app.rows(search).await.len(), count, "{search}");
            }
        }
    }
}

/// A transaction that changes an entry of the catalogue; answers with the state after it.
async fn change(db: &sqlx::PgPool) -> i64 {
    let change = "update catalogue set sales = sales + 1 where product = 'set'";
    sqlx::query(change).execute(db).await.unwrap();
    let state: String = sqlx::query_scalar("select catalogue_state()")
        .fetch_one(db)
        .await
        .unwrap();
    state.parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_state_of_the_catalogue_grows_with_each_change_and_its_table_does_not() {
    const WRITERS: usize = 4;
    const CHANGES: usize = 250;
    let app = TestApp::start();
    let ann = app.trusted("ann");
    publish(&app, &ann).await;
    let db = app.database_with(4).await;
    let writers = (0..WRITERS).map(|_| {
        let db = db.clone();
        tokio::spawn(async move {
            let mut last = 0;
            for _ in 0..CHANGES {
                let state = change(&db).await;
                assert!(state > last, "{state} after {last}");
                last = state;
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    let before = change(&db).await;
    let mut tx = db.begin().await.unwrap();
    sqlx::query("delete from catalogue").execute(&mut *tx).await.unwrap();
    tx.rollback().await.unwrap();
    let state: String = sqlx::query_scalar("select catalogue_state()")
        .fetch_one(&db)
        .await
        .unwrap();
    assert_eq!(state, before.to_string(), "what was rolled back is no change");
    let rows: i64 = sqlx::query_scalar("select count(*) from catalogue_changes")
        .fetch_one(&db)
        .await
        .unwrap();
    // One writer of fifty makes one row of all; that 600 in a row do not is less likely than one in a hundred thousand.
    assert!(rows < 600, "{rows} rows after {} changes", WRITERS * CHANGES);
}

#[tokio::test]
async fn machines_share_a_redis_and_none_shows_what_was_withdrawn() {
    let Some(mut redis) = Redis::start() else { return };
    let server = Server::start().await.unwrap();
    let machine = || {
        Options::default()
            .set("DATABASE__URL", server.url())
            .set("DATABASE__MAX_CONNECTIONS", 4)
            .set("LIMITS__SEARCHES_PER_MINUTE", 4)
            .set("CACHE__REDIS_URL", &redis.url)
    };
    // The objects are files of the first one.
    let reader = machine().set("DAEMON__ROLES", r#"["api"]"#);
    let (one, two) = (TestApp::start_with(machine()), TestApp::start_with(reader));
    let ann = one.trusted("ann");
    let item = publish(&one, &ann).await;
    for _ in 0..10 {
        for app in [&one, &two] {
            assert_eq!(app.get(&item, None).await.0, StatusCode::OK);
        }
    }
    let loaded = loads(&one).await + loads(&two).await;
    assert!(loaded <= 6, "{loaded} of 20 requests loaded");
    assert_ne!(redis.ask("DBSIZE"), ":0");

    for _ in 0..3 {
        set_listing(&one, &ann, &item, "delisted").await;
        for app in [&two, &one] {
            assert_eq!(app.get(&item, None).await.0, StatusCode::NOT_FOUND);
        }
        set_listing(&two, &ann, &item, "listed").await;
        for app in [&one, &two] {
            assert_eq!(app.get(&item, None).await.0, StatusCode::OK);
        }
    }

    let search = async |app: &TestApp| app.get("/v1/search?q=tick", None).await.0;
    for app in [&one, &two, &one, &two] {
        assert_eq!(search(app).await, StatusCode::OK);
    }
    for app in [&one, &two] {
        assert_eq!(search(app).await, StatusCode::TOO_MANY_REQUESTS);
    }

    redis.kill();
    let begun = Instant::now();
    for app in [&one, &two] {
        assert_eq!(app.get(&item, None).await.0, StatusCode::OK);
        assert_eq!(search(app).await, StatusCode::OK, "a machine has budgets of its own");
        assert!(counter(app, "tradepost_cache_redis_failures").await > 0);
    }
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    set_listing(&one, &ann, &item, "delisted").await;
    assert_eq!(two.get(&item, None).await.0, StatusCode::NOT_FOUND);
    redis.restart();
    while redis.ask("DBSIZE") == ":0" {
        assert_eq!(two.get("/v1/items", None).await.0, StatusCode::OK);
        assert!(begun.elapsed() < Duration::from_secs(60), "{}", two.log());
    }
}

#[tokio::test]
async fn redis_is_asked_over_tls_only_with_a_certificate_that_is_trusted() {
    let (Some(redis), Some(other)) = (Redis::start_with_tls(), Redis::start_with_tls()) else {
        return;
    };
    // An error: another test installed it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let open = |ca: &Redis| tradepostd::cache::Redis::new(&redis.url.clone().into(), Some(&ca.certificate())).unwrap();
    let (trusting, doubting) = (open(&redis), open(&other));
    let (key, value) = ("key", Bytes::from("value"));
    let begun = Instant::now();
    while trusting.get(key).await.as_ref() != Some(&value) {
        trusting.set(key, &value, Duration::from_secs(600)).await;
        assert!(begun.elapsed() < PATIENCE, "no answer over TLS");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(doubting.get(key).await, None);
    assert_eq!(doubting.failures().get(), 1);
}
