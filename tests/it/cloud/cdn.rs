//! CloudFront: its URLs, which openssl checks, and what it is told to forget.

use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use reqwest::redirect::Policy;
use reqwest::{Method, StatusCode, Url};
use serde_json::json;
use tradepost_tests::objects::ObjectServer;
use tradepost_tests::wait::eventually;
use tradepost_tests::{Options, PackBuilder, TestApp};

const CDN: &str = "https://d111111abcdef8.cloudfront.net";

fn openssl(folder: &Path, arguments: &str) -> bool {
    let mut command = Command::new("openssl");
    command.current_dir(folder).args(arguments.split(' '));
    command.output().expect("openssl runs").status.success()
}

/// Makes a key pair.
fn keys(folder: &Path) {
    assert!(openssl(
        folder,
        "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem"
    ));
    assert!(openssl(folder, "pkey -in key.pem -pubout -out public.pem"));
}

fn signing(options: Options, folder: &Path) -> Options {
    options
        .set("OBJECTS__CLOUDFRONT__URL", CDN)
        .set("OBJECTS__CLOUDFRONT__KEY_PAIR_ID", "K2JCJMDEHXQW5F")
        .set(
            "OBJECTS__CLOUDFRONT__PRIVATE_KEY_FILE",
            folder.join("key.pem").display(),
        )
}

/// Checks the signature as CloudFront does, for a URL that ends then.
fn is_signed(folder: &Path, url: &str, expires: &str) -> bool {
    let (resource, rest) = url.split_once("&Expires=").expect("it ends");
    let signature = rest
        .split('&')
        .find_map(|pair| pair.strip_prefix("Signature="))
        .expect("it is signed");
    let signature = signature.replace('-', "+").replace('_', "=").replace('~', "/");
    let policy = format!(
        r#"{{"Statement":[{{"Resource":"{resource}","Condition":{{"DateLessThan":{{"AWS:EpochTime":{expires}}}}}}}]}}"#
    );
    std::fs::write(folder.join("policy"), policy).unwrap();
    std::fs::write(folder.join("signature"), BASE64_STANDARD.decode(signature).unwrap()).unwrap();
    openssl(folder, "dgst -sha256 -verify public.pem -signature signature policy")
}

