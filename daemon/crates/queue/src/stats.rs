//! Counters of this process by queue: rates of the last 10 s and a history of one minute.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Instant;

use crate::message::Queue;

const SECONDS: usize = 60;
const RATE_SECONDS: u64 = 10;

/// Counters of all queues.
#[derive(Debug)]
pub struct QueueStats {
    started: Instant,
    queues: Mutex<BTreeMap<Queue, Counters>>,
}

#[derive(Debug, Clone)]
struct Counters {
    done: [u32; SECONDS],
    failed: [u32; SECONDS],
    sent: [u32; SECONDS],
    second: u64,
    working: u32,
}

/// The counters of one queue.
#[derive(Debug, Clone, Default)]
pub struct Activity {
    pub sent_per_second: f64,
    pub done_per_second: f64,
    pub failed_per_second: f64,
    pub working: u32,
    /// Messages done in each of the last 60 s, oldest first.
    pub done_history: Vec<u32>,
    /// Messages sent in each of the last 60 s, oldest first.
    pub sent_history: Vec<u32>,
}

impl Default for QueueStats {
    fn default() -> Self {
        Self {
            started: Instant::now(),
            queues: Mutex::new(BTreeMap::new()),
        }
    }
}

impl QueueStats {
    pub fn started(&self, queue: Queue) {
        self.with(queue, |counters, _| counters.working += 1);
    }

    /// Counts a message, even if its transaction is rolled back later.
    pub fn sent(&self, queue: Queue) {
        self.with(queue, |counters, now| counters.sent[now] += 1);
    }

    pub fn done(&self, queue: Queue) {
        self.with(queue, |counters, now| {
            counters.working = counters.working.saturating_sub(1);
            counters.done[now] += 1;
        });
    }

    pub fn failed(&self, queue: Queue) {
        self.with(queue, |counters, now| {
            counters.working = counters.working.saturating_sub(1);
            counters.failed[now] += 1;
        });
    }

    /// Counts a message out that is neither done nor failed.
    pub fn released(&self, queue: Queue) {
        self.with(queue, |counters, _| {
            counters.working = counters.working.saturating_sub(1)
        });
    }

    pub fn activity(&self, queue: Queue) -> Activity {
        self.with(queue, |counters, now| {
            let ago = |seconds: usize| (now + SECONDS - seconds) % SECONDS;
            let rate = |ring: &[u32; SECONDS]| (1..=RATE_SECONDS as usize).map(|s| ring[ago(s)]).sum::<u32>();
            let history = |ring: &[u32; SECONDS]| (0..SECONDS).rev().map(|s| ring[ago(s)]).collect();
            Activity {
                sent_per_second: f64::from(rate(&counters.sent)) / RATE_SECONDS as f64,
                done_per_second: f64::from(rate(&counters.done)) / RATE_SECONDS as f64,
                failed_per_second: f64::from(rate(&counters.failed)) / RATE_SECONDS as f64,
                working: counters.working,
                done_history: history(&counters.done),
                sent_history: history(&counters.sent),
            }
        })
    }

    fn with<T>(&self, queue: Queue, act: impl FnOnce(&mut Counters, usize) -> T) -> T {
        let second = self.started.elapsed().as_secs();
        let mut queues = self.queues.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let counters = queues.entry(queue).or_insert_with(|| Counters::new(second));
        counters.advance(second);
        act(counters, second as usize % SECONDS)
    }
}

impl Counters {
    fn new(second: u64) -> Self {
        Self {
            done: [0; SECONDS],
            failed: [0; SECONDS],
            sent: [0; SECONDS],
            second,
            working: 0,
        }
    }

    fn advance(&mut self, second: u64) {
        for back in 0..second.saturating_sub(self.second).min(SECONDS as u64) {
            let index = (second - back) as usize % SECONDS;
            (self.done[index], self.failed[index], self.sent[index]) = (0, 0, 0);
        }
        self.second = second;
    }
}
