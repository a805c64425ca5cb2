//! Reads of the control socket.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tradepost_queue::Queue;
use tradepost_tests::{PackBuilder, TestApp};
use tradepostd::jobs::QUEUES;

fn names<'a>(rows: &'a Value, field: &str) -> Vec<&'a str> {
    rows.as_array()
        .unwrap()
        .iter()
        .map(|row| row[field].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn overview_queues_latency_and_audit_describe_the_daemon() {
    let app = TestApp::start();
    let me = app.look("/v1/whoami").await;
    assert_eq!(
        me["roles"],
        json!(["viewer", "moderator", "operator"]),
        "the daemon's own user may do all: {me}"
    );
    let token = app.trusted("ann");
    app.upload_and_settle(&token, &PackBuilder::ticks("Ticks", 2).build())
        .await;
    let (status, _) = app.get("/v1/items", None).await;
    assert_eq!(status, StatusCode::OK);

    check_overview(&app).await;
    check_queues(&app).await;
    check_latency(&app).await;
    let audit = app.look("/v1/audit").await;
    assert_eq!(audit["rows"][0]["act"], "token.create", "{audit}");
    assert_eq!(
        (&audit["rows"][0]["actor"], &audit["rows"][0]["subject"]),
        (&me["user"], &json!("account:ann"))
    );
    assert!(!audit.to_string().contains(&token), "a token is never written down");
}

async fn check_overview(app: &TestApp) {
    let overview = app.look("/v1/overview").await;
    assert_eq!(
        (&overview["mode"], &overview["api_url"]),
        (&json!("embedded"), &json!(app.api)),
        "{overview}"
    );
    assert_eq!(overview["process"]["pid"], json!(app.pid()));
    assert!(
        overview["process"]["resident_bytes"].as_u64().unwrap() > 1 << 20,
        "{overview}"
    );
    assert_eq!(
        names(&overview["parts"], "name"),
        ["database", "objects", "scanner", "jail", "queues"]
    );
    assert_eq!(
        (
            &overview["counts"]["items_published"],
            &overview["counts"]["renditions"]
        ),
        (&json!(2), &json!(18))
    );
}

async fn check_queues(app: &TestApp) {
    let queues = app.look("/v1/queues").await;
    assert_eq!(names(&queues["queues"], "name"), QUEUES.map(Queue::as_str));
    for queue in queues["queues"].as_array().unwrap() {
        assert_eq!(
            (&queue["depth"], &queue["dead"], &queue["paused"]),
            (&json!(0), &json!(0), &json!(false)),
            "{queue}"
        );
        assert_eq!(queue["done_history"].as_array().unwrap().len(), 60, "{queue}");
    }
}

async fn check_latency(app: &TestApp) {
    let latency = app.look("/v1/latency").await;
    let rows = latency["latency"].as_array().unwrap();
    let named = |scope: &str| {
        let rows = rows.iter().filter(|row| row["scope"] == scope);
        rows.map(|row| row["name"].as_str().unwrap()).collect::<Vec<_>>()
    };
    assert!(named("route").contains(&"GET /v1/items"), "{latency}");
    for stage in ["scan", "unpack", "render.render"] {
        assert!(named("stage").contains(&stage), "{stage}: {latency}");
    }
    let row = rows.iter().find(|row| row["name"] == "render.render").unwrap();
    let total = |field: &str| row["total"][field].as_f64().unwrap();
    assert!(
        total("count") >= 2.0 && total("p50_ms") > 0.0 && total("p50_ms") <= total("max_ms"),
        "{row}"
    );
}

#[tokio::test]
async fn stream_starts_with_a_snapshot_and_tells_of_an_upload() {
    let app = TestApp::start();
    let token = app.trusted("ann");
    let mut events = app.events().await;
    let snapshot = events.next().await;
    assert_eq!(snapshot["type"], "snapshot", "{snapshot}");
    for part in ["you", "overview", "queues", "latency", "revisions"] {
        assert!(!snapshot[part].is_null(), "{part}: {snapshot}");
    }
    let before = snapshot["revisions"]["uploads"].as_u64().unwrap();
    let id = app.upload(&token, &PackBuilder::ticks("Ticks", 1).build()).await;
    let told = async {
        loop {
            let event = events.next().await;
            assert_ne!(event["type"], "snapshot", "there is only one");
            if event["type"] == "changed" && event["uploads"].as_u64().unwrap() > before {
                return;
            }
        }
    };
    tokio::time::timeout(tradepost_tests::wait::PATIENCE, told)
        .await
        .unwrap();
    assert_eq!(app.settled(&id).await["upload"]["state"], "published");
    let published = async { while events.next().await["counts"]["uploads_published"] != json!(1) {} };
    tokio::time::timeout(tradepost_tests::wait::PATIENCE, published)
        .await
        .unwrap();
}

#[tokio::test]
async fn uploads_are_listed_by_state_and_account() {
    let app = TestApp::start();
    let (ann, bob) = (app.trusted("ann"), app.token(&["--account", "bob"]));
    app.upload_and_settle(&ann, &PackBuilder::ticks("Ticks", 1).build())
        .await;
    app.upload_and_settle(&bob, &PackBuilder::ticks("Ticks", 1).build())
        .await;
    for (query, accounts) in [
        ("", vec!["bob", "ann"]),
        ("?state=published", vec!["ann"]),
        ("?state=in_review", vec!["bob"]),
        ("?account=ann", vec!["ann"]),
        ("?account=ann&state=in_review", vec![]),
        ("?limit=1", vec!["bob"]),
    ] {
        let page = app.look(&format!("/v1/uploads{query}")).await;
        assert_eq!(names(&page["rows"], "account"), accounts, "{query}");
    }
    let first = app.look("/v1/uploads?limit=1").await;
    let second = app
        .look(&format!(
            "/v1/uploads?limit=1&cursor={}",
            first["next"].as_str().unwrap()
        ))
        .await;
    assert_eq!(names(&second["rows"], "account"), ["ann"]);
}

#[tokio::test]
async fn wrong_questions_are_problems() {
    let app = TestApp::start();
    let nobody = "01990000-0000-7000-8000-000000000001";
    let wrong = [
        (Method::GET, "/v1/nothing".to_owned(), StatusCode::NOT_FOUND),
        (Method::GET, format!("/v1/uploads/{nobody}"), StatusCode::NOT_FOUND),
        (Method::GET, format!("/v1/cases/{nobody}"), StatusCode::NOT_FOUND),
        (
            Method::POST,
            "/v1/queues/imagine/pause".to_owned(),
            StatusCode::NOT_FOUND,
        ),
        (Method::POST, format!("/v1/cases/{nobody}/claim"), StatusCode::NOT_FOUND),
        (
            Method::GET,
            "/v1/uploads?state=lost".to_owned(),
            StatusCode::BAD_REQUEST,
        ),
        (Method::GET, "/v1/uploads?limit=0".to_owned(), StatusCode::BAD_REQUEST),
        (Method::GET, "/v1/cases?state=odd".to_owned(), StatusCode::BAD_REQUEST),
        (Method::GET, "/v1/cases?cursor=odd".to_owned(), StatusCode::BAD_REQUEST),
        (Method::GET, "/v1/audit?limit=201".to_owned(), StatusCode::BAD_REQUEST),
        (
            Method::DELETE,
            "/v1/overview".to_owned(),
            StatusCode::METHOD_NOT_ALLOWED,
        ),
    ];
    for (method, path, expected) in wrong {
        let (status, problem) = app.control(method, &path, None).await;
        assert_eq!(
            (status, &problem["status"]),
            (expected, &json!(expected.as_u16())),
            "{path}: {problem}"
        );
    }
}
