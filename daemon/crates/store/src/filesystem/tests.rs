use super::*;

fn chunks(parts: &[&'static str]) -> impl Stream<Item = Result<Bytes, io::Error>> + Unpin {
    futures_util::stream::iter(
        parts
            .iter()
            .map(|part| Ok(Bytes::from_static(part.as_bytes())))
            .collect::<Vec<_>>(),
    )
}

fn announced(bytes: &[u8]) -> Announced {
    Announced {
        size_bytes: bytes.len() as u64,
        sha256: crate::sha256(bytes),
    }
}

#[tokio::test]
async fn every_put_is_a_version_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path().to_owned()).unwrap();
    let id = Uuid::new_v4();
    let put = async || {
        let body = chunks(&["one", "two"]);
        store.put_version(id, announced(b"onetwo"), body).await.unwrap()
    };
    let (first, second) = (put().await, put().await);
    assert_ne!(first.version, second.version);
    let mut text = String::new();
    io::Read::read_to_string(&mut store.open_version(&first).await.unwrap(), &mut text).unwrap();
    assert_eq!(text, "onetwo");
    store.delete_version(&first).await.unwrap();
    store.delete_version(&first).await.unwrap();
    assert!(store.open_version(&first).await.is_err());
    store.quarantine_version(&second).await.unwrap();
    store.quarantine_version(&second).await.unwrap();
    store.delete_versions(id).await.unwrap();
    assert!(store.open_version(&second).await.is_ok());
}

#[tokio::test]
async fn wrong_bytes_leave_nothing_behind_and_take_nothing_away() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path().to_owned()).unwrap();
    let (id, right) = (Uuid::new_v4(), announced(b"onetwo"));
    let kept = store.put_version(id, right, chunks(&["onetwo"])).await.unwrap();
    let short = store.put_version(id, right, chunks(&["one"])).await;
    assert!(matches!(
        short,
        Err(PutError::TooShort {
            announced: 6,
            received: 3
        })
    ));
    let long = store.put_version(id, right, chunks(&["onetwo", "!"])).await;
    assert!(matches!(long, Err(PutError::TooLong { announced: 6 })));
    let changed = store.put_version(id, right, chunks(&["onetwO"])).await;
    assert!(matches!(changed, Err(PutError::Changed { received, .. }) if received == crate::sha256(b"onetwO")));
    assert_eq!(std::fs::read_dir(folder.path().join("tmp")).unwrap().count(), 0);
    let versions = std::fs::read_dir(folder.path().join("uploads").join(id.to_string()));
    assert_eq!(versions.unwrap().count(), 1);
    assert!(store.open_version(&kept).await.is_ok());
}

#[tokio::test]
async fn walk_finds_versions_that_were_written_before() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path().to_owned()).unwrap();
    let key = store.put_version(Uuid::new_v4(), announced(b"one"), chunks(&["one"]));
    let key = key.await.unwrap();
    let walk = store
        .versions_before(SystemTime::now() + Duration::from_secs(60))
        .await
        .unwrap();
    let (found, rest) = walk.next().await.unwrap().unwrap();
    assert_eq!(found, [key]);
    assert!(rest.next().await.unwrap().is_none());
    let walk = store.versions_before(SystemTime::UNIX_EPOCH).await.unwrap();
    assert!(walk.next().await.unwrap().unwrap().0.is_empty());
}

#[tokio::test]
async fn content_is_found_by_its_hash() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path().to_owned()).unwrap();
    let key = ContentKey {
        area: Area {
            prefix: "r",
            retention: Retention::UntilDeleted,
        },
        sha256: crate::sha256(b"picture"),
        extension: "webp",
    };
    store
        .put_content(vec![(key.clone(), Bytes::from_static(b"picture")); 2])
        .await
        .unwrap();
    assert_eq!(store.read_content(&key).await.unwrap(), "picture");
}
