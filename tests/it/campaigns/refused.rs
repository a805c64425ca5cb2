//! Invalid campaigns are refused, with all reasons at once.

use reqwest::Method;
use serde_json::json;
use tradepost_tests::peer::{STRANGERS_GROUP, as_stranger, may_be_a_stranger, open_socket};

use super::*;

#[tokio::test]
async fn a_plan_that_makes_no_sense_is_refused_with_every_fault() {
    let app = TestApp::start_with(options());
    let body = json!({
        "scope": {
            "kinds": ["icon", "movie"], "family": "nobody/nothing", "account": "nobody", "presets": ["png-65"], "limit": 0,
        },
        "canary": 5_000, "auto": { "min_psnr_db": 101.0 }, "rate_per_second": 0, "stop_at_percent": 200, "reason": "  ",
    });
    let (status, problem) = app.act("/v1/campaigns", body).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::BAD_REQUEST, &json!("invalid-request")),
        "{problem}"
    );
    let mut at: Vec<_> = problem["faults"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| fault["at"].as_str().unwrap())
        .collect();
    at.sort_unstable();
    let expected = [
        "auto.min_psnr_db",
        "canary",
        "rate_per_second",
        "reason",
        "scope.account",
        "scope.family",
        "scope.kinds",
        "scope.limit",
        "scope.presets",
        "stop_at_percent",
    ];
    assert_eq!(at, expected, "{problem}");
}

#[tokio::test]
async fn bad_requests_about_campaigns_are_told_as_such() {
    let app = with_stale_ticks(2, options()).await;
    let campaign = plan(&app, json!({})).await;
    let one = path(&campaign);
    let nowhere = format!("/v1/campaigns/{}", uuid::Uuid::nil());
    let item = uuid::Uuid::nil();
    for (method, path, body, expected) in [
        (
            Method::POST,
            "/v1/campaigns".to_owned(),
            Some(json!({ "scope": {} })),
            400,
        ),
        (
            Method::POST,
            "/v1/campaigns".to_owned(),
            Some(json!({ "reason": "x", "speed": 1 })),
            400,
        ),
        (
            Method::POST,
            "/v1/campaigns".to_owned(),
            Some(json!({ "reason": "a\u{0}b" })),
            400,
        ),
        (Method::GET, "/v1/campaigns/17".to_owned(), None, 400),
        (Method::GET, "/v1/campaigns?limit=0".to_owned(), None, 400),
        (Method::GET, "/v1/campaigns?cursor=x".to_owned(), None, 400),
        (Method::GET, nowhere.clone(), None, 404),
        (Method::POST, format!("{nowhere}/start"), Some(json!({})), 404),
        (Method::GET, format!("{nowhere}/samples"), None, 404),
        (Method::GET, format!("{nowhere}/failures"), None, 404),
        (
            Method::POST,
            format!("{one}/rate"),
            Some(json!({ "rate_per_second": 0 })),
            400,
        ),
        (Method::POST, format!("{one}/finish"), Some(json!({})), 404),
        (Method::GET, format!("{one}/samples?cursor=-1"), None, 400),
        (Method::GET, format!("{one}/samples/{item}/png-64/old"), None, 404),
        (Method::GET, format!("{one}/samples/{item}/png-64/both"), None, 400),
    ] {
        let (status, problem) = app.control(method.clone(), &path, body).await;
        assert_eq!(status.as_u16(), expected, "{method} {path}: {problem}");
        assert_eq!(problem["status"], expected, "{method} {path}: {problem}");
    }
}

