//! The promises of both stores.

use std::io::{ErrorKind, Read as _};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures_util::{Stream, TryStreamExt as _, stream};
use tokio::io::AsyncReadExt as _;
use tradepost_store::{Announced, Area, ContentKey, PutError, Retention, Store, VersionKey, sha256};
use uuid::Uuid;

on_both! {
    every_put_is_a_version_of_its_own
    wrong_bytes_leave_nothing_behind_and_take_nothing_away
    quarantined_version_is_kept_and_can_be_read
    walk_finds_versions_that_were_written_before
    content_is_found_by_its_hash_and_read_in_parts
    content_of_some_areas_is_deleted_by_its_age
    missing_objects_are_told_as_missing
    large_pack_comes_back_as_it_was_put
}

const HOUR: Duration = Duration::from_secs(3_600);

pub(super) fn chunks(parts: &[&[u8]]) -> impl Stream<Item = Result<Bytes, std::io::Error>> + Unpin + use<> {
    let parts: Vec<_> = parts.iter().map(|part| Ok(Bytes::copy_from_slice(part))).collect();
    stream::iter(parts)
}

pub(super) fn announced(bytes: &[u8]) -> Announced {
    Announced {
        size_bytes: bytes.len() as u64,
        sha256: sha256(bytes),
    }
}

pub(super) fn content(bytes: &[u8], retention: Retention) -> ContentKey {
    let area = Area {
        prefix: "r",
        retention,
        caching: "public, max-age=31536000, immutable",
    };
    ContentKey {
        area,
        sha256: sha256(bytes),
        extension: "webp",
    }
}

pub(super) async fn put(store: &Store, id: Uuid, bytes: &[u8]) -> VersionKey {
    let put = store.put_version(id, announced(bytes), chunks(&[bytes])).await;
    put.unwrap()
}

/// Both ways to read a version.
async fn read(store: &Store, key: &VersionKey) -> Vec<u8> {
    let (mut opened, mut streamed) = (Vec::new(), Vec::new());
    let mut file = store.open_version(key).await.unwrap();
    file.read_to_end(&mut opened).unwrap();
    let mut reader = store.read_version(key).await.unwrap();
    reader.read_to_end(&mut streamed).await.unwrap();
    assert!(opened == streamed);
    opened
}

async fn walk(store: &Store, before: SystemTime) -> Vec<VersionKey> {
    let (mut walk, mut found) = (store.versions_before(before).await.unwrap(), Vec::new());
    while let Some((keys, rest)) = walk.next().await.unwrap() {
        found.extend(keys);
        walk = rest;
    }
    found
}

async fn every_put_is_a_version_of_its_own(store: &Store) {
    let id = Uuid::new_v4();
    let (first, second) = (put(store, id, b"one").await, put(store, id, b"two").await);
    assert_ne!(first.version, second.version);
    assert_eq!(
        (read(store, &first).await, read(store, &second).await),
        (b"one".into(), b"two".into())
    );
    for _ in 0..2 {
        store.delete_version(&first).await.unwrap();
    }
    assert_eq!(
        store.open_version(&first).await.unwrap_err().kind(),
        ErrorKind::NotFound
    );
    assert_eq!(read(store, &second).await, b"two");
    for _ in 0..2 {
        store.delete_versions(id).await.unwrap();
    }
    assert_eq!(walk(store, SystemTime::now() + HOUR).await, []);
}

async fn wrong_bytes_leave_nothing_behind_and_take_nothing_away(store: &Store) {
    let (id, right) = (Uuid::new_v4(), announced(b"onetwo"));
    let kept = put(store, id, b"onetwo").await;
    let short = store.put_version(id, right, chunks(&[b"one"])).await;
    assert!(matches!(
        short,
        Err(PutError::TooShort {
            announced: 6,
            received: 3
        })
    ));
    let long = store.put_version(id, right, chunks(&[b"onetwo", b"!"])).await;
    assert!(matches!(long, Err(PutError::TooLong { announced: 6 })));
    let changed = store.put_version(id, right, chunks(&[b"onetwO"])).await;
    assert!(matches!(changed, Err(PutError::Changed { received, .. }) if received == sha256(b"onetwO")));
    let broken = stream::iter([Ok(Bytes::from_static(b"one")), Err(std::io::Error::other("gone"))]);
    let broken = store.put_version(id, right, broken).await;
    assert!(matches!(broken, Err(PutError::Broken { received: 3, .. })));
    assert_eq!(walk(store, SystemTime::now() + HOUR).await, std::slice::from_ref(&kept));
    assert_eq!(read(store, &kept).await, b"onetwo");
}

