//! The objects in the bucket, and the faults of a bucket.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use tradepost_store::Retention;
use tradepost_tests::objects::ObjectServer;
use tradepostd::objects::AREAS;
use uuid::Uuid;

use super::contract::{content, put};

#[tokio::test]
async fn objects_are_encrypted_and_pictures_may_be_cached_for_ever() {
    let Some(server) = ObjectServer::create().await else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let store = server.store(folder.path());
    let key = content(b"picture", Retention::UntilDeleted);
    store
        .put_content(vec![(key.clone(), Bytes::from_static(b"picture")); 3])
        .await
        .unwrap();
    let name = format!("shop/r/{}.webp", hex::encode(key.sha256));
    let head = server
        .client
        .head_object()
        .bucket(&server.bucket)
        .key(&name)
        .send()
        .await
        .unwrap();
    assert_eq!(head.server_side_encryption.unwrap().as_str(), "AES256");
    assert_eq!(head.cache_control.unwrap(), "public, max-age=31536000, immutable");
    assert_eq!(head.content_type.unwrap(), "image/webp");
    let versions = server.client.list_object_versions().bucket(&server.bucket).prefix(name);
    assert_eq!(versions.send().await.unwrap().versions().len(), 1, "it is stored once");
}

#[tokio::test]
async fn many_objects_are_deleted_and_walked_through_with_few_requests() {
    let Some(server) = ObjectServer::create().await else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let store = server.store(folder.path());
    let objects: Vec<_> = (0..40_u8)
        .map(|number| (content(&[number], Retention::UntilDeleted), Bytes::from(vec![number])))
        .collect();
    let keys: Vec<_> = objects.iter().map(|(key, _)| key.clone()).collect();
    store.put_content(objects).await.unwrap();
    store.delete_content(&keys).await.unwrap();
    for _ in 0..3 {
        put(&store, Uuid::new_v4(), b"pack").await;
    }
    let walk = store
        .versions_before(SystemTime::now() + Duration::from_secs(60))
        .await
        .unwrap();
    assert_eq!(walk.next().await.unwrap().unwrap().0.len(), 3);
    let requests = store.bucket().unwrap().requests();
    let counts = ["put", "delete", "list", "get", "head"].map(|kind| requests.count(kind));
    assert_eq!(counts, [43, 1, 1, 0, 0]);
}

#[tokio::test]
async fn faults_of_a_bucket_are_found_and_mended() {
    let Some(server) = ObjectServer::create().await else {
        return;
    };
    let bucket = server.at(&server.endpoint);
    let faults = bucket.faults(&AREAS).await;
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(
        faults[0].mend.contains("tradepostd store lifecycle --apply"),
        "{faults:?}"
    );
    bucket.apply_rules(&AREAS).await.unwrap();
    assert_eq!(bucket.faults(&AREAS).await, []);
    bucket.apply_rules(&AREAS).await.unwrap();
    assert_eq!(bucket.missing_rules(&AREAS).await.unwrap(), []);

    server.suspend_versions().await;
    let faults = bucket.faults(&AREAS).await;
    assert!(faults[0].what.contains("keeps no versions"), "{faults:?}");
    assert!(faults[0].mend.contains("put-bucket-versioning"), "{faults:?}");
    let folder = tempfile::tempdir().unwrap();
    let bytes = super::contract::announced(b"pack");
    let put = server
        .store(folder.path())
        .put_version(Uuid::new_v4(), bytes, super::contract::chunks(&[b"pack"]))
        .await;
    assert!(put.unwrap_err().to_string().contains("turn versioning on"));
}
