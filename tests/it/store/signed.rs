//! Requests that go past the daemon, to a server that checks signatures.

use std::time::Duration;

use reqwest::{Client, RequestBuilder, StatusCode};
use tradepost_store::{Announced, Retention, SignedPut, Store};
use tradepost_tests::objects::ObjectServer;
use uuid::Uuid;

use super::contract::{announced, content, put};

const MINUTE: Duration = Duration::from_secs(60);

fn request(http: &Client, signed: &SignedPut, body: &[u8]) -> RequestBuilder {
    let request = http.put(&signed.url).body(body.to_vec());
    let headers = signed.headers.iter().filter(|(name, _)| *name != "content-length");
    headers.fold(request, |request, (name, value)| request.header(name, value))
}

async fn status(request: RequestBuilder) -> StatusCode {
    request.send().await.unwrap().status()
}

async fn sign(store: &Store, id: Uuid, bytes: Announced) -> SignedPut {
    store.sign_put(id, bytes, MINUTE).await.unwrap().unwrap()
}

#[tokio::test]
async fn signed_put_takes_the_announced_bytes_and_no_others() {
    let Some(server) = ObjectServer::create().await else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let (store, http, id) = (server.store(folder.path()), server.http(), Uuid::new_v4());
    let signed = sign(&store, id, announced(b"right bytes")).await;
    let before = store.bucket().unwrap().requests().count("put");
    for wrong in [&b"wrong bytes"[..], b"right", b"right bytes and more"] {
        assert!(status(request(&http, &signed, wrong)).await.is_client_error());
        assert_eq!(store.uploaded(id).await.unwrap(), None);
    }
    let tampered = SignedPut {
        url: signed.url.replace(&id.to_string(), &Uuid::new_v4().to_string()),
        ..signed.clone()
    };
    assert_eq!(
        status(request(&http, &tampered, b"right bytes")).await,
        StatusCode::FORBIDDEN
    );
    let mut other = announced(b"wrong bytes");
    other.size_bytes = 11;
    let lying = sign(&store, id, other).await;
    assert!(status(request(&http, &lying, b"right bytes")).await.is_client_error());
    assert_eq!(status(request(&http, &signed, b"right bytes")).await, StatusCode::OK);
    let found = store.uploaded(id).await.unwrap().unwrap();
    let right = announced(b"right bytes");
    assert_eq!((found.size_bytes, found.sha256), (right.size_bytes, Some(right.sha256)));
    assert_eq!(
        store.bucket().unwrap().requests().count("put"),
        before,
        "signing sends nothing"
    );
}

#[tokio::test]
async fn every_promise_of_the_signature_must_be_sent() {
    let Some(server) = ObjectServer::create().await else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let (store, http) = (server.store(folder.path()), server.http());
    let signed = sign(&store, Uuid::new_v4(), announced(b"bytes")).await;
    let names: Vec<_> = signed.headers.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "content-length",
            "content-type",
            "x-amz-checksum-sha256",
            "x-amz-server-side-encryption"
        ]
    );
    for name in &names[1..] {
        let mut without = signed.clone();
        without.headers.remove(*name);
        assert_eq!(
            status(request(&http, &without, b"bytes")).await,
            StatusCode::FORBIDDEN,
            "{name}"
        );
    }
    assert_eq!(status(request(&http, &signed, b"bytes")).await, StatusCode::OK);
}

#[tokio::test]
async fn version_that_was_pinned_stays_when_the_url_is_used_again() {
    let Some(server) = ObjectServer::create().await else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let (store, http, id) = (server.store(folder.path()), server.http(), Uuid::new_v4());
    let signed = sign(&store, id, announced(b"bytes")).await;
    assert_eq!(status(request(&http, &signed, b"bytes")).await, StatusCode::OK);
    let pinned = store.uploaded(id).await.unwrap().unwrap().key;
    assert_eq!(status(request(&http, &signed, b"bytes")).await, StatusCode::OK);
    let newest = put(&store, id, b"something else").await;
    assert_eq!(store.uploaded(id).await.unwrap().unwrap().key, newest);
    let mut text = String::new();
    let mut file = store.open_version(&pinned).await.unwrap();
    std::io::Read::read_to_string(&mut file, &mut text).unwrap();
    assert_eq!(text, "bytes");
}

#[tokio::test]
async fn signed_get_reads_one_object_under_a_name_until_it_expires() {
    let Some(server) = ObjectServer::create().await else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let (store, http) = (server.store(folder.path()), server.http());
    let keys = [&b"mine"[..], b"other"].map(|bytes| content(bytes, Retention::UntilDeleted));
    let objects = [(keys[0].clone(), "mine".into()), (keys[1].clone(), "other".into())];
    store.put_content(objects.into()).await.unwrap();
    let bucket = store.bucket().unwrap();
    let url = bucket.sign_get(&keys[0], "star.svg", MINUTE).await.unwrap();
    let answer = http.get(&url).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(
        answer.headers()["content-disposition"],
        "attachment; filename=\"star.svg\""
    );
    assert_eq!(answer.text().await.unwrap(), "mine");
    let [one, two] = keys.map(|key| hex::encode(key.sha256));
    assert_eq!(status(http.get(url.replace(&one, &two))).await, StatusCode::FORBIDDEN);
    let expired = url.replace("X-Amz-Expires=60", "X-Amz-Expires=6000");
    assert_eq!(status(http.get(expired)).await, StatusCode::FORBIDDEN);
}
