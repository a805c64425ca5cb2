//! Purchases are delivered: files, images, ZIPs, certificates.

use std::io::{Cursor, Read as _};
use std::path::Path;
use std::process::Command;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tradepost_tests::packs::PackBuilder;

use super::Shop;

/// A purchase of the set, paid.
struct Bought {
    shop: Shop,
    order: String,
    purchase: String,
}

impl Bought {
    async fn new() -> Self {
        let shop = Shop::open(2_000).await;
        let (_, placed) = shop.order("one").await;
        assert_eq!(shop.settled(&placed).await["state"], "paid");
        let (status, library) = shop.app.get("/v1/library", Some(&shop.buyer)).await;
        assert_eq!(status, StatusCode::OK, "{library}");
        Self {
            order: placed["id"].as_str().unwrap().to_owned(),
            purchase: library["rows"][0]["id"].as_str().unwrap().to_owned(),
            shop,
        }
    }

    async fn files(&self) -> Vec<String> {
        let path = format!("/v1/library/{}/files", self.purchase);
        let (status, files) = self.shop.app.get(&path, Some(&self.shop.buyer)).await;
        assert_eq!(status, StatusCode::OK, "{files}");
        let rows = files["rows"].as_array().unwrap().iter();
        rows.map(|row| row["item_id"].as_str().unwrap().to_owned()).collect()
    }

    async fn start(&self, body: Value) -> (StatusCode, Value) {
        let path = format!("/v1/library/{}/downloads", self.purchase);
        self.shop
            .app
            .call(Method::POST, &path, Some(&self.shop.buyer), Some(body))
            .await
    }

    /// A signed URL.
    async fn url(&self, body: Value) -> String {
        let (status, answer) = self.start(body).await;
        assert_eq!(status, StatusCode::CREATED, "{answer}");
        answer["url"].as_str().unwrap().to_owned()
    }

    /// The bytes under a URL, asked for as nobody.
    async fn fetch(&self, url: &str) -> (StatusCode, Vec<u8>) {
        let answer = self.shop.app.http.get(url).send().await.unwrap();
        (answer.status(), answer.bytes().await.unwrap().to_vec())
    }

    async fn part(&self, url: &str, range: &str, etag: &str) -> (StatusCode, Vec<u8>) {
        let request = self
            .shop
            .app
            .http
            .get(url)
            .header("range", range)
            .header("if-range", etag);
        let answer = request.send().await.unwrap();
        (answer.status(), answer.bytes().await.unwrap().to_vec())
    }

    async fn text(&self, path: &str) -> String {
        let request = self.shop.app.request(Method::GET, path).bearer_auth(&self.shop.buyer);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        answer.text().await.unwrap()
    }

    async fn withdraw(&self) {
        self.shop
            .app
            .sql("update items set state = 'rejected'; update sets set state = 'rejected', published_at = null")
            .await;
    }
}

