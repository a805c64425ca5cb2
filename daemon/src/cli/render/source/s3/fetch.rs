//! Fetches objects ahead of the threads that draw them, within a limit on requests and a budget of bytes.
//!
//! Objects get their share of the budget in the order of the list and leave in that order: the next one that a reader waits for always has its share.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt as _, stream};
use tokio::sync::mpsc::{Receiver, Sender};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;

use super::super::{Content, Entry};
use super::client::{BucketClient, TRIES};
use super::error::{self, ObjectError};
use super::{Item, Listed, ListedObject, Ready};

/// Concurrent requests.
const REQUESTS: usize = 32;
/// Bytes being fetched, or fetched and not yet taken; larger objects go alone.
const BUDGET_KIB: u32 = 64 << 10;
/// Share of the smallest object.
const LEAST_KIB: u32 = 4;
const RETRY_AFTER: Duration = Duration::from_millis(500);
/// Denied objects after which the run ends, if none could be read before.
const MAX_DENIED: u32 = 20;

/// Outcome of one fetch.
enum Outcome {
    Read,
    Denied(String),
    /// Not fetched, or failed for another reason.
    Other,
}

type Task = JoinHandle<Result<(Ready, Outcome), String>>;

/// Fetches the listed objects and sends them on.
///
/// # Errors
/// The error concerns all objects.
pub(super) async fn all(bucket: &BucketClient, mut listed: Receiver<Listed>, to: &Sender<Item>) -> Result<(), String> {
    let budget = Arc::new(Semaphore::new(BUDGET_KIB as usize));
    let tasks = stream::poll_fn(|context| listed.poll_recv(context)).then(|listed| start(bucket, listed, &budget));
    let mut done = std::pin::pin!(tasks.buffered(REQUESTS));
    let mut tally = Tally::default();
    while let Some(done) = done.next().await {
        let (ready, outcome) = done.map_err(|error| format!("fetching an object ended: {error}"))??;
        tally.add(outcome)?;
        if to.send(Ok(ready)).await.is_err() {
            break;
        }
    }
    Ok(())
}

/// Waits for a share of the budget, then starts a task: a request goes on while a slow reader holds up the stream.
async fn start(bucket: &BucketClient, listed: Listed, budget: &Arc<Semaphore>) -> Task {
    let kib = match &listed {
        Listed::Object(object) => share_kib(object.stamp.size_bytes),
        Listed::OtherKind | Listed::Entry(_) => 0,
    };
    let share = Arc::clone(budget).acquire_many_owned(kib).await;
    let share = share.expect("the budget is never closed");
    tokio::spawn(finish(bucket.clone(), listed, share))
}

fn share_kib(size_bytes: u64) -> u32 {
    let kib = u32::try_from(size_bytes.div_ceil(1024)).unwrap_or(u32::MAX);
    kib.clamp(LEAST_KIB, BUDGET_KIB)
}

async fn finish(bucket: BucketClient, listed: Listed, share: OwnedSemaphorePermit) -> Result<(Ready, Outcome), String> {
    let (entry, outcome) = match listed {
        Listed::OtherKind => (None, Outcome::Other),
        Listed::Entry(entry) => (Some(entry), Outcome::Other),
        Listed::Object(object) => {
            let (content, outcome) = match fetch(&bucket, &object).await {
                Ok(bytes) => (Content::InMemory(bytes), Outcome::Read),
                Err(ObjectError::Object(reason)) => (Content::Unreadable(reason), Outcome::Other),
                Err(ObjectError::Denied(reason)) => (Content::Unreadable(reason.clone()), Outcome::Denied(reason)),
                Err(ObjectError::All(reason) | ObjectError::Interrupted(reason)) => {
                    return Err(format!("{}: {reason}", object.key));
                }
            };
            let ListedObject { name, stamp, .. } = object;
            (Some(Entry { name, stamp, content }), outcome)
        }
    };
    let ready = Ready { entry, _share: share };
    Ok((ready, outcome))
}

/// Outcomes so far.
#[derive(Default)]
struct Tally {
    denied: u32,
    was_any_read: bool,
}

impl Tally {
    fn add(&mut self, outcome: Outcome) -> Result<(), String> {
        match outcome {
            Outcome::Other => {}
            Outcome::Read => self.was_any_read = true,
            Outcome::Denied(reason) => {
                self.denied = self.denied.saturating_add(1);
                if !self.was_any_read && self.denied >= MAX_DENIED {
                    return Err(format!(
                        "none of the first {MAX_DENIED} objects could be read: {reason}"
                    ));
                }
            }
        }
        Ok(())
    }
}

/// The SDK retries requests that failed; an answer that ended in the middle is retried here.
async fn fetch(bucket: &BucketClient, object: &ListedObject) -> Result<Bytes, ObjectError> {
    let mut tried = 1;
    loop {
        match try_to_fetch(bucket, object).await {
            Err(ObjectError::Interrupted(_)) if tried < TRIES => tokio::time::sleep(RETRY_AFTER * tried).await,
            other => return other,
        }
        tried += 1;
    }
}

async fn try_to_fetch(bucket: &BucketClient, object: &ListedObject) -> Result<Bytes, ObjectError> {
    let request = bucket
        .client
        .get_object()
        .bucket(&bucket.location.bucket)
        .key(&object.key)
        // The object that was listed, and no other: its stamp goes into the journal.
        .set_if_match(object.etag.clone());
    let answer = request
        .send()
        .await
        .map_err(|error| error::object_error(&error, &bucket.server))?;
    let (mut body, size_bytes) = (answer.body, object.stamp.size_bytes);
    let mut bytes = BytesMut::new();
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|error| ObjectError::Interrupted(error::chain(&error)))?;
        if (bytes.len() as u64).saturating_add(chunk.len() as u64) > size_bytes {
            return Err(ObjectError::Object(error::changed()));
        }
        bytes.extend_from_slice(&chunk);
    }
    match bytes.len() as u64 == size_bytes {
        true => Ok(bytes.freeze()),
        false => Err(ObjectError::Object(error::changed())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_share_is_nothing_or_more_than_there_is() {
        assert_eq!(share_kib(0), LEAST_KIB);
        assert_eq!(share_kib(10 << 10), 10);
        assert_eq!(share_kib((10 << 10) + 1), 11);
        assert_eq!(share_kib(u64::MAX), BUDGET_KIB);
    }

    #[test]
    fn objects_that_may_not_be_read_end_the_run_only_when_none_may() {
        let denied = || Outcome::Denied("no".to_owned());
        let mut tally = Tally::default();
        for _ in 1..MAX_DENIED {
            tally.add(denied()).unwrap();
        }
        assert!(tally.add(denied()).unwrap_err().contains("none of the first"));
        let mut tally = Tally::default();
        tally.add(Outcome::Read).unwrap();
        for _ in 0..2 * MAX_DENIED {
            tally.add(denied()).unwrap();
        }
    }
}
