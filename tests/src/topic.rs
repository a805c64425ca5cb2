//! A topic of SNS on the server that `sqs.rs` starts, and a queue that hears what is told to it.

use aws_sdk_sns::config::{BehaviorVersion, Credentials, Region};
use serde_json::Value;

use crate::sqs::{REGION, Sqs, credentials};
use crate::wait::eventually;

/// A topic of one test's own.
pub struct Topic {
    pub arn: String,
    queue: String,
    sqs: aws_sdk_sqs::Client,
    heard: Vec<Value>,
}

impl Topic {
    /// Makes a topic, and a queue that is subscribed to it.
    pub async fn create(server: &Sqs, name: &str) -> Self {
        let (sns, sqs, name) = (client(server), server.client(), format!("{}{name}", server.prefix));
        let topic = sns.create_topic().name(&name).send().await.expect("a topic is made");
        let arn = topic.topic_arn.expect("it has an ARN");
        let queue = sqs.create_queue().queue_name(&name).send();
        let queue = queue.await.expect("a queue is made").queue_url.expect("it has a URL");
        let subscribe = sns.subscribe().topic_arn(&arn).protocol("sqs");
        let subscribe = subscribe.endpoint(format!("arn:aws:sqs:{REGION}:000000000000:{name}"));
        subscribe.send().await.expect("the queue is subscribed");
        Self {
            arn,
            queue,
            sqs,
            heard: Vec::new(),
        }
    }

    /// The notifications that were heard, the oldest first.
    pub fn heard(&self) -> &[Value] {
        &self.heard
    }

    /// Listens until the notifications are `good`.
    pub async fn until(&mut self, what: &str, good: impl Fn(&[Value]) -> bool) {
        eventually(what, async || {
            if good(&self.heard) {
                return Ok(());
            }
            self.receive(1).await;
            Err(format!("{:#?}", self.heard))
        })
        .await;
    }

    /// Takes what is there, and answers with everything that was heard.
    pub async fn finish(&mut self) -> &[Value] {
        while self.receive(0).await > 0 {}
        &self.heard
    }

    async fn receive(&mut self, wait_seconds: i32) -> usize {
        let receive = self.sqs.receive_message().queue_url(&self.queue);
        let receive = receive
            .max_number_of_messages(10)
            .wait_time_seconds(wait_seconds)
            .send();
        let messages = receive.await.expect("the queue answers").messages.unwrap_or_default();
        for message in &messages {
            let notice = serde_json::from_str(message.body().expect("it has a body")).expect("SNS sends JSON");
            self.heard.push(notice);
            let delete = self.sqs.delete_message().queue_url(&self.queue);
            let delete = delete.receipt_handle(message.receipt_handle().expect("it has a handle"));
            delete.send().await.expect("the queue answers");
        }
        messages.len()
    }
}

fn client(server: &Sqs) -> aws_sdk_sns::Client {
    let [(_, id), (_, key)] = credentials();
    let config = aws_sdk_sns::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .endpoint_url(&server.endpoint)
        .credentials_provider(Credentials::new(id, key, None, None, "test"))
        .http_client(aws_smithy_http_client::Builder::new().build_http());
    aws_sdk_sns::Client::from_conf(config.build())
}
