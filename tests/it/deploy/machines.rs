//! Two daemons on one database: one is drained from the terminal of the other, and takes on nothing until it is resumed.

use std::process::Output;

use reqwest::StatusCode;
use serde_json::{Value, json};
use tradepost_tests::server::Server;
use tradepost_tests::wait::eventually;
use tradepost_tests::{Options, TestApp};
use uuid::Uuid;

fn options(server: &Server) -> Options {
    Options::default()
        .set("DATABASE__URL", server.url())
        .set("DATABASE__MAX_CONNECTIONS", 3)
        .set("SCANNER__SOCKET", "/nonexistent")
        .set("DAEMON__REGION", "eu-central-1")
}

fn machine(server: &Server, name: &str) -> TestApp {
    TestApp::start_with(options(server).set("DAEMON__NAME", name))
}

/// The machine of that name, as soon as it is in that state.
async fn until(app: &TestApp, name: &str, state: &str) -> Value {
    eventually(&format!("{name} is {state}"), async || {
        let page = app.look("/v1/machines").await;
        let mut rows = page.as_array().unwrap().iter();
        let found = rows.find(|row| row["name"] == name && row["state"] == state);
        found.cloned().ok_or_else(|| page.to_string())
    })
    .await
}

async fn ready(app: &TestApp) -> StatusCode {
    app.get("/readyz", None).await.0
}

/// Sends a message that every handler fails at, which leaves a note about the worker.
async fn send(server: &Server) -> Uuid {
    let id = Uuid::new_v4();
    sqlx::query("insert into queue_messages (id, queue, payload) values ($1, 'notify', '{}')")
        .bind(id)
        .execute(&server.pool)
        .await
        .unwrap();
    id
}

/// The workers that have tried a message.
async fn workers(server: &Server, message: Uuid) -> Vec<String> {
    sqlx::query_scalar("select worker from attempts where message_id = $1")
        .bind(message)
        .fetch_all(&server.pool)
        .await
        .unwrap()
}

fn terminal(app: &TestApp, arguments: &[&str]) -> Output {
    app.tradepost(&[&["machines"], arguments].concat())
}

#[tokio::test(flavor = "multi_thread")]
async fn drained_machine_takes_on_nothing_until_it_is_resumed() {
    let server = Server::start().await.unwrap();
    let mut one = machine(&server, "one");
    let two = machine(&server, "two");
    let row = until(&two, "one", "serving").await;
    assert_eq!(row["region"], "eu-central-1", "{row}");
    assert_eq!(row["roles"], json!(["api", "workers", "scheduler"]), "{row}");
    assert_eq!(
        (row["address"].as_str(), ready(&one).await),
        (Some(one.api.as_str()), StatusCode::OK)
    );
    let leads = |row: &Value| row["leases"].to_string().contains("scheduler");
    eventually("one leads", async || {
        let row = until(&two, "one", "serving").await;
        if leads(&row) { Ok(()) } else { Err(row.to_string()) }
    })
    .await;

    let output = terminal(&two, &["drain", "one", "--reason", "new disk"]);
    assert!(
        String::from_utf8_lossy(&output.stdout).contains("one is drained"),
        "{output:?}"
    );
    eventually("one is not ready", async || match ready(&one).await {
        StatusCode::SERVICE_UNAVAILABLE => Ok(()),
        other => Err(other.to_string()),
    })
    .await;
    let row = until(&two, "one", "drained").await;
    assert_eq!(
        (&row["drain_reason"], &row["leases"]),
        (&json!("new disk"), &json!([])),
        "{row}"
    );
    eventually("two leads", async || {
        let row = until(&two, "two", "serving").await;
        if leads(&row) { Ok(()) } else { Err(row.to_string()) }
    })
    .await;
    let messages = [send(&server).await, send(&server).await, send(&server).await];
    for message in messages {
        eventually("two tries it", async || match workers(&server, message).await {
            workers if workers.is_empty() => Err("nobody".to_owned()),
            workers => {
                assert!(
                    workers
                        .iter()
                        .all(|worker| worker.ends_with(&format!(":{}", two.pid()))),
                    "{workers:?}"
                );
                Ok(())
            }
        })
        .await;
    }

    // The decision outlives the process.
    one.kill();
    one.restart();
    assert_eq!(ready(&one).await, StatusCode::SERVICE_UNAVAILABLE);
    let output = terminal(&two, &["drain", "one", "--reason", "again"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let output = terminal(&two, &["resume", "one", "--reason", "disk is in"]);
    assert!(output.status.success(), "{output:?}");
    until(&two, "one", "serving").await;
    eventually("one is ready", async || match ready(&one).await {
        StatusCode::OK => Ok(()),
        other => Err(other.to_string()),
    })
    .await;
    let acts: Vec<(String, Value)> =
        sqlx::query_as("select act, detail from audit_log where subject = 'machine:one' order by id")
            .fetch_all(&server.pool)
            .await
            .unwrap();
    let expected = [("machine.drain", "new disk"), ("machine.resume", "disk is in")];
    assert_eq!(
        acts,
        expected.map(|(act, reason)| (act.to_owned(), json!({ "reason": reason })))
    );
    assert_eq!(one.stop(), Some(0));
    until(&two, "one", "stopping").await;
    assert_eq!(
        two.act("/v1/machines/three/drain", json!({ "reason": "none" })).await.0,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        two.act("/v1/machines/two/drain", json!({ "reason": " " })).await.0,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn machines_of_one_name_get_two() {
    let server = Server::start().await.unwrap();
    let mut one = machine(&server, "shop");
    let two = machine(&server, "shop");
    let names = async || {
        let rows = two.look("/v1/machines").await;
        let names = rows
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["name"].as_str().unwrap().to_owned());
        names.collect::<Vec<_>>()
    };
    let before = names().await;
    assert!(
        before.len() == 2 && before[0] == "shop" && before[1].starts_with("shop-"),
        "{before:?}"
    );
    one.kill();
    one.restart();
    assert_eq!(names().await, before, "each has the name that it had");
    assert!(two.log().contains("another machine has the name of this one"));
}
