//! How many messages there are: asked of SQS at most every two seconds, because every question costs.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::QueueAttributeName as Name;
use futures_util::future::try_join_all;
use time::OffsetDateTime;

use super::wire::Unpacked;
use super::{Part, Sqs, client, find, physical, place};
use crate::config::Config;
use crate::queue::{Depth, QueueName};

const FRESH_FOR: Duration = Duration::from_secs(2);
/// Operators wait for this.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// What SQS said last.
#[derive(Debug, Default)]
pub struct Cache {
    known: tokio::sync::Mutex<Known>,
    fault: Mutex<Option<String>>,
    /// SQS does not tell the age of the oldest message. Messages come roughly in order, so while there are any, the oldest is
    /// about as old as the last that was received for the first time, or as the first look that found any.
    oldest: Mutex<BTreeMap<QueueName, OffsetDateTime>>,
}

#[derive(Debug, Default)]
struct Known {
    asked_at: Option<Instant>,
    depths: Vec<(QueueName, Depth)>,
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

    fn oldest(&self) -> MutexGuard<'_, BTreeMap<QueueName, OffsetDateTime>> {
        self.oldest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sqs {
    /// How many messages there are on SQS, by queue. While SQS does not answer: what it said last.
    pub async fn depths(&self) -> Vec<(QueueName, Depth)> {
        let mut known = self.cache.known.lock().await;
        if known.asked_at.is_none_or(|at| at.elapsed() >= FRESH_FOR) {
            let asked = try_join_all(QueueName::ALL.map(|queue| self.depth(queue)));
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

    /// Why the last look at the depths brought no answer.
    pub fn fault(&self) -> Option<String> {
        self.cache.fault().clone()
    }

    async fn depth(&self, queue: QueueName) -> anyhow::Result<(QueueName, Depth)> {
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

/// Every queue of SQS there has to be, by name, and how many messages it holds; `None`: it is missing.
///
/// # Errors
/// When SQS does not answer.
pub async fn all(config: &Config) -> anyhow::Result<Vec<(String, Option<Depth>)>> {
    let client = client::build(&config.aws).await?;
    let mut all = Vec::new();
    for (_, name) in physical(&config.queues.prefix) {
        let url = find(&client, &name).await;
        let url = url.with_context(|| format!("looking for the queue {name} at {}", place(&config.aws)))?;
        let depth = match url {
            Some(url) => Some(depth_of(&client, &url).await?),
            None => None,
        };
        all.push((name, depth));
    }
    Ok(all)
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
        .map_err(client::fault)
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
