//! Messages and questions to contributors, their answers and appeals.

use reqwest::StatusCode;
use serde_json::{Value, json};
use tradepost_tests::peer::may_be_a_stranger;
use tradepost_tests::{Options, TestApp};

use super::{moderator, texts, with_moderators};

fn assert_refused((status, problem): (StatusCode, Value), expected: StatusCode, code: &str) {
    assert_eq!((status, problem["code"].as_str()), (expected, Some(code)), "{problem}");
}

#[tokio::test]
async fn question_waits_for_the_contributor_and_comes_back_answered() {
    let app = TestApp::start();
    let token = app.token(&["--account", "newbie"]);
    let (case, upload) = app.case_of(&token, "Ticks", 1).await;
    assert_refused(
        app.write_letter(&token, &upload, "answer", "Nobody asked.").await,
        StatusCode::CONFLICT,
        "no-question",
    );
    app.desk_refuses(
        &case,
        "ask",
        json!({ "question": " " }),
        StatusCode::BAD_REQUEST,
        "invalid-request",
    )
    .await;
    let before = app.look(&format!("/v1/cases/{case}")).await;
    let row = app.desk(&case, "ask", json!({ "question": "Who drew these?" })).await;
    assert_eq!(
        (&row["question"], &row["claimed_by"]),
        (&json!("asked"), &Value::Null),
        "{row}"
    );
    assert_eq!(app.look("/v1/cases").await["rows"], json!([]), "it is not in the queue");
    let waiting = app.look("/v1/cases?which=waiting").await;
    assert_eq!(texts(&waiting["rows"], "id"), [case.as_str()], "{waiting}");
    let (status, none) = app.act("/v1/cases/next", json!({})).await;
    assert_eq!((status, &none["code"]), (StatusCode::NOT_FOUND, &json!("no-case")));

    let told = app.told(&token, &upload).await;
    assert_eq!(told["review"]["question"]["text"], "Who drew these?", "{told}");
    assert!(told["review"]["question"]["answer_until"].is_string(), "{told}");
    assert!(told["review"]["next"].as_str().unwrap().contains("answer it"), "{told}");
    let stranger = app.token(&["--account", "stranger"]);
    assert_refused(
        app.write_letter(&stranger, &upload, "answer", "Me!").await,
        StatusCode::NOT_FOUND,
        "not-found",
    );
    for text in [" ".to_owned(), "x".repeat(2_001)] {
        assert_refused(
            app.write_letter(&token, &upload, "answer", &text).await,
            StatusCode::BAD_REQUEST,
            "invalid-request",
        );
    }
    let (status, told) = app
        .write_letter(&token, &upload, "answer", "I did, with a mouse.")
        .await;
    assert_eq!(
        (status, &told["review"]["question"]["answered"]),
        (StatusCode::OK, &json!(true)),
        "{told}"
    );
    assert_refused(
        app.write_letter(&token, &upload, "answer", "And a pen.").await,
        StatusCode::CONFLICT,
        "no-question",
    );
    let detail = app.look(&format!("/v1/cases/{case}")).await;
    assert_eq!(texts(&detail["letters"], "kind"), ["question", "answer"], "{detail}");
    assert_eq!(texts(&detail["letters"], "text")[1], "I did, with a mouse.");
    assert_eq!(detail["case"]["question"], "answered");
    assert!(
        detail["case"]["due_at"].as_str() > before["case"]["due_at"].as_str(),
        "waiting does not count against the target"
    );
    let (_, next) = app.act("/v1/cases/next", json!({})).await;
    assert_eq!(next["id"], case, "it is in the queue again");
}

