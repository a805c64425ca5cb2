//! Every way in which a scanner fails: nothing is published, an alert is raised where somebody should act, no attempt is used up,
//! and everything goes on within a minute of its return.

use std::time::{Duration, Instant};

use serde_json::json;
use tradepost_tests::clamd::{FakeClamd, Manner};
use tradepost_tests::{PackBuilder, TestApp};

use super::{alert, options, until_cleared, until_raised, until_scanner_is_up};

/// After the return of the scanner.
const GOAL: Duration = Duration::from_secs(60);

/// The scanner fails like that while a pack comes in, and then does no more.
async fn waits_and_goes_on(manner: Manner, told: &str) {
    let fake = FakeClamd::start();
    let app = TestApp::start_with(options(&fake));
    let token = app.trusted("patient");
    until_scanner_is_up(&app).await;
    fake.behave(manner.clone());
    let id = app.upload(&token, &PackBuilder::ticks("Ticks", 3).build()).await;
    let alert = until_raised(&app, "scanner-down").await;
    assert!(alert.contains(told), "{manner:?}: {alert:?} does not say {told:?}");
    // Long enough for more than one try.
    tokio::time::sleep(Duration::from_secs(3)).await;
    nothing_has_moved(&app, &id).await;
    goes_on(&app, &fake, &id).await;
}

async fn nothing_has_moved(app: &TestApp, id: &str) {
    app.assert_nothing_is_published().await;
    let trace = app.look(&format!("/v1/uploads/{id}")).await;
    assert_eq!(trace["upload"]["state"], "scanning", "{trace}");
    assert_eq!(trace["attempts"], json!([]), "waiting is no attempt: {trace}");
    let verdicts = app.number("select count(*) from verdicts").await;
    assert_eq!(verdicts, 0, "there is no verdict");
}

async fn goes_on(app: &TestApp, fake: &FakeClamd, id: &str) {
    fake.behave(Manner::Well);
    let returned = Instant::now();
    let trace = app.settled(id).await;
    let took = returned.elapsed();
    assert_eq!(trace["upload"]["state"], "published", "{trace}");
    assert_eq!(trace["upload"]["dead_letters"], 0, "{trace}");
    assert_eq!(trace["attempts"], json!([]), "{trace}");
    assert!(took < GOAL, "it took {} s", took.as_secs());
    println!("published {:.1} s after the scanner's return", took.as_secs_f64());
    until_cleared(app, "scanner-down").await;
    let unproven = "select count(*) from items item join sets on sets.id = item.set_id where item.state = 'published' and not exists (
        select 1 from verdicts where upload_id = sets.upload_id and file_path = item.path and sha256 = item.sha256 and verdict = 'clean')";
    assert_eq!(app.number(unproven).await, 0, "an item without a verdict is published");
}

#[tokio::test]
async fn a_socket_that_is_gone_means_waiting() {
    waits_and_goes_on(Manner::Absent, "not there").await;
}

#[tokio::test]
async fn a_socket_without_a_listener_means_waiting() {
    waits_and_goes_on(Manner::Refuses, "nothing listens").await;
}

#[tokio::test]
async fn a_scanner_that_is_silent_means_waiting() {
    waits_and_goes_on(Manner::Silent, "no answer within").await;
}

#[tokio::test]
async fn a_scanner_that_hangs_after_the_bytes_means_waiting() {
    waits_and_goes_on(Manner::HangsOnStreams, "no answer within").await;
}

#[tokio::test]
async fn a_connection_closed_in_the_middle_means_waiting() {
    waits_and_goes_on(Manner::ClosesMidStream, "closed the connection").await;
}

#[tokio::test]
async fn an_error_means_waiting() {
    waits_and_goes_on(
        Manner::Says(b"stream: Can't allocate memory ERROR\0"),
        "allocate memory",
    )
    .await;
}

#[tokio::test]
async fn a_full_disk_of_the_scanner_means_waiting() {
    let reply = b"stream: Can't create temporary file ERROR\0";
    waits_and_goes_on(Manner::Says(reply), "no room").await;
}

#[tokio::test]
async fn an_answer_without_its_end_means_waiting() {
    waits_and_goes_on(Manner::Says(b"stream: OK"), "cut short").await;
}

#[tokio::test]
async fn an_answer_that_is_cut_short_means_waiting() {
    waits_and_goes_on(Manner::Says(b"stre"), "cut short").await;
}

#[tokio::test]
async fn no_answer_at_all_means_waiting() {
    waits_and_goes_on(Manner::Says(b""), "closed the connection").await;
}

#[tokio::test]
async fn an_answer_that_means_nothing_means_waiting() {
    waits_and_goes_on(Manner::Says(b"\xff\xfe OK all is well\0"), "does not match the command").await;
}

#[tokio::test]
async fn two_answers_mean_waiting() {
    waits_and_goes_on(Manner::Says(b"stream: OK\0stream: OK\0"), "more than one").await;
}

#[tokio::test]
async fn a_reload_means_waiting_and_the_new_signatures_are_noted() {
    let fake = FakeClamd::start();
    let app = TestApp::start_with(options(&fake));
    let token = app.trusted("patient");
    until_scanner_is_up(&app).await;
    // As clamd does it: what it has in hand is answered afterwards.
    fake.behave(Manner::Silent);
    let id = app.upload(&token, &PackBuilder::ticks("Ticks", 3).build()).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    fake.update(27_801);
    goes_on(&app, &fake, &id).await;
    let older = "select count(*) from verdicts where signature_number is null or signature_number > 27801";
    assert_eq!(app.number(older).await, 0);
}