#[tokio::test]
async fn bought_files_are_downloaded_by_signed_url_and_counted() {
    let bought = Bought::new().await;
    let items = bought.files().await;
    assert_eq!(items.len(), 2);
    let url = bought.url(json!({ "item": items[0] })).await;
    let (status, bytes) = bought.fetch(&url).await;
    assert_eq!(status, StatusCode::OK);
    assert!(bytes.starts_with(b"<svg"), "{}", String::from_utf8_lossy(&bytes));
    assert_eq!(
        bought.fetch(&url.replace("expires=", "expires=1")).await.0,
        StatusCode::FORBIDDEN
    );
    let other = url.replace(&items[0], &items[1]);
    assert_eq!(bought.fetch(&other).await.0, StatusCode::FORBIDDEN);

    // The path that README shows is counted, too.
    let path = format!("/v1/items/{}/file", items[0]);
    let request = bought
        .shop
        .app
        .request(Method::GET, &path)
        .bearer_auth(&bought.shop.buyer);
    let answer = request.send().await.unwrap();
    assert_eq!(
        (answer.status(), answer.url().path().starts_with("/objects/downloads/")),
        (StatusCode::OK, true)
    );
    let (_, library) = bought.shop.app.get("/v1/library", Some(&bought.shop.buyer)).await;
    assert_eq!(
        (&library["rows"][0]["downloads"], &library["rows"][0]["downloads_left"]),
        (&json!(2), &json!(48))
    );

    bought.shop.app.sql("update entitlements set downloads = 50").await;
    let (status, problem) = bought.start(json!({ "item": items[0] })).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("download-limit"))
    );
    // A URL that was handed out still works.
    assert_eq!(bought.fetch(&url).await.0, StatusCode::OK);
    let reset = format!("/v1/orders/{}/reset-downloads", bought.order);
    assert_eq!(bought.shop.app.act(&reset, json!({})).await.0, StatusCode::OK);
    bought.url(json!({ "item": items[0] })).await;
    let stranger = bought.shop.app.token(&["--account", "eve", "--role", "buyer"]);
    let path = format!("/v1/library/{}", bought.purchase);
    assert_eq!(
        bought.shop.app.get(&path, Some(&stranger)).await.0,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn bought_files_come_as_images_of_any_width() {
    let bought = Bought::new().await;
    let item = bought.files().await.remove(0);
    for (form, format) in [("png", image::ImageFormat::Png), ("webp", image::ImageFormat::WebP)] {
        let url = bought.url(json!({ "item": item, "form": form, "width": 100 })).await;
        let (status, bytes) = bought.fetch(&url).await;
        assert_eq!(status, StatusCode::OK, "{form}");
        assert_eq!(image::guess_format(&bytes).unwrap(), format);
        assert_eq!(bought.fetch(&url).await.1, bytes, "the same image has the same bytes");
    }
    let url = bought.url(json!({ "item": item, "form": "png", "width": 1_000 })).await;
    let drawn = image::load_from_memory(&bought.fetch(&url).await.1).unwrap();
    assert_eq!(drawn.width(), 1_000);
}

#[tokio::test]
async fn zip_of_a_set_goes_on_at_any_byte() {
    let bought = Bought::new().await;
    let url = bought.url(json!({ "form": "zip" })).await;
    let answer = bought.shop.app.http.get(&url).send().await.unwrap();
    let etag = answer.headers()["etag"].to_str().unwrap().to_owned();
    let length: usize = answer.headers()["content-length"].to_str().unwrap().parse().unwrap();
    let whole = answer.bytes().await.unwrap().to_vec();
    assert_eq!(whole.len(), length);
    let mut archive = zip::ZipArchive::new(Cursor::new(&whole)).unwrap();
    let names: Vec<_> = (0..archive.len())
        .map(|at| archive.by_index(at).unwrap().name().unwrap().to_string())
        .collect();
    for name in [
        "LICENCE.txt",
        "CERTIFICATE.txt",
        "CERTIFICATE.txt.minisig",
        "manifest.json",
        "files/icons/tick-0000.svg",
    ] {
        assert!(names.iter().any(|found| found == name), "{name} in {names:?}");
    }
    let mut svg = String::new();
    archive
        .by_name("files/icons/tick-0000.svg")
        .unwrap()
        .read_to_string(&mut svg)
        .unwrap();
    assert!(svg.starts_with("<svg"), "{svg}");

    for _ in 0..20 {
        let at = rand::random_range(0..whole.len());
        let (status, rest) = bought.part(&url, &format!("bytes={at}-"), &etag).await;
        assert_eq!(status, StatusCode::PARTIAL_CONTENT);
        assert_eq!(rest, whole[at..], "from {at}");
    }
    // Another URL of the same purchase has the same bytes; another version is sent whole.
    let again = bought.url(json!({ "form": "zip" })).await;
    assert_eq!(bought.fetch(&again).await.1, whole);
    assert_eq!(
        bought.part(&again, "bytes=10-", "\"other\"").await,
        (StatusCode::OK, whole)
    );
}

#[tokio::test]
async fn bought_files_stay_when_the_catalogue_changes() {
    let bought = Bought::new().await;
    let (item, app) = (bought.files().await.remove(0), &bought.shop.app);
    let url = bought.url(json!({ "item": item })).await;
    bought.withdraw().await;
    app.sql("update accounts set banned_at = now(), banned_by = 'eve' where name = 'ann'")
        .await;
    assert_eq!(
        app.get(&format!("/v1/items/{item}"), None).await.0,
        StatusCode::NOT_FOUND
    );
    assert_eq!(bought.fetch(&url).await.0, StatusCode::OK);
    assert_eq!(bought.files().await.len(), 2);
    bought.url(json!({ "form": "zip" })).await;
    // A new version of the set is told of.
    app.sql("update accounts set banned_at = null, banned_by = null where name = 'ann'")
        .await;
    app.upload_and_settle(&app.trusted("ann"), &PackBuilder::ticks("Ticks", 3).build())
        .await;
    let newer = app.rows("/v1/sets").await[0]["id"].clone();
    let (_, library) = app.get("/v1/library", Some(&bought.shop.buyer)).await;
    assert_eq!(library["rows"][0]["newer_set_id"], newer, "{library}");
    assert_eq!(bought.files().await.len(), 2, "the new version is not what was bought");
    // Infected files are closed to everybody.
    app.sql("update items set state = 'blocked' where set_id <> (select id from sets where state = 'published')")
        .await;
    assert_eq!(bought.fetch(&url).await.0, StatusCode::NOT_FOUND);
    assert_eq!(bought.files().await.len(), 0);
}

#[tokio::test]
async fn certificates_are_checked_by_minisign_and_revoked_by_refunds() {
    let bought = Bought::new().await;
    let folder = tempfile::tempdir().unwrap();
    let certificate = format!("/v1/orders/{}/certificate", bought.order);
    let text = bought.text(&certificate).await;
    assert!(
        text.contains("Licensee: bob") && text.contains("set \"Ticks\" by ann"),
        "{text}"
    );
    write(folder.path(), "key", &bought.text("/v1/certificates/key").await);
    write(folder.path(), "text", &text);
    write(
        folder.path(),
        "text.minisig",
        &bought.text(&format!("{certificate}.minisig")).await,
    );
    assert!(is_signed(folder.path()), "minisign refuses a good certificate");
    write(folder.path(), "text", &text.replace("bob", "eve"));
    assert!(
        !is_signed(folder.path()),
        "minisign takes a certificate that was changed"
    );
    assert_eq!(
        bought.text("/v1/certificates/revoked").await,
        "# certificate line revoked\n"
    );

    let url = bought.url(json!({ "form": "zip" })).await;
    let refund = format!("/v1/orders/{}/refund", bought.order);
    assert_eq!(
        bought.shop.app.act(&refund, json!({ "reason": "by mistake" })).await.0,
        StatusCode::OK
    );
    let revoked = bought.text("/v1/certificates/revoked").await;
    assert!(revoked.contains(&format!("{} 0 ", bought.order)), "{revoked}");
    write(folder.path(), "text", &revoked);
    write(
        folder.path(),
        "text.minisig",
        &bought.text("/v1/certificates/revoked.minisig").await,
    );
    assert!(is_signed(folder.path()), "minisign refuses the list");
    assert_eq!(bought.fetch(&url).await.0, StatusCode::GONE);
    assert_eq!(
        bought.shop.app.get(&certificate, Some(&bought.shop.buyer)).await.0,
        StatusCode::CONFLICT
    );
    let (_, library) = bought.shop.app.get("/v1/library", Some(&bought.shop.buyer)).await;
    assert_eq!(library["rows"], json!([]));
}

fn write(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(name), text).unwrap();
}

