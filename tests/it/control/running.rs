//! The job that runs now, and hangs.

use serde_json::{Value, json};
use tradepost_tests::clamd::{FakeClamd, Manner};
use tradepost_tests::dead::queue;
use tradepost_tests::{Options, PackBuilder, TestApp};

#[tokio::test]
async fn job_that_hangs_is_told_with_its_queue_upload_worker_and_attempt() {
    let fake = FakeClamd::start();
    let options = Options::default()
        .set("SCANNER__SOCKET", fake.socket().display())
        .set("LIMITS__PACK_MIB", 2);
    let app = TestApp::start_with(options);
    let token = app.trusted("patient");
    fake.behave(Manner::HangsOnStreams);
    let id = app.upload(&token, &PackBuilder::ticks("Ticks", 1).build()).await;
    let hangs = |page: &Value| queue(page, "scan")["running"][0]["upload_id"] == json!(id);
    let page = app.until("/v1/queues", hangs).await;
    let job = &queue(&page, "scan")["running"][0];
    assert_eq!(
        (&job["job"], &job["queue"], &job["attempt"], &job["run"]),
        (&json!("scan"), &json!("scan"), &json!(1), &json!(1)),
        "{job}"
    );
    assert!(
        job["worker"].as_str().unwrap().ends_with(&format!(":{}", app.pid())),
        "{job}"
    );
    let printed = app.tradepost(&["queues", "running", "--queue", "scan", "--plain"]);
    let printed = String::from_utf8(printed.stdout).unwrap();
    assert!(printed.contains(&id) && printed.contains("attempt 1"), "{printed}");

    fake.behave(Manner::Well);
    app.settled(&id).await;
    app.until("/v1/queues", |page| queue(page, "scan")["running"] == json!([]))
        .await;
}
