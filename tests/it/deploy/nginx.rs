//! The daemon behind the real nginx: TLS, limits, filters, the client's real address.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tradepost_tests::nginx::{Nginx, free_port};
use tradepost_tests::{Options, PackBuilder, TestApp};

/// A daemon behind nginx, with the options of a real one.
fn behind_nginx(options: Options, edit: impl Fn(&str, String) -> String) -> Option<(TestApp, Nginx)> {
    let port = free_port();
    let options = options
        .set("HTTP__PUBLIC_URL", format!("https://127.0.0.1:{port}"))
        .set("HTTP__TRUSTED_PROXIES", 1);
    let app = TestApp::start_with(options);
    let nginx = Nginx::start(port, &[app.api.trim_start_matches("http://")], edit)?;
    Some((app, nginx))
}

fn as_it_is(_: &str, text: String) -> String {
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pack_goes_through_nginx_into_the_catalogue() {
    let Some((app, nginx)) = behind_nginx(Options::default(), as_it_is) else {
        return;
    };
    let (client, token) = (nginx.client("127.0.0.1"), app.trusted("ann"));
    let pack = PackBuilder::ticks("Ticks", 2).build();
    let announcement =
        json!({ "file_name": "a.zip", "size_bytes": pack.len(), "sha256": hex::encode(Sha256::digest(&pack)) });
    let started = client
        .post(format!("{}/v1/uploads", nginx.url))
        .bearer_auth(&token)
        .json(&announcement);
    let started: Value = started.send().await.unwrap().json().await.unwrap();
    let url = started["put"]["url"].as_str().unwrap();
    assert!(url.starts_with(&nginx.url), "{url}");
    let put = client.put(url).body(pack).send().await.unwrap();
    assert_eq!(put.status(), StatusCode::NO_CONTENT);
    let id = started["id"].as_str().unwrap();
    let complete = client
        .post(format!("{}/v1/uploads/{id}/complete", nginx.url))
        .bearer_auth(&token);
    assert_eq!(complete.send().await.unwrap().status(), StatusCode::ACCEPTED);
    assert_eq!(app.settled(id).await["upload"]["state"], "published");

    let id = app.get("/v1/items", None).await.1["rows"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let item: Value = client
        .get(format!("{}/v1/items/{id}", nginx.url))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let rendition = item["renditions"][0]["url"].as_str().unwrap();
    let rendition = rendition.rsplit_once("/r/").unwrap().1;
    let answer = client.get(format!("{}/r/{rendition}", nginx.url)).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let headers = answer.headers();
    assert!(
        headers.contains_key("strict-transport-security") && headers.contains_key("x-request-id"),
        "{headers:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_is_known_by_its_own_address_whatever_it_claims() {
    let options = Options::default().set("LIMITS__UPLOAD_STARTS_PER_MINUTE", 1);
    let Some((app, nginx)) = behind_nginx(options, as_it_is) else {
        return;
    };
    let start = async |from: &str, claimed: &str, account: &str| {
        let body = json!({ "file_name": "a.zip", "size_bytes": 9, "sha256": "0".repeat(64) });
        let request = nginx.client(from).post(format!("{}/v1/uploads", nginx.url)).json(&body);
        let request = request
            .bearer_auth(app.trusted(account))
            .header("x-forwarded-for", claimed);
        request.send().await.unwrap().status()
    };
    assert_eq!(start("127.0.0.1", "192.0.2.1", "ann").await, StatusCode::CREATED);
    assert_eq!(
        start("127.0.0.1", "192.0.2.2", "bob").await,
        StatusCode::TOO_MANY_REQUESTS
    );
    assert_eq!(start("127.0.0.2", "192.0.2.1", "cem").await, StatusCode::CREATED);
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_and_limits_refuse_before_the_daemon_sees_anything() {
    let block = |name: &str, text: String| match name {
        "tradepost-addresses.inc" => "127.0.0.3 1;\n".to_owned(),
        _ => text,
    };
    let Some((app, nginx)) = behind_nginx(Options::default(), block) else {
        return;
    };
    let status = async |from: &str, method: Method, path: &str, agent: &str, bytes: usize| {
        let request = nginx.client(from).request(method, format!("{}{path}", nginx.url));
        let request = request.header("user-agent", agent).body(vec![b' '; bytes]);
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(status("127.0.0.1", Method::GET, "/v1/items", "curl/8", 0).await, 200);
    assert_eq!(status("127.0.0.3", Method::GET, "/v1/items", "curl/8", 0).await, 403);
    assert_eq!(
        status("127.0.0.1", Method::GET, "/v1/items", "sqlmap/1.7", 0).await,
        403
    );
    for path in ["/wp-login.php", "/.git/config", "/a/.env", "/index.PHP"] {
        assert_eq!(status("127.0.0.1", Method::GET, path, "curl/8", 0).await, 403, "{path}");
    }
    assert_eq!(
        status("127.0.0.1", Method::POST, "/v1/uploads", "curl/8", 65 << 10).await,
        413
    );
    assert!(!app.log().contains("sqlmap"));
}
