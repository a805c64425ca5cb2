//! Rate limits of requests by client address.

use reqwest::{Method, StatusCode};
use tradepost_tests::{Answer, Options, TestApp};

async fn ask(app: &TestApp, path: &str, from: &str) -> Answer {
    Answer::to(app.request(Method::GET, path).header("x-forwarded-for", from)).await
}

#[tokio::test]
async fn each_network_has_a_budget_for_each_kind_of_request() {
    let app = TestApp::start_with(
        Options::default()
            .set("HTTP__TRUSTED_PROXIES", 1)
            .set("LIMITS__SEARCHES_PER_MINUTE", 2)
            .set("LIMITS__CHANGES_PER_MINUTE", 1),
    );
    let first = ask(&app, "/v1/search?q=a", "2001:db8:0:1::1").await;
    assert_eq!(first.status, StatusCode::OK);
    assert_eq!(first.header("ratelimit-policy"), "\"searches\";q=2;w=60");
    assert!(
        first.header("ratelimit").starts_with("\"searches\";r=1;t="),
        "{first:?}"
    );
    // The same customer of the same provider, and another route of the same kind.
    let second = ask(&app, "/v1/suggest?q=a", "10.9.9.9, 2001:db8:0:1:ffff::2").await;
    assert_eq!(second.status, StatusCode::OK);

    let third = ask(&app, "/v1/search?q=a", "2001:db8:0:1::1").await;
    let problem = third.problem(StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(problem["code"], "rate-limited");
    let wait: u64 = third.header("retry-after").parse().unwrap();
    assert!((1..=31).contains(&wait), "{wait}");
    assert_eq!(third.header("ratelimit-policy"), "\"searches\";q=2;w=60");
    assert_eq!(third.header("ratelimit"), format!("\"searches\";r=0;t={wait}"));
    assert_eq!(third.header("cache-control"), "no-store");

    for (path, from) in [
        ("/v1/search?q=a", "2001:db8:0:2::1"),
        ("/v1/search?q=a", "203.0.113.7"),
        ("/v1/items", "2001:db8:0:1::1"),
    ] {
        assert_eq!(ask(&app, path, from).await.status, StatusCode::OK, "{path} from {from}");
    }
    let change = || {
        let request = app.request(Method::POST, "/v1/nothing");
        Answer::to(request.header("x-forwarded-for", "203.0.113.7"))
    };
    assert_eq!(change().await.status, StatusCode::NOT_FOUND);
    change().await.problem(StatusCode::TOO_MANY_REQUESTS);
    for _ in 0..3 {
        let alive = ask(&app, "/livez", "203.0.113.7").await;
        assert_eq!((alive.status, alive.header("ratelimit")), (StatusCode::OK, ""));
    }
    let metrics = Answer::to(app.control_request(Method::GET, "/metrics")).await;
    let metrics = String::from_utf8(metrics.bytes).unwrap();
    for count in [
        "tradepost_rate_limited_requests_total{budget=\"searches\"} 1",
        "tradepost_rate_limited_requests_total{budget=\"changes\"} 1",
    ] {
        assert!(metrics.lines().any(|line| line == count), "{count} in {metrics}");
    }
}
