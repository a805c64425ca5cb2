//! Lists that the daemon filters, sorts, counts and pages.

use std::collections::HashSet;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tradepost_tests::TestApp;

/// The rows of all pages, and the total that the first page has.
async fn walk(app: &TestApp, path: &str) -> (Vec<Value>, Value) {
    let first = app.look(path).await;
    let total = first["total"].clone();
    let (mut rows, mut page) = (Vec::new(), first);
    loop {
        rows.extend(page["rows"].as_array().unwrap().iter().cloned());
        let Some(next) = page["next"].as_str() else {
            return (rows, total);
        };
        let url = reqwest::Url::parse_with_params(&format!("http://localhost{path}"), [("cursor", next)]).unwrap();
        page = app.look(&format!("{}?{}", url.path(), url.query().unwrap())).await;
        assert_eq!(page["total"], Value::Null, "only the first page is counted: {path}");
    }
}

fn texts<'a>(rows: &'a [Value], field: &str) -> Vec<&'a str> {
    rows.iter().map(|row| row[field].as_str().unwrap()).collect()
}

fn assert_sorted(path: &str, rows: &[Value], field: &str, count: usize) {
    let ids: HashSet<_> = rows.iter().map(|row| row["id"].to_string()).collect();
    assert_eq!((rows.len(), ids.len()), (count, count), "{path}: every row once");
    let values: Vec<_> = rows
        .iter()
        .map(|row| match &row[field] {
            Value::String(text) => (0.0, text.to_lowercase()),
            number => (number.as_f64().unwrap(), String::new()),
        })
        .collect();
    let is_falling = path.contains("sort=-");
    let is_sorted = values.windows(2).all(|pair| {
        if is_falling {
            pair[0] >= pair[1]
        } else {
            pair[0] <= pair[1]
        }
    });
    assert!(is_sorted, "{path}: {values:?}");
}

#[tokio::test]
async fn one_upload_is_found_among_thousands() {
    let app = TestApp::start();
    app.put_cases(4463).await;
    for (list, field) in [("uploads", "title"), ("cases", "title")] {
        let (rows, total) = walk(&app, &format!("/v1/{list}?text=/%20SET%203999")).await;
        assert_eq!(
            (texts(&rows, field), total),
            (vec!["Seeds / Set 3999"], json!(1)),
            "{list}"
        );
        // The cases are of 200 contributors in turn; the signs of a pattern stand for themselves.
        for (query, total) in [
            ("text=seed-199", 22),
            ("text=set%203999&without=seed-199", 0),
            ("without=set%203999", 4462),
            ("text=%25", 0),
            ("text=", 4463),
        ] {
            let page = app.look(&format!("/v1/{list}?{query}&limit=1")).await;
            let rows = page["rows"].as_array().unwrap().len();
            assert_eq!(
                (&page["total"], rows),
                (&json!(total), usize::from(total > 0)),
                "{list}?{query}"
            );
        }
    }
    let page = app.look("/v1/uploads?text=in%20review&limit=1").await;
    assert_eq!(
        page["total"],
        json!(4463),
        "states are found by the words of the screens"
    );
    let page = app.look("/v1/cases?text=blocking&limit=1").await;
    assert_eq!(page["total"], json!(446));
}

#[tokio::test]
async fn lists_are_sorted_over_all_their_pages() {
    let app = TestApp::start();
    app.put_cases(90).await;
    for (path, field) in [
        ("/v1/uploads?sort=pack&limit=37", "title"),
        ("/v1/uploads?sort=-pack&limit=37", "title"),
        ("/v1/uploads?sort=-account&limit=7", "account"),
        ("/v1/uploads?sort=findings&limit=40", "findings"),
        ("/v1/uploads?sort=-created&limit=40", "id"),
        ("/v1/cases?sort=title&limit=37", "title"),
        ("/v1/cases?sort=-due&limit=37", "due_at"),
        ("/v1/cases?sort=-contributor&limit=37", "contributor"),
    ] {
        let (rows, total) = walk(&app, path).await;
        assert_eq!(total, json!(90), "{path}");
        assert_sorted(path, &rows, field, 90);
    }
    let every = [
        (
            "uploads",
            tradepost_common::uploads::UploadColumn::ALL
                .map(|column| column.as_str())
                .to_vec(),
        ),
        (
            "cases",
            tradepost_common::review::CaseColumn::ALL
                .map(|column| column.as_str())
                .to_vec(),
        ),
        (
            "audit",
            tradepost_common::audit::AuditColumn::ALL
                .map(|column| column.as_str())
                .to_vec(),
        ),
        (
            "operations",
            tradepost_common::operations::OperationColumn::ALL
                .map(|column| column.as_str())
                .to_vec(),
        ),
    ];
    for (list, columns) in every {
        for column in columns {
            app.look(&format!("/v1/{list}?sort={column}")).await;
        }
    }
}

#[tokio::test]
async fn audit_log_and_operations_are_searched_and_sorted() {
    let app = TestApp::start();
    for queue in ["scan", "render", "preview"] {
        let (status, _) = app.act(&format!("/v1/queues/{queue}/pause"), json!({})).await;
        assert_eq!(status, StatusCode::OK);
    }
    let (rows, total) = walk(&app, "/v1/audit?sort=target&limit=2&text=queue.pause").await;
    assert_eq!(
        (texts(&rows, "subject"), total),
        (vec!["queue:preview", "queue:render", "queue:scan"], json!(3))
    );
    let (rows, _) = walk(&app, "/v1/audit?without=RENDER&limit=2").await;
    assert_eq!(texts(&rows, "subject"), ["queue:preview", "queue:scan"]);
    for reason in ["first", "second"] {
        let plan = json!({ "kind": "discard", "reason": reason });
        let (status, planned) = app.act("/v1/operations", plan).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{planned}");
    }
    let (rows, total) = walk(&app, "/v1/operations?text=SECOND").await;
    assert_eq!((texts(&rows, "reason"), total), (vec!["second"], json!(1)));
    let (rows, total) = walk(&app, "/v1/operations?sort=created&limit=1").await;
    assert_eq!((texts(&rows, "reason"), total), (vec!["first", "second"], json!(2)));
}

#[tokio::test]
async fn unknown_order_and_cursor_of_another_order_are_refused() {
    let app = TestApp::start();
    app.put_cases(3).await;
    let next = app.look("/v1/uploads?limit=1").await["next"]
        .as_str()
        .unwrap()
        .to_owned();
    for (list, query, at) in [
        ("uploads", "sort=weight".to_owned(), "sort"),
        ("uploads", format!("sort=size&cursor={next}"), "cursor"),
        ("uploads", "cursor=7".to_owned(), "cursor"),
        ("cases", "sort=-weight".to_owned(), "sort"),
        ("audit", "sort=weight".to_owned(), "sort"),
        ("audit", "cursor=x".to_owned(), "cursor"),
        ("operations", "sort=--kind".to_owned(), "sort"),
    ] {
        let (status, problem) = app.control(Method::GET, &format!("/v1/{list}?{query}"), None).await;
        assert_eq!(
            (status, &problem["faults"][0]["at"]),
            (StatusCode::BAD_REQUEST, &json!(at)),
            "{list}?{query}: {problem}"
        );
    }
}