async fn quarantined_version_is_kept_and_can_be_read(store: &Store) {
    let id = Uuid::new_v4();
    let (evidence, other) = (put(store, id, b"evil").await, put(store, id, b"good").await);
    for _ in 0..2 {
        store.quarantine_version(&evidence).await.unwrap();
    }
    assert_eq!(walk(store, SystemTime::now() + HOUR).await, [other]);
    store.delete_version(&evidence).await.unwrap();
    store.delete_versions(id).await.unwrap();
    assert_eq!(read(store, &evidence).await, b"evil");
}

async fn walk_finds_versions_that_were_written_before(store: &Store) {
    let key = put(store, Uuid::new_v4(), b"one").await;
    assert_eq!(walk(store, SystemTime::now() + HOUR).await, [key]);
    assert_eq!(walk(store, SystemTime::now() - HOUR).await, []);
}

async fn content_is_found_by_its_hash_and_read_in_parts(store: &Store) {
    let keys =
        [&b"picture"[..], b"other"].map(|bytes| (content(bytes, Retention::UntilDeleted), Bytes::from_static(bytes)));
    for _ in 0..2 {
        store.put_content([keys.clone(), keys.clone()].concat()).await.unwrap();
    }
    let [(key, _), (other, _)] = &keys;
    assert_eq!(store.read_content(key).await.unwrap(), "picture");
    let (file, size) = store.open_content(key).await.unwrap();
    assert_eq!(size, 7);
    let part: Vec<Bytes> = store.stream(file, 2..5).try_collect().await.unwrap();
    assert_eq!(part.concat(), b"ctu");
    for _ in 0..2 {
        store.delete_content(std::slice::from_ref(key)).await.unwrap();
    }
    assert_eq!(store.read_content(key).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(store.read_content(other).await.unwrap(), "other");
    store.put_content(vec![keys[0].clone()]).await.unwrap();
    assert_eq!(store.read_content(key).await.unwrap(), "picture", "it can be put again");
}

async fn content_of_some_areas_is_deleted_by_its_age(store: &Store) {
    let key = content(b"payload", Retention::SinceLastPut { days: 15 });
    for _ in 0..2 {
        store
            .put_content(vec![(key.clone(), Bytes::from_static(b"payload"))])
            .await
            .unwrap();
    }
    assert_eq!(
        store
            .delete_content_before(key.area, SystemTime::now() - HOUR)
            .await
            .unwrap(),
        0
    );
    assert_eq!(store.read_content(&key).await.unwrap(), "payload");
    assert_eq!(
        store
            .delete_content_before(key.area, SystemTime::now() + HOUR)
            .await
            .unwrap(),
        1
    );
    assert_eq!(store.read_content(&key).await.unwrap_err().kind(), ErrorKind::NotFound);
}

async fn missing_objects_are_told_as_missing(store: &Store) {
    let version = VersionKey {
        object_id: Uuid::new_v4(),
        version: Uuid::new_v4().simple().to_string(),
    };
    assert_eq!(
        store.open_version(&version).await.unwrap_err().kind(),
        ErrorKind::NotFound
    );
    assert_eq!(
        store.quarantine_version(&version).await.unwrap_err().kind(),
        ErrorKind::NotFound
    );
    store.delete_version(&version).await.unwrap();
    let key = content(b"never put", Retention::UntilDeleted);
    assert_eq!(store.read_content(&key).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(store.open_content(&key).await.unwrap_err().kind(), ErrorKind::NotFound);
    store.delete_content(&[key]).await.unwrap();
    assert_eq!(store.uploaded(version.object_id).await.unwrap(), None);
}

async fn large_pack_comes_back_as_it_was_put(store: &Store) {
    let bytes: Vec<u8> = (0..5_000_011_u32).map(|at| (at ^ (at >> 8)) as u8).collect();
    let parts: Vec<_> = bytes.chunks(300_007).collect();
    let key = store
        .put_version(Uuid::new_v4(), announced(&bytes), chunks(&parts))
        .await
        .unwrap();
    assert!(read(store, &key).await == bytes);
}