#[tokio::test]
async fn a_verdict_given_across_a_reload_counts_as_one_of_the_older_signatures() {
    let fake = FakeClamd::start();
    // It is not scanned again here.
    let app = TestApp::start_with(options(&fake).set("SCANNER__RESCAN_DAYS", 0));
    let token = app.trusted("patient");
    until_scanner_is_up(&app).await;
    fake.behave(Manner::HangsOnStreams);
    let before = fake.streams();
    let id = app.upload(&token, &PackBuilder::ticks("Ticks", 1).build()).await;
    while fake.streams() == before {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    fake.update(27_801);
    fake.behave(Manner::Well);
    app.settled(&id).await;
    let pack = "select signature_number::bigint from verdicts where file_path is null";
    assert_eq!(app.number(pack).await, 27_800);
}

#[tokio::test]
async fn old_signatures_mean_waiting_and_an_alert() {
    let fake = FakeClamd::start();
    fake.age(27_700, 49);
    let app = TestApp::start_with(options(&fake));
    let token = app.trusted("patient");
    let id = app.upload(&token, &PackBuilder::ticks("Ticks", 3).build()).await;
    let told = until_raised(&app, "signatures-stale").await;
    assert!(told.contains("48 hours"), "{told}");
    nothing_has_moved(&app, &id).await;
    fake.update(27_800);
    goes_on(&app, &fake, &id).await;
    until_cleared(&app, "signatures-stale").await;
}

#[tokio::test]
async fn old_signatures_are_used_with_an_alert_where_that_is_configured() {
    let fake = FakeClamd::start();
    fake.age(27_700, 49);
    let app = TestApp::start_with(options(&fake).set("SCANNER__WHEN_STALE", "scan"));
    let token = app.trusted("hasty");
    let trace = app
        .upload_and_settle(&token, &PackBuilder::ticks("Ticks", 1).build())
        .await;
    assert_eq!(trace["upload"]["state"], "published", "{trace}");
    until_raised(&app, "signatures-stale").await;
}

#[tokio::test]
async fn a_scanner_that_finds_nothing_at_all_is_never_relied_on() {
    let fake = FakeClamd::start();
    fake.forget_everything();
    let app = TestApp::start_with(options(&fake));
    let token = app.trusted("patient");
    let id = app.upload(&token, &PackBuilder::ticks("Ticks", 3).build()).await;
    let told = until_raised(&app, "scanner-down").await;
    assert!(told.contains("EICAR"), "{told}");
    nothing_has_moved(&app, &id).await;
}

/// The scanner says of files that it can not judge them: nothing to wait for, and nothing to publish.
async fn is_unscannable(reply: &'static [u8], told: &str) {
    let fake = FakeClamd::start();
    let app = TestApp::start_with(options(&fake));
    let token = app.trusted("patient");
    until_scanner_is_up(&app).await;
    fake.behave(Manner::SaysOfFiles(reply));
    let trace = app
        .upload_and_settle(&token, &PackBuilder::ticks("Ticks", 2).build())
        .await;
    assert_eq!(trace["upload"]["state"], "in_review", "{trace}");
    app.assert_nothing_is_published().await;
    let findings = trace["findings"].as_array().unwrap();
    let of_files = findings
        .iter()
        .filter(|finding| finding["rule"] == "unscannable" && finding["severity"] == "blocking");
    let messages: Vec<_> = of_files.map(|finding| finding["message"].as_str().unwrap()).collect();
    assert_eq!(messages.len(), 2, "each file is refused: {trace}");
    assert!(messages[0].contains(told), "{messages:?}");
    let case = trace["case_id"].as_str().unwrap();
    let (status, answer) = app.act(&format!("/v1/cases/{case}/approve"), json!({})).await;
    assert_eq!(status, 409, "no moderator can publish them: {answer}");
    app.assert_nothing_is_published().await;
    let overview = app.look("/v1/overview").await;
    assert_eq!(alert(&overview, "scanner-down"), None, "the scanner works");
}

#[tokio::test]
async fn exceeded_limits_are_no_verdict() {
    is_unscannable(b"stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND\0", "MaxFileSize").await;
}

#[tokio::test]
async fn encrypted_content_is_no_verdict() {
    is_unscannable(b"stream: Heuristics.Encrypted.Zip FOUND\0", "Encrypted").await;
}

#[tokio::test]
async fn a_stream_that_is_too_long_for_the_scanner_is_no_verdict() {
    is_unscannable(b"INSTREAM size limit exceeded. ERROR\0", "StreamMaxLength").await;
}

#[tokio::test]
async fn a_file_that_breaks_the_scanner_ends_as_a_dead_letter() {
    let fake = FakeClamd::start();
    let app = TestApp::start_with(options(&fake).set("QUEUES__BACKOFF_SECONDS", 0));
    let token = app.trusted("mallory");
    until_scanner_is_up(&app).await;
    // Health checks get good replies.
    fake.behave(Manner::SaysOfFiles(b"stream: Can't parse ERROR\0"));
    let id = app.upload(&token, &PackBuilder::ticks("Ticks", 2).build()).await;
    // A scanner that was just found may still be settling; only then are failures held against the file.
    let path = format!("/v1/uploads/{id}");
    let trace = app.until(&path, |trace| trace["upload"]["dead_letters"] == 1).await;
    assert_eq!(trace["upload"]["state"], "scanning", "{trace}");
    app.assert_nothing_is_published().await;
    until_raised(&app, "dead-letters").await;
}
