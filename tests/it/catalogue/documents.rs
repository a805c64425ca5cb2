//! The OpenAPI document and the health checks.

use reqwest::{Method, StatusCode};
use serde_json::json;
use tradepost_tests::{Answer, TestApp};

#[tokio::test]
async fn daemon_documents_every_route_and_says_that_it_is_well() {
    let app = TestApp::start();
    openapi_document_has_every_route(&app).await;
    documentation_page_needs_nothing_from_elsewhere(&app).await;
    daemon_says_that_it_is_well(&app).await;
}

async fn openapi_document_has_every_route(app: &TestApp) {
    let (status, document) = app.get("/openapi.json", None).await;
    assert_eq!(status, StatusCode::OK);
    assert!(
        document["openapi"].as_str().unwrap().starts_with("3."),
        "{}",
        document["openapi"]
    );
    for (route, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            assert!(
                operation["summary"].is_string(),
                "{method} {route} is not documented: {operation}"
            );
            assert!(
                operation["responses"]
                    .as_object()
                    .is_some_and(|responses| !responses.is_empty()),
                "{operation}"
            );
        }
    }
    assert_eq!(
        document["paths"]["/v1/uploads"]["post"]["security"],
        json!([{ "bearer": [] }])
    );
    let printed = app.tradepostd(&["openapi"]);
    let printed: serde_json::Value = serde_json::from_slice(&printed.stdout).unwrap();
    assert_eq!(printed, document, "tradepostd openapi prints the same");
}

async fn documentation_page_needs_nothing_from_elsewhere(app: &TestApp) {
    let page = Answer::to(app.request(Method::GET, "/docs/")).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.header("content-type").starts_with("text/html"), "{page:?}");
    assert!(page.header("content-security-policy").contains("default-src 'self'"));
    let html = String::from_utf8(page.bytes).unwrap();
    let references: Vec<_> = ["src=\"", "href=\""]
        .iter()
        .flat_map(|start| html.split(start).skip(1))
        .collect();
    let references: Vec<_> = references.iter().filter_map(|rest| rest.split('"').next()).collect();
    assert!(!references.is_empty(), "{html}");
    for reference in references {
        assert!(!reference.contains("//"), "{reference} is elsewhere");
        let path = format!("/docs/{}", reference.trim_start_matches("./"));
        let answer = Answer::to(app.request(Method::GET, &path)).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
    }
    let root = Answer::to(app.request(Method::GET, "/")).await;
    assert_eq!(root.status, StatusCode::OK, "the root leads to the page");
}

async fn daemon_says_that_it_is_well(app: &TestApp) {
    for path in ["/livez", "/readyz"] {
        let (status, body) = app.get(path, None).await;
        assert_eq!((status, &body["status"]), (StatusCode::OK, &json!("ok")), "{path}");
    }
}
