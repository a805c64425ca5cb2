//! The ways to complete an upload: by its contributor, by events of the bucket, by the sweep.

use aws_sdk_s3::types::{Event, NotificationConfiguration, QueueConfiguration};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tradepost_tests::objects::ObjectServer;
use tradepost_tests::{PackBuilder, TestApp};

const QUEUE: &str = "objects";

/// A daemon that hears of new objects from a queue.
struct Bench {
    server: ObjectServer,
    app: TestApp,
    token: String,
    queue: String,
}

impl Bench {
    async fn start() -> Option<Self> {
        let server = ObjectServer::create().await?;
        let make = server
            .sqs
            .client()
            .create_queue()
            .queue_name(format!("{}{QUEUE}", server.sqs.prefix));
        let queue = make.send().await.unwrap().queue_url.unwrap();
        let options = server
            .options()
            .set("OBJECTS__EVENTS_QUEUE", &queue)
            .set("QUEUES__LONG_POLL_SECONDS", 1);
        let app = TestApp::start_with(options);
        let token = app.trusted("ann");
        Some(Self {
            server,
            app,
            token,
            queue,
        })
    }

    /// Puts the bytes of a pack, and tells the daemon nothing.
    async fn bring(&self, set: &str) -> String {
        let pack = PackBuilder::ticks(set, 2).build();
        let digest = hex::encode(tradepost_store::sha256(&pack));
        let started = self.app.announce(&self.token, pack.len(), &digest).await;
        assert_eq!(self.app.put(&started, pack).await.0, StatusCode::OK);
        started["id"].as_str().unwrap().to_owned()
    }

    async fn tell(&self, event: &Value) {
        let send = self.server.sqs.client().send_message().queue_url(&self.queue);
        send.message_body(event.to_string()).send().await.unwrap();
    }

    fn event(&self, key: &str) -> Value {
        let object = json!({ "key": key, "size": 1, "eTag": "d4", "versionId": "any", "sequencer": "0055" });
        json!({ "Records": [{ "eventName": "ObjectCreated:Put", "s3": { "bucket": { "name": self.server.bucket }, "object": object } }] })
    }

    fn bridged(&self, key: &str) -> Value {
        json!({ "source": "aws.s3", "detail-type": "Object Created",
            "detail": { "bucket": { "name": self.server.bucket }, "object": { "key": key, "version-id": "any" } } })
    }

    async fn until_empty(&self) {
        tradepost_tests::wait::eventually("every event is taken", async || {
            match self.server.sqs.count(QUEUE).await {
                0 => Ok(()),
                left => Err(format!("{left} events")),
            }
        })
        .await;
    }

    /// Published, and scanned once.
    async fn assert_published_once(&self, id: &str) {
        let trace = self.app.settled(id).await;
        assert_eq!(trace["upload"]["state"], "published", "{trace}");
        let stages = trace["stages"].as_array().unwrap();
        assert_eq!(
            stages.iter().filter(|stage| stage["stage"] == "scan").count(),
            1,
            "{trace}"
        );
        assert_eq!(trace["attempts"], json!([]), "{trace}");
    }
}

#[tokio::test]
async fn event_of_the_bucket_completes_an_upload() {
    let Some(bench) = Bench::start().await else { return };
    let name = format!("{}{QUEUE}", bench.server.sqs.prefix);
    let to = QueueConfiguration::builder()
        .queue_arn(format!("arn:aws:sqs:eu-central-1:000000000000:{name}"))
        .events(Event::from("s3:ObjectCreated:*"));
    let to = NotificationConfiguration::builder().queue_configurations(to.build().unwrap());
    let put = bench
        .server
        .client
        .put_bucket_notification_configuration()
        .bucket(&bench.server.bucket);
    let put = put
        .skip_destination_validation(true)
        .notification_configuration(to.build())
        .send();
    put.await.unwrap();
    let id = bench.bring("Told").await;
    bench.assert_published_once(&id).await;
    bench.until_empty().await;
}

#[tokio::test]
async fn events_twice_late_early_and_of_every_shape_complete_an_upload_once() {
    let Some(bench) = Bench::start().await else { return };
    let id = bench.bring("Once").await;
    let key = format!("shop/uploads/{id}");
    let sns = json!({ "Type": "Notification", "Message": bench.event(&key).to_string() });
    for event in [&bench.event(&key), &bench.bridged(&key), &sns, &bench.event(&key)] {
        bench.tell(event).await;
    }
    let (one, two) = tokio::join!(
        bench.app.complete(&bench.token, &id),
        bench.app.complete(&bench.token, &id)
    );
    assert_eq!((one.0, two.0), (StatusCode::ACCEPTED, StatusCode::ACCEPTED));
    bench.assert_published_once(&id).await;
    bench.tell(&bench.event(&key)).await;

    // An event before its bytes is none; what is no event, or about something else, is deleted.
    let early = bench.app.announce(&bench.token, 10, &"ab".repeat(32)).await;
    bench
        .tell(&bench.event(&format!("shop/uploads/{}", early["id"].as_str().unwrap())))
        .await;
    bench
        .tell(&json!({ "Service": "Amazon S3", "Event": "s3:TestEvent" }))
        .await;
    bench.tell(&json!("hello")).await;
    bench
        .tell(&bench.event("shop/uploads/01990000-0000-7000-8000-000000000001"))
        .await;
    bench.tell(&bench.event("elsewhere")).await;
    bench.until_empty().await;
    bench.assert_published_once(&id).await;
    let (_, uploads) = bench
        .app
        .get("/v1/uploads?state=awaiting_bytes", Some(&bench.token))
        .await;
    assert_eq!(uploads["rows"].as_array().unwrap().len(), 1, "{uploads}");
}

#[tokio::test]
async fn bytes_that_nobody_names_are_found_by_the_sweep() {
    let Some(bench) = Bench::start().await else { return };
    let id = bench.bring("Lost").await;
    let empty = bench.app.announce(&bench.token, 10, &"ab".repeat(32)).await;
    bench
        .app
        .sql("update uploads set created_at = now() - interval '2 minutes'")
        .await;
    bench.assert_published_once(&id).await;
    let left = bench
        .app
        .number("select count(*) from uploads where looked_for_at is not null and state = 'awaiting_bytes'")
        .await;
    assert_eq!(left, 1, "{empty} was looked for");
}
