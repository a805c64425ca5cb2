//! Claims: one moderator holds a case at a time, until the claim ends.

use std::collections::{BTreeMap, HashSet};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tradepost_tests::peer::{as_user, may_be_a_stranger};
use tradepost_tests::{Options, TestApp};

use super::{moderator, texts, with_moderators};

#[tokio::test]
async fn eight_moderators_ask_for_the_next_case_and_none_is_held_by_two_or_lost() {
    if !may_be_a_stranger() {
        return;
    }
    let app = with_moderators(Options::default());
    app.put_cases(200).await;
    let socket = app.socket();
    let asking = (0..8).map(|number| {
        let socket = socket.clone();
        std::thread::spawn(move || {
            let user = (3_000 + number).to_string();
            let mut held = Vec::new();
            loop {
                let (status, case) = as_user(socket.clone(), &user, "POST", "/v1/cases/next", None);
                match status {
                    StatusCode::OK => held.push((case["id"].to_string(), case["claimed_by"].to_string())),
                    _ => return (case["code"].to_string(), held),
                }
            }
        })
    });
    let asking: Vec<_> = asking.collect();
    let mut holders = BTreeMap::new();
    for (number, moderator) in asking.into_iter().enumerate() {
        let (ended, held) = moderator.join().unwrap();
        assert_eq!(ended, r#""no-case""#);
        assert!(!held.is_empty(), "moderator {number} got nothing");
        for (case, claimed_by) in held {
            assert_eq!(claimed_by, format!("\"uid:{}\"", 3_000 + number));
            assert_eq!(holders.insert(case.clone(), claimed_by), None, "{case} is held twice");
        }
    }
    assert_eq!(holders.len(), 200);
    let held = app.number("select count(*) from cases where claim_until > now()").await;
    assert_eq!(held, 200);
}

#[tokio::test]
async fn one_moderator_at_eight_terminals_gets_every_case_once() {
    let app = TestApp::start();
    app.put_cases(200).await;
    let asking = (0..8).map(|_| async {
        let mut held = Vec::new();
        loop {
            let (status, case) = app.act("/v1/cases/next", json!({})).await;
            if status != StatusCode::OK {
                return held;
            }
            held.push(case["id"].to_string());
        }
    });
    let held = futures_util::future::join_all(asking).await.concat();
    assert_eq!(held.len(), 200);
    assert_eq!(held.into_iter().collect::<HashSet<_>>().len(), 200);
}

#[tokio::test]
async fn most_severe_case_comes_first_and_a_claim_that_ended_is_taken_over() {
    if !may_be_a_stranger() {
        return;
    }
    let app = with_moderators(Options::default());
    app.put_cases(20).await;
    let (_, first) = moderator(&app, 3_001, "/v1/cases/next", json!({}));
    assert_eq!(first["severity"], "blocking", "{first}");
    let case = format!("/v1/cases/{}", first["id"].as_str().unwrap());
    let detail = app.look(&case).await;
    assert!(detail["claim_until"].is_string(), "{detail}");
    app.sql("update cases set claim_until = now() where claimed_by is not null")
        .await;
    assert_eq!(app.look(&case).await["claim_until"], Value::Null);
    let (_, again) = moderator(&app, 3_002, "/v1/cases/next", json!({}));
    assert_eq!((&again["id"], &again["claimed_by"]), (&first["id"], &json!("uid:3002")));
    let (status, problem) = moderator(&app, 3_001, &format!("{case}/reject"), json!({ "template": "quality" }));
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("case-claimed")),
        "who lost the claim decides nothing: {problem}"
    );
    assert!(problem["detail"].as_str().unwrap().contains("uid:3002"), "{problem}");
    let (status, problem) = moderator(&app, 3_001, &format!("{case}/release"), json!({}));
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("case-claimed")),
        "nor does it release what another one holds: {problem}"
    );
    assert_eq!(app.look(&case).await["case"]["claimed_by"], "uid:3002");
    let (status, row) = moderator(&app, 3_002, &format!("{case}/release"), json!({}));
    assert_eq!((status, &row["claimed_by"]), (StatusCode::OK, &Value::Null));
    let (status, _) = moderator(&app, 3_001, &format!("{case}/claim"), json!({}));
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn skipped_case_is_listed_last_and_not_handed_to_the_same_moderator_for_a_while() {
    if !may_be_a_stranger() {
        return;
    }
    let app = with_moderators(Options::default());
    app.put_cases(3).await;
    let (_, first) = moderator(&app, 3_001, "/v1/cases/next", json!({}));
    let id = first["id"].as_str().unwrap();
    let (status, row) = moderator(&app, 3_001, &format!("/v1/cases/{id}/skip"), json!({}));
    assert_eq!((status, &row["claimed_by"]), (StatusCode::OK, &Value::Null), "{row}");
    let list = |user: &str| as_user(app.socket(), user, "GET", "/v1/cases?limit=2", None).1;
    let mine = list("3001");
    assert!(!texts(&mine["rows"], "id").contains(&id), "{mine}");
    let next = format!("/v1/cases?limit=2&cursor={}", mine["next"].as_str().unwrap());
    let (_, last) = as_user(app.socket(), "3001", "GET", &next, None);
    assert_eq!(texts(&last["rows"], "id"), [id], "{last}");
    assert_eq!(texts(&list("3002")["rows"], "id")[0], id, "others see it where it is");

    for _ in 0..2 {
        let (status, other) = moderator(&app, 3_001, "/v1/cases/next", json!({}));
        assert_eq!(status, StatusCode::OK);
        assert_ne!(other["id"], first["id"]);
    }
    let (status, none) = moderator(&app, 3_001, "/v1/cases/next", json!({}));
    assert_eq!(
        (status, &none["code"]),
        (StatusCode::NOT_FOUND, &json!("no-case")),
        "{none}"
    );
    app.sql("update case_skips set skipped_until = now()").await;
    let (_, again) = moderator(&app, 3_001, "/v1/cases/next", json!({}));
    assert_eq!(again["id"], first["id"]);
    assert_eq!(app.number("select count(*) from decisions where act = 'skip'").await, 1);
}

#[tokio::test]
async fn moderators_who_look_at_the_same_case_are_told_of_each_other() {
    if !may_be_a_stranger() {
        return;
    }
    let app = with_moderators(Options::default());
    app.put_cases(1).await;
    let case = app.look("/v1/cases").await["rows"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("/v1/cases/{case}");
    let me = app.look("/v1/whoami").await["user"].clone();
    let (_, alone) = moderator(&app, 3_001, &format!("{path}/view"), json!({}));
    assert_eq!(alone["others"], json!([]), "{alone}");
    let both = app.desk(&case, "view", json!({})).await;
    assert_eq!(both["others"], json!(["uid:3001"]), "{both}");
    assert_eq!(app.look(&path).await["viewers"], json!(["uid:3001"]));
    let (_, seen) = as_user(app.socket(), "3001", "GET", &path, None);
    assert_eq!(seen["viewers"], json!([me]));

    app.sql("update case_viewers set seen_at = now() - interval '16 s' where viewer = 'uid:3001'")
        .await;
    assert_eq!(
        app.look(&path).await["viewers"],
        json!([]),
        "who sends no sign of life has left"
    );
    moderator(&app, 3_001, &format!("{path}/view"), json!({}));
    moderator(&app, 3_001, &format!("{path}/release"), json!({}));
    assert_eq!(app.look(&path).await["viewers"], json!([]), "releasing looks away");
    let (status, _) = app.control(Method::DELETE, &format!("{path}/claim"), None).await;
    assert_eq!(status, StatusCode::OK, "giving back what one does not hold is fine");
}
