//! A network and a server that fail.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tradepost_store::{Retention, Store};
use tradepost_tests::objects::ObjectServer;
use tradepost_tests::proxy::{Fault, Proxy};
use uuid::Uuid;

use super::contract::{announced, chunks, content};

const SLOW_DOWN: Fault = Fault::Status(503, "SlowDown");
const INTERNAL: Fault = Fault::Status(500, "InternalError");

struct Bench {
    store: Store,
    proxy: Proxy,
    _folder: tempfile::TempDir,
}

impl Bench {
    async fn start() -> Option<Self> {
        let server = ObjectServer::create().await?;
        let proxy = Proxy::to(&server.endpoint).await;
        let folder = tempfile::tempdir().unwrap();
        let store = server.store_at(&proxy.endpoint, folder.path());
        Some(Self {
            store,
            proxy,
            _folder: folder,
        })
    }
}

/// More than one read of a socket.
fn large() -> Vec<u8> {
    (0..1_000_003_u32).map(|at| (at ^ (at >> 9)) as u8).collect()
}

#[tokio::test]
async fn errors_and_throttling_of_the_server_are_tried_again_a_few_times() {
    let Some(bench) = Bench::start().await else { return };
    let key = content(b"picture", Retention::UntilDeleted);
    bench.proxy.fail([INTERNAL, SLOW_DOWN]);
    bench
        .store
        .put_content(vec![(key.clone(), Bytes::from_static(b"picture"))])
        .await
        .unwrap();
    bench.proxy.fail([SLOW_DOWN, INTERNAL]);
    assert_eq!(bench.store.read_content(&key).await.unwrap(), "picture");
    let requests = bench.store.bucket().unwrap().requests();
    assert_eq!(
        (requests.count("put"), requests.count("get")),
        (3, 3),
        "retries are counted"
    );

    bench.proxy.fail([SLOW_DOWN; 9]);
    let error = bench.store.read_content(&key).await.unwrap_err();
    assert!(error.to_string().contains("SlowDown"), "{error}");
    assert_eq!(requests.count("get"), 6, "no more than three tries");
}

#[tokio::test]
async fn body_that_is_cut_is_continued_where_it_broke_off() {
    let Some(bench) = Bench::start().await else { return };
    let bytes = large();
    let key = content(&bytes, Retention::UntilDeleted);
    bench
        .store
        .put_content(vec![(key.clone(), Bytes::from(bytes.clone()))])
        .await
        .unwrap();
    bench.proxy.fail([Fault::CutAfter(200_000), Fault::CutAfter(300_000)]);
    assert!(bench.store.read_content(&key).await.unwrap() == bytes);
    assert_eq!(bench.store.bucket().unwrap().requests().count("get"), 3);

    bench.proxy.fail([Fault::CutAfter(1_000); 9]);
    let error = bench.store.read_content(&key).await.unwrap_err();
    assert!(error.to_string().contains("broke off after"), "{error}");
}

#[tokio::test]
async fn body_that_stalls_is_continued_after_a_while() {
    let Some(bench) = Bench::start().await else { return };
    let bytes = large();
    let key = content(&bytes, Retention::UntilDeleted);
    bench
        .store
        .put_content(vec![(key.clone(), Bytes::from(bytes.clone()))])
        .await
        .unwrap();
    bench.proxy.fail([Fault::StallAfter(100_000)]);
    let started = Instant::now();
    assert!(bench.store.read_content(&key).await.unwrap() == bytes);
    assert!(started.elapsed() < Duration::from_secs(30));
}

#[tokio::test]
async fn put_whose_answer_is_lost_stores_the_object_once() {
    let Some(bench) = Bench::start().await else { return };
    let bytes = large();
    let key = content(&bytes, Retention::UntilDeleted);
    bench.proxy.fail([Fault::CutAfter(0)]);
    bench
        .store
        .put_content(vec![(key.clone(), Bytes::from(bytes.clone()))])
        .await
        .unwrap();
    assert!(bench.store.read_content(&key).await.unwrap() == bytes);
    bench.proxy.fail([INTERNAL]);
    let version = bench
        .store
        .put_version(Uuid::new_v4(), announced(&bytes), chunks(&[&bytes]))
        .await
        .unwrap();
    bench.store.open_version(&version).await.unwrap();
}

#[tokio::test]
async fn server_that_is_away_is_no_missing_object() {
    let Some(bench) = Bench::start().await else { return };
    bench.proxy.fail([Fault::Refuse; 99]);
    let key = content(b"picture", Retention::UntilDeleted);
    let error = bench.store.read_content(&key).await.unwrap_err();
    assert_ne!(error.kind(), ErrorKind::NotFound, "{error}");
    bench.store.check().await.unwrap_err();
    bench.proxy.fail([]);
    bench.store.check().await.unwrap();
}