#[tokio::test]
async fn question_that_nobody_answers_comes_back_by_itself() {
    let app = TestApp::start();
    let token = app.token(&["--account", "newbie"]);
    let (case, upload) = app.case_of(&token, "Ticks", 1).await;
    app.desk(&case, "ask", json!({ "question": "Who drew these?" })).await;
    app.sql("update cases set waiting_until = now()").await;
    let page = app
        .until("/v1/cases", |page| page["rows"][0]["question"] == "asked")
        .await;
    assert_eq!(texts(&page["rows"], "id"), [case.as_str()]);
    let (status, _) = app.write_letter(&token, &upload, "answer", "Sorry, I was away.").await;
    assert_eq!(status, StatusCode::OK, "late, but not too late");
}

#[tokio::test]
async fn appeal_opens_the_case_for_another_moderator_whose_approval_publishes() {
    if !may_be_a_stranger() {
        return;
    }
    let app = with_moderators(Options::default());
    let token = app.token(&["--account", "newbie"]);
    let (case, upload) = app.case_of(&token, "Ticks", 2).await;
    assert_refused(
        app.write_letter(&token, &upload, "appeal", "Too early.").await,
        StatusCode::CONFLICT,
        "not-decided",
    );
    app.token(&["--account", "newbie", "--trust", "trusted"]);
    let path = format!("/v1/cases/{case}");
    let reject = json!({ "template": "quality", "reason": "The grid is off." });
    assert_eq!(
        moderator(&app, 3_001, &format!("{path}/reject"), reject).0,
        StatusCode::OK
    );
    let told = app.told(&token, &upload).await;
    let review = &told["review"];
    assert_eq!(review["decision"]["outcome"], "rejected", "{told}");
    let reason = review["decision"]["reason"].as_str().unwrap();
    assert!(
        reason.starts_with("The files do not meet") && reason.ends_with("The grid is off."),
        "{reason}"
    );
    assert!(
        review["appeal_until"].is_string() && !told.to_string().contains("uid:3001"),
        "{told}"
    );
    assert_eq!(app.look("/v1/accounts/newbie").await["trust"], "new");

    let (status, told) = app.write_letter(&token, &upload, "appeal", "There is no grid.").await;
    assert_eq!(
        (status, &told["upload"]["state"], &told["review"]["appealed"]),
        (StatusCode::OK, &json!("in_review"), &json!(true)),
        "{told}"
    );
    assert_refused(
        app.write_letter(&token, &upload, "appeal", "Really.").await,
        StatusCode::CONFLICT,
        "already-appealed",
    );
    let (other, _) = app.case_of(&app.token(&["--account", "other"]), "Ticks", 1).await;
    let next = |number| moderator(&app, number, "/v1/cases/next", json!({})).1;
    assert_eq!(next(3_001)["id"], other, "not to the one who rejected it");
    let appealed = next(3_002);
    assert_eq!((&appealed["id"], &appealed["appeal"]), (&json!(case), &json!(true)));
    let detail = app.look(&path).await;
    assert_eq!(texts(&detail["letters"], "text"), ["There is no grid."], "{detail}");
    assert_eq!(texts(&detail["history"], "by"), ["uid:3001"], "{detail}");

    let (status, decision) = moderator(&app, 3_002, &format!("{path}/approve"), json!({}));
    assert_eq!(status, StatusCode::OK, "{decision}");
    assert_eq!(app.rows("/v1/items").await.len(), 2);
    let record = app.look("/v1/accounts/newbie").await;
    assert_eq!(
        (&record["trust"], &record["rejected_lately"]),
        (&json!("trusted"), &json!(0)),
        "{record}"
    );
    assert_refused(
        app.write_letter(&token, &upload, "appeal", "More!").await,
        StatusCode::CONFLICT,
        "appeal-final",
    );
}

#[tokio::test]
async fn only_the_one_who_rejected_is_left_then_the_appeal_is_handed_to_that_one() {
    let app = TestApp::start();
    let token = app.token(&["--account", "newbie"]);
    let (case, upload) = app.case_of(&token, "Ticks", 1).await;
    app.desk(&case, "reject", json!({ "reason": "No." })).await;
    app.write_letter(&token, &upload, "appeal", "Yes.").await;
    let (status, next) = app.act("/v1/cases/next", json!({})).await;
    assert_eq!((status, &next["id"]), (StatusCode::OK, &json!(case)), "{next}");
    app.desk(&case, "reject", json!({ "reason": "Still no." })).await;
    let told = app.told(&token, &upload).await;
    assert_eq!(told["review"]["appeal_until"], Value::Null, "{told}");
    assert_refused(
        app.write_letter(&token, &upload, "appeal", "Yes!").await,
        StatusCode::CONFLICT,
        "appeal-final",
    );
}

