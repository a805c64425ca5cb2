//! How many messages there are: asked of SQS at most every two seconds, because every question costs.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use aws_sdk_sqs::types::QueueAttributeName as Name;
use futures_util::future::try_join_all;
use time::OffsetDateTime;

use super::wire::Unpacked;
use super::{Part, Sqs, client};
use crate::queue::{Depth, QueueName};

const FRESH_FOR: Duration = Duration::from_secs(2);

/// What SQS said last.
#[derive(Debug, Default)]
pub struct Cache {
    depths: tokio::sync::Mutex<Option<(Instant, Vec<(QueueName, Depth)>)>>,
    /// SQS does not tell the age of the oldest message. Messages come roughly in order, so while there are any, the oldest is
    /// about as old as the last that was received for the first time, or as the first look that found any.
    oldest: Mutex<BTreeMap<QueueName, OffsetDateTime>>,
}

impl Cache {
    pub(super) fn received(&self, queue: QueueName, messages: &[Unpacked]) {
        let fresh = messages.iter().filter(|message| message.receives == 1);
        if let Some(sent_at) = fresh.map(|message| message.sent_at + message.delay).max() {
            self.oldest().insert(queue, sent_at);
        }
    }

    fn age_seconds(&self, queue: QueueName, ready: i64) -> Option<f64> {
        let mut oldest = self.oldest();
        if ready == 0 {
            oldest.remove(&queue);
            return None;
        }
        let now = OffsetDateTime::now_utc();
        let since = *oldest.entry(queue).or_insert(now);
        Some((now - since).as_seconds_f64().max(0.0))
    }

    fn oldest(&self) -> MutexGuard<'_, BTreeMap<QueueName, OffsetDateTime>> {
        self.oldest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sqs {
    /// How many messages there are on SQS, by queue.
    pub async fn depths(&self) -> anyhow::Result<Vec<(QueueName, Depth)>> {
        let mut cached = self.depths.depths.lock().await;
        if let Some((at, depths)) = &*cached
            && at.elapsed() < FRESH_FOR
        {
            return Ok(depths.clone());
        }
        let depths = try_join_all(QueueName::ALL.map(|queue| self.depth(queue))).await?;
        *cached = Some((Instant::now(), depths.clone()));
        Ok(depths)
    }

    async fn depth(&self, queue: QueueName) -> anyhow::Result<(QueueName, Depth)> {
        let lanes = [Part::Interactive, Part::Bulk].map(|part| self.depth_of(queue, part));
        let lanes = try_join_all(lanes).await?;
        let sum = |count: fn(&Depth) -> i64| lanes.iter().map(count).sum();
        let ready = sum(|depth| depth.ready);
        let depth = Depth {
            ready,
            in_flight: sum(|depth| depth.in_flight),
            delayed: sum(|depth| depth.delayed),
            oldest_age_seconds: self.depths.age_seconds(queue, ready),
        };
        Ok((queue, depth))
    }

    /// How many messages there are in one queue of SQS.
    pub async fn depth_of(&self, queue: QueueName, part: Part) -> anyhow::Result<Depth> {
        let [ready, in_flight, delayed] = [
            Name::ApproximateNumberOfMessages,
            Name::ApproximateNumberOfMessagesNotVisible,
            Name::ApproximateNumberOfMessagesDelayed,
        ];
        let answer = self
            .client
            .get_queue_attributes()
            .queue_url(self.url(queue, part))
            .attribute_names(ready.clone())
            .attribute_names(in_flight.clone())
            .attribute_names(delayed.clone())
            .send()
            .await
            .map_err(client::fault)
            .with_context(|| format!("asking for the depth of {}", self.name(queue, part)))?;
        let attributes = answer.attributes.unwrap_or_default();
        let number = |name: &Name| attributes.get(name).and_then(|text| text.parse().ok()).unwrap_or(0);
        Ok(Depth {
            ready: number(&ready),
            in_flight: number(&in_flight),
            delayed: number(&delayed),
            oldest_age_seconds: None,
        })
    }
}