#[tokio::test]
async fn files_are_fetched_from_cloudfront_by_urls_that_openssl_checks() {
    let Some(server) = ObjectServer::create().await else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    keys(folder.path());
    let app = TestApp::start_with(signing(server.options(), folder.path()));
    let token = app.trusted("ann");
    app.upload_and_settle(&token, &PackBuilder::ticks("Clouds", 2).build())
        .await;
    let item = app.rows("/v1/items").await[0]["id"].as_str().unwrap().to_owned();
    let (_, source) = app.get(&format!("/v1/items/{item}/source"), Some(&token)).await;
    let url = source["url"].as_str().unwrap();
    assert!(
        url.starts_with(&app.api),
        "the daemon decides about each request: {url}"
    );
    let client = tradepost_tests::app::client_builder()
        .redirect(Policy::none())
        .build()
        .unwrap();
    let answer = client.get(url).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::TEMPORARY_REDIRECT);
    let location = answer.headers()["location"].to_str().unwrap().to_owned();
    let parsed = Url::parse(&location).unwrap();
    let key = parsed.path().trim_start_matches('/');
    let head = server.client.head_object().bucket(&server.bucket).key(key).send().await;
    assert!(key.starts_with("shop/m/") && head.is_ok(), "{location}");
    assert!(
        location.contains("response-content-disposition=attachment%3B%20filename%3D%22"),
        "{location}"
    );
    assert!(
        location.ends_with("&Key-Pair-Id=K2JCJMDEHXQW5F&Hash-Algorithm=SHA256"),
        "{location}"
    );
    let pairs: std::collections::HashMap<_, _> = parsed.query_pairs().into_owned().collect();
    let expires: i64 = pairs["Expires"].parse().unwrap();
    let left = expires - time::OffsetDateTime::now_utc().unix_timestamp();
    assert!((1..=60).contains(&left), "{left}");
    assert!(is_signed(folder.path(), &location, &expires.to_string()), "{location}");
    assert!(
        !is_signed(folder.path(), &location, &(expires + 1).to_string()),
        "a later end is not signed"
    );
    // Pictures are public, and come from the daemon.
    let (_, detail) = app.get(&format!("/v1/items/{item}"), None).await;
    let picture = format!("{}{}", app.api, detail["renditions"][0]["url"].as_str().unwrap());
    assert_eq!(client.get(picture).send().await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn pictures_of_what_is_withdrawn_are_forgotten_by_cloudfront() {
    let Some(server) = ObjectServer::create().await else {
        return;
    };
    let distribution = distribution(&server).await;
    let app = TestApp::start_with(
        server
            .options()
            .set("OBJECTS__CLOUDFRONT__DISTRIBUTION_ID", &distribution),
    );
    let registered = "select count(*) from search_projections where machine = 'cloudfront'";
    eventually("it follows the feed", async || match app.number(registered).await {
        1 => Ok(()),
        other => Err(other.to_string()),
    })
    .await;
    let token = app.trusted("ann");
    app.upload_and_settle(&token, &PackBuilder::ticks("Clouds", 2).build())
        .await;
    let item = app.rows("/v1/items").await[0]["id"].as_str().unwrap().to_owned();
    let (_, detail) = app.get(&format!("/v1/items/{item}"), None).await;
    let mut pictures: Vec<_> = detail["renditions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|picture| picture["url"].as_str().unwrap())
        .collect();
    pictures.sort_unstable();
    pictures.dedup();
    let path = format!("/v1/listings/item/{item}");
    let (status, answer) = app
        .call(Method::PUT, &path, Some(&token), Some(json!({ "listing": "delisted" })))
        .await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let forgotten = eventually("CloudFront is told", async || {
        let list = cloudfront(
            &server,
            Method::GET,
            &format!("distribution/{distribution}/invalidation"),
            "",
        )
        .await;
        match between(&list, "<Id>", "</Id>") {
            Some(id) => Ok(cloudfront(
                &server,
                Method::GET,
                &format!("distribution/{distribution}/invalidation/{id}"),
                "",
            )
            .await),
            None => Err(format!("{list}\n{}", app.log())),
        }
    })
    .await;
    let mut told: Vec<_> = forgotten
        .split("<Path>")
        .skip(1)
        .filter_map(|rest| rest.split("</Path>").next())
        .collect();
    told.sort_unstable();
    assert_eq!(told, pictures, "{forgotten}");
}

async fn distribution(server: &ObjectServer) -> String {
    let body = r#"<DistributionConfig xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"><CallerReference>test</CallerReference>
        <Origins><Quantity>1</Quantity><Items><Origin><Id>api</Id><DomainName>api.example</DomainName>
        <CustomOriginConfig><HTTPPort>80</HTTPPort><HTTPSPort>443</HTTPSPort><OriginProtocolPolicy>https-only</OriginProtocolPolicy></CustomOriginConfig>
        </Origin></Items></Origins><DefaultCacheBehavior><TargetOriginId>api</TargetOriginId><ViewerProtocolPolicy>https-only</ViewerProtocolPolicy>
        </DefaultCacheBehavior><Comment></Comment><Enabled>true</Enabled></DistributionConfig>"#;
    let made = cloudfront(server, Method::POST, "distribution", body).await;
    between(&made, "<Id>", "</Id>").unwrap_or_else(|| panic!("{made}"))
}

/// A call of the server's CloudFront.
async fn cloudfront(server: &ObjectServer, method: Method, path: &str, body: &str) -> String {
    let scope = "Credential=test/20260101/us-east-1/cloudfront/aws4_request, SignedHeaders=host, Signature=0";
    let request = server
        .http()
        .request(method, format!("{}/2020-05-31/{path}", server.endpoint));
    let request = request.header("authorization", format!("AWS4-HMAC-SHA256 {scope}"));
    request
        .body(body.to_owned())
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap()
}

fn between(text: &str, start: &str, end: &str) -> Option<String> {
    let rest = text.split_once(start)?.1;
    Some(rest.split_once(end)?.0.to_owned())
}
