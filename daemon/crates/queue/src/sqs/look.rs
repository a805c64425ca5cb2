//! Depths of the queues, asked of SQS at most every two seconds: every request costs money.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::QueueAttributeName as Name;
use futures_util::future::try_join_all;
use time::OffsetDateTime;

use super::wire::Unpacked;
use super::{Part, Sqs, SqsConfig, error, find};
use crate::message::{Depth, Queue};

const FRESH_FOR: Duration = Duration::from_secs(2);
/// An operator may be waiting.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// The last answers of SQS.
#[derive(Debug, Default)]
pub struct DepthCache {
    known: tokio::sync::Mutex<KnownDepths>,
    fault: Mutex<Option<String>>,
    /// SQS does not tell the age of the oldest message. Messages come roughly in order: while there are any, the oldest is about as
    /// old as the last one that was received for the first time, or as the first answer that counted any.
    oldest: Mutex<BTreeMap<Queue, OffsetDateTime>>,
}

#[derive(Debug, Default)]
struct KnownDepths {
    asked_at: Option<Instant>,
    depths: Vec<(Queue, Depth)>,
}

impl DepthCache {
    pub(super) fn received(&self, queue: Queue, messages: &[Unpacked]) {
        let fresh = messages.iter().filter(|message| message.receives == 1);
        if let Some(sent_at) = fresh.map(|message| message.sent_at + message.delay).max() {
            self.oldest().insert(queue, sent_at);
        }
    }

    fn age_seconds(&self, queue: Queue, ready: i64) -> Option<f64> {
        let mut oldest = self.oldest();
        if ready == 0 {
            oldest.remove(&queue);
            return None;
        }
        let now = OffsetDateTime::now_utc();
        let since = *oldest.entry(queue).or_insert(now);
        Some((now - since).as_seconds_f64().max(0.0))
    }

    fn note(&self, error: Option<&anyhow::Error>) {
        let now = error.map(|error| format!("{error:#}"));
        let mut fault = self.fault();
        match (&*fault, &now) {
            (None, Some(error)) => tracing::warn!(error, "SQS does not answer"),
            (Some(_), None) => tracing::info!("SQS answers again"),
            _ => {}
        }
        *fault = now;
    }

    fn fault(&self) -> MutexGuard<'_, Option<String>> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn oldest(&self) -> MutexGuard<'_, BTreeMap<Queue, OffsetDateTime>> {
        self.oldest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sqs {
    /// Counts the messages on SQS by queue. While SQS does not answer, these are its last counts.
    pub async fn depths(&self) -> Vec<(Queue, Depth)> {
        let mut known = self.cache.known.lock().await;
        if known.asked_at.is_none_or(|at| at.elapsed() >= FRESH_FOR) {
            let asked = try_join_all(self.queues.iter().map(|queue| self.depth(*queue)));
            let answer = tokio::time::timeout(ANSWER_WITHIN, asked).await;
            let answer =
                answer.unwrap_or_else(|_| Err(anyhow::anyhow!("no answer within {} s", ANSWER_WITHIN.as_secs())));
            self.cache.note(answer.as_ref().err());
            if let Ok(depths) = answer {
                known.depths = depths;
            }
            known.asked_at = Some(Instant::now());
        }
        known.depths.clone()
    }

    /// The error of the last request for depths, if it failed.
    pub fn fault(&self) -> Option<String> {
        self.cache.fault().clone()
    }

    async fn depth(&self, queue: Queue) -> anyhow::Result<(Queue, Depth)> {
        let lanes = [Part::Interactive, Part::Bulk].map(|part| depth_of(&self.client, self.url(queue, part)));
        let lanes = try_join_all(lanes).await?;
        let sum = |count: fn(&Depth) -> i64| lanes.iter().map(count).sum();
        let ready = sum(|depth| depth.ready);
        let depth = Depth {
            ready,
            in_flight: sum(|depth| depth.in_flight),
            delayed: sum(|depth| depth.delayed),
            oldest_age_seconds: self.cache.age_seconds(queue, ready),
        };
        Ok((queue, depth))
    }
}

/// Lists every queue on SQS by name with its depth; `None`: it is missing.
pub async fn list(
    client: &Client,
    config: &SqsConfig,
    queues: &[Queue],
) -> anyhow::Result<Vec<(String, Option<Depth>)>> {
    let mut listed = Vec::new();
    for (_, name) in config.physical_queues(queues) {
        let url = find(client, &name).await;
        let url = url.with_context(|| format!("looking for the queue {name} at {}", config.server))?;
        let depth = match url {
            Some(url) => Some(depth_of(client, &url).await?),
            None => None,
        };
        listed.push((name, depth));
    }
    Ok(listed)
}

async fn depth_of(client: &Client, url: &str) -> anyhow::Result<Depth> {
    let counts @ [ready, in_flight, delayed] = &[
        Name::ApproximateNumberOfMessages,
        Name::ApproximateNumberOfMessagesNotVisible,
        Name::ApproximateNumberOfMessagesDelayed,
    ];
    let request = client.get_queue_attributes().queue_url(url);
    let answer = request.set_attribute_names(Some(counts.to_vec())).send().await;
    let answer = answer
        .map_err(error::from_sdk)
        .context("asking for the depth of a queue")?;
    let attributes = answer.attributes.unwrap_or_default();
    let number = |name: &Name| attributes.get(name).and_then(|text| text.parse().ok()).unwrap_or(0);
    Ok(Depth {
        ready: number(ready),
        in_flight: number(in_flight),
        delayed: number(delayed),
        oldest_age_seconds: None,
    })
}
