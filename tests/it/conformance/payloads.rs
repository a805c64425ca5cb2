//! Payloads of every size and alphabet.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use tradepost_common::queues::Backend;
use tradepost_queue::Queue;
use tradepost_queue::sqs::payload_key;
use tradepost_queue::sqs::payloads::sweep;
use tradepost_store::sha256;
use tradepost_tests::queues::{Bench, Script, policy};
use tradepostd::jobs::RENDER;

use super::messages::new_message;

const QUEUE: Queue = RENDER;
const LONG: Duration = Duration::from_secs(600);
const DAY: Duration = Duration::from_secs(24 * 3600);

on_both! {
    any_payload_comes_back_as_it_was_sent
}

fn odd_payloads() -> Vec<Value> {
    let controls: String = ('\u{1}'..='\u{1f}').chain(['\u{7f}', '\u{85}', '\u{9f}']).collect();
    let ends: String = [
        "\u{d7ff}",
        "\u{e000}",
        "\u{fffd}",
        "\u{fffe}",
        "\u{ffff}",
        "\u{10000}",
        "\u{1fffe}",
        "\u{10ffff}",
    ]
    .concat();
    let nested = (0..100).fold(json!("core"), |inner, _| json!([inner]));
    vec![
        json!(1),
        json!(""),
        json!(null),
        json!({}),
        json!(controls),
        json!(ends),
        json!({ ends.clone(): controls.clone(), "\u{ffff}": { "\u{fffe}": ["\u{fffe}\u{ffff}"] } }),
        json!("\\ufffe \\\\uffff \\\" \\/ </script> \u{2028}\u{2029} \u{feff}"),
        json!("\u{202e}gvs.txet \u{200d}👩🏽‍🚀 e\u{301} 𝒳 \u{e0001} नमस्ते 漢字"),
        json!([i64::MIN, u64::MAX, 0.1, 1e300, -2.5e-9, 1.0]),
        nested,
        json!({ "text": "x".repeat(255_000) }),
        json!({ "text": "\u{ffff}".repeat(60_000) }),
        json!({ "text": "漢".repeat(100_000) }),
        json!({ "text": "y".repeat(3 << 20) }),
    ]
}

async fn any_payload_comes_back_as_it_was_sent(bench: &Bench) {
    for payload in odd_payloads() {
        let sent = new_message(payload);
        bench.send(std::slice::from_ref(&sent)).await;
        let message = bench.receive_one(QUEUE, LONG).await;
        assert_eq!((message.id(), &message.fault), (sent.id, &None));
        let same = message.payload == sent.payload;
        assert!(same, "{:.200} became {:.200}", sent.payload, message.payload);
        bench.broker.delete(&[message.in_flight]).await.unwrap();
    }
}

/// The only file of the area of payloads.
fn stored(bench: &Bench, payload: &Value) -> std::path::PathBuf {
    let name = hex::encode(sha256(payload.to_string().as_bytes()));
    bench.folder().join("objects/q").join(&name[..2]).join(name)
}

#[tokio::test]
async fn lost_payload_makes_a_dead_letter_that_says_so() {
    let Some(bench) = Bench::start(Backend::Sqs).await else {
        return;
    };
    let payload = json!({ "text": "z".repeat(300_000) });
    let sent = new_message(payload.clone());
    bench.send(std::slice::from_ref(&sent)).await;
    let message = bench.receive_one(QUEUE, LONG).await;
    std::fs::remove_file(stored(&bench, &payload)).unwrap();
    bench.broker.release(&message, Duration::ZERO).await.unwrap();

    let worker = bench.work(
        QUEUE,
        policy(),
        Script::new(async |_| panic!("there is nothing to handle")),
    );
    let letter = bench.dead_lettered(sent.id).await;
    assert!(
        letter.row.error.contains("is missing in the object store"),
        "{}",
        letter.row.error
    );
    assert_eq!(letter.row.attempts, 3);
    worker.finish().await;
    bench.close().await;
}

#[tokio::test]
async fn payloads_are_kept_for_as_long_as_a_message_can_need_them() {
    let Some(bench) = Bench::start(Backend::Sqs).await else {
        return;
    };
    let payloads = ["old", "renewed", "new"].map(|name| json!({ "text": name.repeat(100_000) }));
    let messages = payloads.clone().map(new_message);
    bench.send(&messages).await;
    bench.receive(QUEUE, 3, LONG).await;
    for old in &payloads[..2] {
        let file = std::fs::File::open(stored(&bench, old)).unwrap();
        file.set_modified(SystemTime::now() - 16 * DAY).unwrap();
    }
    bench.send(&[new_message(payloads[1].clone())]).await;
    bench.receive_one(QUEUE, LONG).await;

    assert_eq!(sweep(bench.sqs().store()).await.unwrap(), 1);
    let key = |payload: &Value| payload_key(sha256(payload.to_string().as_bytes()));
    assert!(bench.store.read_content(&key(&payloads[0])).await.is_err());
    for kept in &payloads[1..] {
        assert!(bench.store.read_content(&key(kept)).await.is_ok());
    }
    bench.close().await;
}