fn is_signed(folder: &Path) -> bool {
    let mut minisign = Command::new("minisign");
    minisign
        .args(["-q", "-V", "-p", "key", "-m", "text"])
        .current_dir(folder);
    minisign.output().expect("Debian's minisign").status.success()
}

#[tokio::test]
async fn bad_downloads_are_refused_with_the_reason() {
    let bought = Bought::new().await;
    let (item, unknown) = (bought.files().await.remove(0), uuid::Uuid::now_v7());
    for (body, status) in [
        (json!({}), 422),
        (json!({ "item": unknown }), 404),
        (json!({ "item": bought.shop.set }), 404),
        (json!({ "form": "zip", "set": unknown }), 404),
        (json!({ "item": item, "form": "tiff" }), 400),
        (json!({ "item": item, "form": "png", "width": 0 }), 400),
        (json!({ "item": item, "form": "png", "width": 15 }), 400),
        (json!({ "item": item, "form": "webp", "width": 4_097 }), 400),
        (json!({ "item": item, "form": "png", "width": -1 }), 400),
        (json!({ "item": "no-id" }), 400),
        (json!({ "file": item }), 400),
    ] {
        let (found, problem) = bought.start(body.clone()).await;
        assert_eq!(found.as_u16(), status, "{body}: {problem}");
    }
    let (_, library) = bought.shop.app.get("/v1/library", Some(&bought.shop.buyer)).await;
    assert_eq!(library["rows"][0]["downloads"], 0, "a refused download is not counted");
    for path in ["/v1/library", "/v1/carts/1"] {
        assert_eq!(
            bought.shop.app.get(path, None).await.0,
            StatusCode::UNAUTHORIZED,
            "{path}"
        );
    }
}