#[tokio::test]
async fn a_verb_that_the_state_does_not_allow_is_a_conflict_that_names_the_state() {
    let app = with_stale_ticks(2, options()).await;
    let campaign = plan(&app, json!({ "canary": 1 })).await;
    for verb in ["pause", "resume", "swap", "rollback", "collect"] {
        let (status, problem) = app.act(&format!("{}/{verb}", path(&campaign)), json!({})).await;
        assert_eq!(
            (status, &problem["code"]),
            (StatusCode::CONFLICT, &json!("campaign-state")),
            "{verb}: {problem}"
        );
        assert_eq!(
            problem["detail"],
            format!("The campaign is planned: it cannot {verb}."),
            "{problem}"
        );
    }
    act(&app, &campaign, "start").await;
    until(&app, &campaign, "waiting").await;
    act(&app, &campaign, "abort").await;
    for verb in ["start", "resume", "swap", "abort", "collect"] {
        let (status, _) = app.act(&format!("{}/{verb}", path(&campaign)), json!({})).await;
        assert_eq!(status, StatusCode::CONFLICT, "{verb}");
    }
    let (status, _) = app
        .act(&format!("{}/rate", path(&campaign)), json!({ "rate_per_second": 5 }))
        .await;
    assert_eq!(status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn one_campaign_draws_at_a_time_and_an_empty_one_never() {
    let app = with_stale_ticks(2, options()).await;
    let slow = json!({ "canary": 0, "rate_per_second": 1, "scope": { "only_stale": false } });
    let (one, other) = (plan(&app, slow.clone()).await, plan(&app, slow).await);
    act(&app, &one, "start").await;
    let (status, problem) = app.act(&format!("{}/start", path(&other)), json!({})).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("campaign-other")),
        "{problem}"
    );
    let empty = plan(&app, json!({ "scope": { "kinds": ["model"] } })).await;
    act(&app, &one, "abort").await;
    let (status, problem) = app.act(&format!("{}/start", path(&empty)), json!({})).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("campaign-empty")),
        "{problem}"
    );
}

#[tokio::test]
async fn a_campaign_has_routes_of_its_own() {
    let app = with_stale_ticks(2, options()).await;
    let campaign = plan(&app, json!({})).await;
    assert_eq!(app.look("/v1/operations").await["rows"], json!([]));
    let id = campaign["id"].as_str().unwrap();
    for verb in ["start", "cancel"] {
        let (status, problem) = app.act(&format!("/v1/operations/{id}/{verb}"), json!({})).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{verb}: {problem}");
    }
    let redrive = app.plan(json!({ "kind": "redrive" })).await;
    let path = format!("/v1/campaigns/{}/abort", redrive["id"].as_str().unwrap());
    let (status, problem) = app.act(&path, json!({})).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "{problem}");
}

#[tokio::test]
async fn a_viewer_looks_at_campaigns_and_an_operator_acts() {
    if !may_be_a_stranger() {
        return;
    }
    let app = with_stale_ticks(2, options().set("CONTROL__VIEWER_GROUPS", json!([STRANGERS_GROUP]))).await;
    open_socket(&app);
    let campaign = plan(&app, json!({})).await;
    for path in [
        "/v1/campaigns".to_owned(),
        path(&campaign),
        format!("{}/failures", path(&campaign)),
    ] {
        assert_eq!(as_stranger(&app, "GET", &path, None).0, StatusCode::OK, "{path}");
    }
    for verb in ["start", "pause", "resume", "abort", "swap", "rollback", "collect"] {
        let path = format!("{}/{verb}", path(&campaign));
        assert_eq!(
            as_stranger(&app, "POST", &path, None).0,
            StatusCode::FORBIDDEN,
            "{path}"
        );
    }
    let new = json!({ "reason": "because" });
    assert_eq!(
        as_stranger(&app, "POST", "/v1/campaigns", Some(new)).0,
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn a_scope_narrows_what_is_planned() {
    let app = with_stale_ticks(5, options()).await;
    for (scope, items) in [
        (json!({ "limit": 2 }), 2),
        (json!({ "family": "acme/signs" }), 5),
        (json!({ "account": "acme", "kinds": ["icon"] }), 5),
        (json!({ "kinds": ["texture", "audio"] }), 0),
        (json!({ "presets": ["png-64"], "only_stale": false }), 5),
    ] {
        let campaign = plan(&app, json!({ "scope": scope })).await;
        assert_eq!(campaign["items"], items, "{campaign}");
    }
    let page = app.look("/v1/campaigns?limit=2").await;
    let next = page["next"].as_str().unwrap();
    let rest = app.look(&format!("/v1/campaigns?limit=2&cursor={next}")).await;
    assert_eq!(
        (
            page["rows"].as_array().unwrap().len(),
            rest["rows"].as_array().unwrap().len()
        ),
        (2, 2)
    );
    assert_ne!(page["rows"][1]["id"], rest["rows"][0]["id"]);
}
