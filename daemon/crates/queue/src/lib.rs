//! Message queues on PostgreSQL or Amazon SQS, and the worker loop.
//!
//! A message is delivered at least once. It is received with a receipt handle and stays invisible for the visibility timeout; the
//! receipt handle extends, releases or deletes it, until the timeout has passed. Handlers are idempotent. A caller sends through the
//! [`Broker`] in its own transaction, whichever backend runs.
//!
//! Queues, what their payloads mean and what runs for them are handed in by the caller.

#![cfg_attr(test, expect(clippy::unwrap_used, reason = "a test fails by panicking"))]

pub mod worker;

pub mod collector;
pub mod relay;

pub mod settings;

mod broker;
pub mod outbox;
pub mod postgres;
pub mod sqs;

pub mod dead_letters;

pub mod attempts;
pub mod notification;
pub mod running;
pub mod stats;

mod message;

pub use broker::{Broker, Poll};
pub use message::{
    Depth, InFlight, MAX_YIELD, Message, NewMessage, Outcome, Queue, ReceiptHandle, backoff, worker_name,
};
pub use tradepost_common::queues::Lane;