#[tokio::test]
async fn appeal_against_files_left_out_takes_nothing_from_what_is_published() {
    let app = TestApp::start();
    let token = app.token(&["--account", "newbie"]);
    let (case, upload) = app.case_of(&token, "Ticks", 3).await;
    let items = app.look(&format!("/v1/cases/{case}")).await["items"].clone();
    app.previews_are_drawn().await;
    app.act("/v1/queues/preview/pause", json!({})).await;
    app.desk(
        &case,
        "approve",
        json!({ "except": [items[0]["id"]], "template": "copy" }),
    )
    .await;
    let (status, told) = app.write_letter(&token, &upload, "appeal", "I drew it first.").await;
    assert_eq!(
        (status, &told["upload"]["state"]),
        (StatusCode::OK, &json!("in_review")),
        "{told}"
    );
    assert_eq!(app.rows("/v1/items").await.len(), 2, "what is published stays");
    let states = app.look(&format!("/v1/cases/{case}")).await["items"].clone();
    assert!(texts(&states, "state").contains(&"ready"), "{states}");
    let before = app.dump().await;
    app.desk(&case, "reject", json!({ "reason": "You did not." })).await;
    assert_eq!(app.rows("/v1/items").await.len(), 2);
    assert_eq!(app.told(&token, &upload).await["upload"]["state"], "published");
    app.desk(&case, "undo", json!({})).await;
    assert_eq!(app.dump().await, before, "that can be taken back as well");
    app.act("/v1/queues/preview/resume", json!({})).await;
    app.previews_are_drawn().await;
    let sheets = app.number("select count(*) from family_previews where published").await;
    assert_eq!(sheets, 2, "the sheet that was about to be drawn is drawn");
    app.desk(&case, "approve", json!({})).await;
    assert_eq!(app.rows("/v1/items").await.len(), 3);
}

#[tokio::test]
async fn appeal_is_refused_where_no_moderator_rejected_anything_or_it_is_too_late() {
    let app = TestApp::start();
    let token = app.token(&["--account", "newbie"]);
    let (case, upload) = app.case_of(&token, "Ticks", 1).await;
    app.desk(&case, "approve", json!({})).await;
    assert_refused(
        app.write_letter(&token, &upload, "appeal", "Why?").await,
        StatusCode::CONFLICT,
        "not-appealable",
    );
    let broken = app.upload_and_settle(&token, b"PK\x03\x04 is no archive").await;
    let id = broken["upload"]["id"].as_str().unwrap();
    assert_eq!(broken["upload"]["state"], "rejected", "{broken}");
    assert_eq!(app.told(&token, id).await["review"], Value::Null);
    assert_refused(
        app.write_letter(&token, id, "appeal", "Why?").await,
        StatusCode::CONFLICT,
        "not-appealable",
    );

    let (case, upload) = app.case_of(&token, "More ticks", 1).await;
    app.desk(&case, "reject", json!({ "reason": "No." })).await;
    app.sql(
        "alter table decisions disable trigger decisions_append_only;
        update decisions set at = at - interval '31 days';
        update cases set decided_at = decided_at - interval '31 days' where outcome is not null;
        alter table decisions enable trigger decisions_append_only",
    )
    .await;
    assert_eq!(app.told(&token, &upload).await["review"]["appeal_until"], Value::Null);
    assert_refused(
        app.write_letter(&token, &upload, "appeal", "Why?").await,
        StatusCode::GONE,
        "appeal-too-late",
    );
}
