//! Copies of whole stores, to a bucket and back.

use std::io::Read as _;

use bytes::Bytes;
use tradepost_store::copy::{Copied, copy, sections, verify};
use tradepost_store::{Retention, Store, VersionKey};
use tradepost_tests::objects::ObjectServer;
use tradepostd::objects::{AREAS, member_key, rendition_key};
use uuid::Uuid;

use super::contract::{content, put};

async fn copy_all(from: &Store, to: &Store) -> Copied {
    let mut counts = Copied::default();
    for section in sections(&AREAS) {
        copy(from, to, section, &mut counts).await.unwrap();
    }
    counts
}

async fn text(store: &Store, key: &VersionKey) -> String {
    let mut text = String::new();
    store
        .open_version(key)
        .await
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    text
}

#[tokio::test]
async fn store_is_copied_to_a_bucket_and_back_and_a_second_copy_does_nothing() {
    let Some(server) = ObjectServer::create().await else {
        return;
    };
    let folders = [(); 3].map(|()| tempfile::tempdir().unwrap());
    let [files, bucket, back] = [
        Store::open(folders[0].path().to_owned()).unwrap(),
        server.store(folders[1].path()),
        Store::open(folders[2].path().to_owned()).unwrap(),
    ];
    let pack = put(&files, Uuid::new_v4(), b"pack").await;
    let evidence = put(&files, Uuid::new_v4(), b"evidence").await;
    files.quarantine_version(&evidence).await.unwrap();
    let objects: Vec<_> = (0..30_u8).map(|number| Bytes::from(vec![number; 100])).collect();
    let keys = objects
        .iter()
        .map(|bytes| rendition_key(tradepost_store::sha256(bytes), "webp"));
    files.put_content(keys.zip(objects.clone()).collect()).await.unwrap();
    let member = member_key(tradepost_store::sha256(b"member"));
    files
        .put_content(vec![(member.clone(), "member".into())])
        .await
        .unwrap();

    let first = copy_all(&files, &bucket).await;
    assert_eq!((first.seen, first.copied, first.present), (33, 33, 0));
    assert_eq!(first.copied_bytes, 30 * 100 + 6 + 4 + 8);
    let again = copy_all(&files, &bucket).await;
    assert_eq!((again.seen, again.copied, again.present), (33, 0, 33));
    bucket.delete_content(std::slice::from_ref(&member)).await.unwrap();
    assert_eq!(copy_all(&files, &bucket).await.copied, 1, "only what is missing");
    assert_eq!(
        (text(&bucket, &pack).await, text(&bucket, &evidence).await),
        ("pack".into(), "evidence".into())
    );
    assert_eq!(bucket.read_content(&member).await.unwrap(), "member");

    // A version of the bucket's own keeps its name as well.
    let own = put(&bucket, Uuid::new_v4(), b"newer").await;
    let returned = copy_all(&bucket, &back).await;
    assert_eq!((returned.seen, returned.copied), (34, 34));
    for (key, expected) in [(&pack, "pack"), (&evidence, "evidence"), (&own, "newer")] {
        assert_eq!(text(&back, key).await, expected);
    }
    assert_eq!(copy_all(&files, &back).await.copied, 0);

    // A version from elsewhere is put into quarantine like an upload, once.
    for _ in 0..2 {
        bucket.quarantine_version(&pack).await.unwrap();
    }
    assert_eq!(text(&bucket, &pack).await, "pack");
    assert_eq!(copy_all(&bucket, &back).await.seen, 34);
}

#[tokio::test]
async fn damaged_object_is_neither_copied_nor_verified() {
    let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let [from, to] = folders
        .each_ref()
        .map(|folder| Store::open(folder.path().to_owned()).unwrap());
    let key = content(b"picture", Retention::UntilDeleted);
    from.put_content(vec![(key.clone(), Bytes::from_static(b"picture"))])
        .await
        .unwrap();
    let name = format!("{}.webp", hex::encode(key.sha256));
    std::fs::write(folders[0].path().join("r").join(&name[..2]).join(&name), b"pictuRe").unwrap();
    let (mut damaged, mut counts, mut refused) = (Vec::new(), Copied::default(), Vec::new());
    for section in sections(&AREAS) {
        damaged.extend(verify(&from, section, &mut counts).await.unwrap());
        refused.extend(copy(&from, &to, section, &mut Copied::default()).await.err());
    }
    assert_eq!(damaged, [format!("r/{name}")]);
    assert_eq!(refused.len(), 1);
    assert!(refused[0].to_string().contains(&name), "{refused:?}");
    to.read_content(&key).await.unwrap_err();
}
