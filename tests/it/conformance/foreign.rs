//! Messages of other programs, and messages that SQS itself dead-letters.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_sqs::types::MessageAttributeValue;
use serde_json::{Value, json};
use tradepost_common::ids::MessageId;
use tradepost_common::queues::Backend;
use tradepost_queue::sqs::max_receives;
use tradepost_queue::{Lane, Queue};
use tradepost_tests::queues::{Bench, Script, policy};
use tradepost_tests::wait::eventually;
use tradepostd::dead_letters::service as dead_letters;
use tradepostd::jobs::RENDER;

use super::messages::new_message;
use super::sqs_with;

const QUEUE: Queue = RENDER;
const LONG: Duration = Duration::from_secs(600);

fn text(value: &str) -> MessageAttributeValue {
    let value = MessageAttributeValue::builder().data_type("String").string_value(value);
    value.build().unwrap()
}

/// Sends a body as somebody else would. Answers with the id that SQS gave it.
async fn send_by_hand(bench: &Bench, name: &str, body: &str, attributes: &[(&str, &str)]) -> MessageId {
    let (server, url) = (bench.server().client(), bench.server().url(name).await);
    let mut request = server.send_message().queue_url(url).message_body(body);
    for (name, value) in attributes {
        request = request.message_attributes(*name, text(value));
    }
    request.send().await.unwrap().message_id.unwrap().parse().unwrap()
}

#[tokio::test]
async fn garbage_ends_among_the_dead_letters_as_it_came() {
    let Some(bench) = Bench::start(Backend::Sqs).await else {
        return;
    };
    let bodies: [(&str, Value); 6] = [
        ("no JSON at all", json!({ "raw": "no JSON at all" })),
        (r#"{"cut":"#, json!({ "raw": r#"{"cut":"# })),
        (r#"{"nul":"\u0000"}"#, json!({ "raw": r#"{"nul":"\u0000"}"# })),
        (r#""\ud800""#, json!({ "raw": r#""\ud800""# })),
        ("1e999", json!({ "raw": "1e999" })),
        (r#"{"fine":"but no job"}"#, json!({ "fine": "but no job" })),
    ];
    let worker = bench.work(
        QUEUE,
        policy(),
        Script::new(async |_| anyhow::bail!("the payload is no job")),
    );
    for (body, kept) in bodies {
        let id = send_by_hand(&bench, "render", body, &[]).await;
        let letter = bench.dead_lettered(id).await;
        assert_eq!((&letter.payload, letter.row.attempts), (&kept, 3), "{body}");
    }
    bench.until_empty(QUEUE).await;
    worker.finish().await;
    bench.close().await;
}

#[tokio::test]
async fn attributes_of_a_stranger_do_no_harm() {
    let Some(bench) = Bench::start(Backend::Sqs).await else {
        return;
    };
    let odd = [
        ("id", "not an id"),
        ("lane", "fast"),
        ("correlation_id", "17"),
        ("redrives", "-1"),
        ("enqueued_at", "+12000-01-01T00:00:00Z"),
        ("delay", "for ever"),
        ("their-own", "thing"),
    ];
    let id = send_by_hand(&bench, "render", "7", &odd).await;
    let message = bench.receive_one(QUEUE, LONG).await;
    assert_eq!((message.id(), &message.payload, message.redrives), (id, &json!(7), 0));
    assert_eq!((message.correlation_id, &message.fault), (None, &None));
    let id = send_by_hand(&bench, "render", "7", &[("pointer", "../../../etc/passwd")]).await;
    let message = bench.receive_one(QUEUE, LONG).await;
    assert_eq!((message.id(), &message.payload), (id, &json!({ "raw": "7" })));
    assert!(message.fault.is_some_and(|fault| fault.contains("not a SHA-256")));
    bench.close().await;
}

#[tokio::test]
async fn what_sqs_dead_letters_is_collected() {
    let Some(mut bench) = sqs_with(|queues| queues.attempts = 1).await else {
        return;
    };
    bench.relay();
    let message = new_message(json!({ "path": "icons/killer.svg" }));
    bench.send(std::slice::from_ref(&message)).await;
    let receives = max_receives(bench.config.queues.attempts);
    assert_eq!(receives, 8);
    for _ in 0..receives {
        bench.receive_one(QUEUE, Duration::from_secs(1)).await;
    }
    bench.collect();
    // SQS moves it when somebody asks for it once more.
    let worker = bench.work(
        QUEUE,
        policy(),
        Script::new(async |_| panic!("nobody gets it any more")),
    );
    let letter = bench.dead_lettered(message.id).await;
    worker.finish().await;
    assert_eq!(letter.payload, message.payload);
    assert!(
        letter.row.error.contains("no worker lived to record an error"),
        "{}",
        letter.row.error
    );
    assert_eq!(
        (letter.backend, letter.row.upload_id.map(|id| id.0)),
        (Backend::Sqs, message.correlation_id)
    );

    // A copy that turns up later, in either queue, is known to be a dead letter.
    let copy = bench.server().client();
    let attributes = [("id", message.id.to_string())];
    for name in ["render", "render-dead"] {
        let request = copy
            .send_message()
            .queue_url(bench.server().url(name).await)
            .message_body("1");
        let request = request.message_attributes(attributes[0].0, text(&attributes[0].1));
        request.send().await.unwrap();
    }
    let worker = bench.work(QUEUE, policy(), Script::new(async |_| panic!("it is a copy")));
    bench.until_empty(QUEUE).await;
    until_dead_letter_queue_is_empty(&bench).await;
    worker.finish().await;
    assert_eq!(
        dead_letters::count_by_queue(&bench.db).await.unwrap(),
        [("render".to_owned(), 1)]
    );
    bench.close().await;
}

async fn until_dead_letter_queue_is_empty(bench: &Bench) {
    eventually("the dead-letter queue is empty", async || {
        match bench.server().count("render-dead").await {
            0 => Ok(()),
            left => Err(format!("{left} messages")),
        }
    })
    .await;
}

#[tokio::test]
async fn collected_message_tells_its_last_recorded_error() {
    let Some(mut bench) = sqs_with(|_| {}).await else {
        return;
    };
    bench.relay();
    let message = new_message(json!({ "path": "icons/a.svg" }));
    bench.send(std::slice::from_ref(&message)).await;
    let received = bench.receive_one(QUEUE, LONG).await;
    bench.fail(&received, "the disk is full").await;
    // As SQS would move it.
    let attributes = [("id", &*message.id.to_string()), ("lane", "bulk")];
    send_by_hand(&bench, "render-dead", r#"{"path":"icons/a.svg"}"#, &attributes).await;
    bench.collect();
    let letter = bench.dead_lettered(message.id).await;
    assert_eq!(
        (letter.row.error.as_str(), letter.row.attempts),
        ("the disk is full", 1)
    );
    assert_eq!(letter.lane, Lane::Bulk);
    bench.close().await;
}

#[tokio::test]
async fn garbage_in_a_dead_letter_queue_is_collected_too() {
    let Some(bench) = Bench::start(Backend::Sqs).await else {
        return;
    };
    let seen = Arc::new(Mutex::new(Vec::new()));
    for body in ["no JSON", r#"["\u0000"]"#] {
        let id = send_by_hand(&bench, "render-dead", body, &[]).await;
        let letter = bench.dead_lettered(id).await;
        assert_eq!(letter.payload, json!({ "raw": body }));
        seen.lock().unwrap().push(id);
    }
    until_dead_letter_queue_is_empty(&bench).await;
    bench.close().await;
}
