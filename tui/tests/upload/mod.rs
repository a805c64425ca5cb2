//! `tradepost upload` against a public API that answers by hand.

use std::path::Path;

use serde_json::json;

use crate::fake::{self, Answer, Request, problem};
use crate::{AT, UPLOAD, finding, stderr, stdout, tradepost, upload};

/// The public API: takes one pack and rejects it in the end, or will not have it at all.
fn public_api(request: &Request, url: &str) -> Answer {
    match (request.method.as_str(), request.path.as_str()) {
        ("POST", "/v1/uploads") if request.json()["file_name"] == "bad.zip" => {
            problem(422, "pack-too-large", "The pack is too large")
        }
        ("POST", "/v1/uploads") => {
            let put = json!({
                "method": "PUT", "url": format!("{url}/signed?x=1"), "headers": { "x-sum": "1" }, "expires_at": AT
            });
            (201, json!({ "id": UPLOAD, "state": "awaiting_bytes", "put": put }))
        }
        ("PUT", "/signed?x=1") => (200, json!({})),
        ("POST", _) => (202, json!({})),
        ("GET", _) => (
            200,
            json!({ "upload": upload("rejected"), "stages": [], "findings": [finding()] }),
        ),
        _ => problem(404, "not-found", "No such thing"),
    }
}

#[test]
fn upload_sends_the_bytes_waits_and_names_every_finding() {
    let (url, seen) = fake::on_port(public_api);
    let dir = tempfile::tempdir().expect("a folder");
    let pack = dir.path().join("birds.zip");
    std::fs::write(&pack, b"some pack").expect("written");
    let output = tradepost(
        Path::new("/none"),
        &["upload", &pack.to_string_lossy(), "--api", &url, "--wait"],
    );
    assert_eq!(output.status.code(), Some(1), "a rejected pack is no success");
    let text = stdout(&output);
    assert!(
        text.contains("birds.zip: REJECTED") && text.contains("icons/script.svg"),
        "{text}"
    );
    assert_eq!(
        stderr(&output),
        "birds.zip: reading\nbirds.zip: uploading 9 B\nbirds.zip: uploaded\nbirds.zip: rejected\n"
    );
    let seen = seen.lock().expect("seen");
    assert_eq!(seen[0].json()["size_bytes"], 9);
    let sha256 = "11e9ea82275f40217b2d204032f7caacade59afe8251fe6fc8956ce167d885e8";
    assert_eq!(seen[0].json()["sha256"], sha256);
    assert_eq!(seen[0].header("authorization"), Some("Bearer secret-token"));
    assert_eq!((seen[1].method.as_str(), &seen[1].body[..]), ("PUT", &b"some pack"[..]));
    assert_eq!(
        (seen[1].header("x-sum"), seen[1].header("authorization")),
        (Some("1"), None)
    );
    assert_eq!(seen[1].header("content-length"), Some("9"));
}

#[test]
fn pack_the_api_refuses_does_not_stop_the_others() {
    let (url, seen) = fake::on_port(public_api);
    let dir = tempfile::tempdir().expect("a folder");
    let packs = ["bad.zip", "good.zip"].map(|name| {
        let path = dir.path().join(name);
        std::fs::write(&path, b"some pack").expect("written");
        path.to_string_lossy().into_owned()
    });
    let output = tradepost(Path::new("/none"), &["upload", &packs[0], &packs[1], "--api", &url]);
    assert_eq!(output.status.code(), Some(1));
    let text = stdout(&output);
    assert!(text.contains("bad.zip: NOT ACCEPTED The pack is too large"), "{text}");
    assert!(text.contains("good.zip: uploaded as"), "{text}");
    assert_eq!(seen.lock().expect("seen").len(), 4);
}

#[test]
fn nobody_behind_the_url_or_no_token_ends_with_2() {
    let dir = tempfile::tempdir().expect("a folder");
    let pack = dir.path().join("birds.zip");
    std::fs::write(&pack, b"some pack").expect("written");
    let pack = pack.to_string_lossy();
    let output = tradepost(Path::new("/none"), &["upload", &pack, "--api", "http://127.0.0.1:1"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("http://127.0.0.1:1"), "{}", stderr(&output));
    let missing = tradepost(Path::new("/none"), &["upload", &pack, "--token-file", "/none"]);
    assert_eq!(missing.status.code(), Some(2));
}
