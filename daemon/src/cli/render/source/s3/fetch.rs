//! Fetches objects ahead of those who draw them: so many at once, and never more bytes than a budget that those who read give back.
//!
//! Bytes are given out in the order of the list, and every reader reads in that order: the next that is waited for always has its share first, so
//! that nobody waits for somebody who waits for them.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::sync::mpsc::Receiver;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::JoinSet;

use super::News;
use super::client::{Link, TRIES};
use super::fault::{self, Fault};
use crate::cli::render::source::Unread;
use tradepost_jail::BATCH_FILES;

/// Jobs that wait for their turn. A reader takes a whole batch of entries before it reads the first, so a batch must fit.
pub const JOBS_AHEAD: usize = 2 * BATCH_FILES;
/// Requests under way.
const AT_ONCE: usize = 32;
/// Bytes under way, and fetched but not read; larger objects go alone.
const BUDGET_KIB: u32 = 64 << 10;
/// What the smallest object counts as.
const LEAST_KIB: u32 = 4;
const RETRY_AFTER: Duration = Duration::from_millis(500);
/// So many objects that may not be read, and none that may: the others will not be asked for.
const MOST_DENIED: u32 = 20;

/// An object to fetch.
pub struct Job {
    key: String,
    size_bytes: u64,
    etag: Option<String>,
    to: oneshot::Sender<Fetched>,
}

/// What came, and its share of the budget.
struct Fetched {
    bytes: Result<Bytes, String>,
    _share: OwnedSemaphorePermit,
}

/// The bytes of an object that are on their way.
pub struct Coming {
    from: oneshot::Receiver<Fetched>,
    news: Arc<News>,
}

impl Job {
    /// A job, and where its bytes come out.
    pub(super) fn new(key: String, size_bytes: u64, etag: Option<String>, news: Arc<News>) -> (Self, Coming) {
        let (to, from) = oneshot::channel();
        let job = Self {
            key,
            size_bytes,
            etag,
            to,
        };
        (job, Coming { from, news })
    }
}

impl std::fmt::Debug for Coming {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Coming").finish_non_exhaustive()
    }
}

impl Coming {
    /// Waits for the bytes.
    ///
    /// # Errors
    /// Why this object, or the bucket, cannot be read.
    pub fn wait(self) -> Result<Bytes, Unread> {
        match (self.from.blocking_recv(), self.news.fault.get()) {
            (Ok(fetched), _) => fetched.bytes.map_err(Unread::File),
            (Err(_), Some(fault)) => Err(Unread::Input(anyhow::anyhow!("{fault}"))),
            (Err(_), None) => Err(Unread::Stopped),
        }
    }
}

/// Does the jobs until there are no more.
///
/// # Errors
/// In words, what concerns all objects.
pub(super) async fn all(link: &Link, mut jobs: Receiver<Job>) -> Result<(), String> {
    let budget = Arc::new(Semaphore::new(BUDGET_KIB as usize));
    let mut under_way = JoinSet::new();
    let mut tally = Tally::default();
    while let Some(job) = jobs.recv().await {
        while under_way.len() >= AT_ONCE {
            tally.add(under_way.join_next().await)?;
        }
        let share = budget.clone().acquire_many_owned(share_kib(job.size_bytes));
        // What fails meanwhile ends the run, also while no share is free.
        tokio::pin!(share);
        let share = loop {
            tokio::select! {
                share = &mut share => break share.map_err(|_| "the budget is closed".to_owned())?,
                ended = under_way.join_next(), if !under_way.is_empty() => tally.add(ended)?,
            }
        };
        under_way.spawn(give(link.clone(), job, share));
    }
    while !under_way.is_empty() {
        tally.add(under_way.join_next().await)?;
    }
    Ok(())
}

fn share_kib(size_bytes: u64) -> u32 {
    let kib = u32::try_from(size_bytes.div_ceil(1024)).unwrap_or(u32::MAX);
    kib.clamp(LEAST_KIB, BUDGET_KIB)
}

/// How the jobs ended so far.
#[derive(Default)]
struct Tally {
    denied: u32,
    was_any_read: bool,
}

impl Tally {
    fn add(&mut self, ended: Option<Result<Result<(), Fault>, tokio::task::JoinError>>) -> Result<(), String> {
        match ended {
            None => {}
            Some(Ok(Ok(()))) => self.was_any_read = true,
            Some(Ok(Err(Fault::Denied(why)))) => {
                self.denied = self.denied.saturating_add(1);
                if !self.was_any_read && self.denied >= MOST_DENIED {
                    return Err(format!("none of the first {MOST_DENIED} objects could be read: {why}"));
                }
            }
            Some(Ok(Err(Fault::Object(_)))) => {}
            Some(Ok(Err(Fault::All(why) | Fault::Torn(why)))) => return Err(why),
            Some(Err(error)) => return Err(format!("fetching an object ended: {error}")),
        }
        Ok(())
    }
}

/// Fetches one object and gives its bytes, or why there are none, to its reader; answers with the latter too.
async fn give(link: Link, job: Job, share: OwnedSemaphorePermit) -> Result<(), Fault> {
    let fetched = fetch(&link, &job).await;
    let (bytes, ended) = match fetched {
        Ok(bytes) => (Ok(bytes), Ok(())),
        Err(fault @ (Fault::Object(_) | Fault::Denied(_))) => (Err(fault.to_string()), Err(fault)),
        // The reader learns of it when everybody does.
        Err(Fault::All(why) | Fault::Torn(why)) => {
            return Err(Fault::All(format!("{}: {why}", job.key)));
        }
    };
    // Perhaps nobody waits any more.
    let _ = job.to.send(Fetched { bytes, _share: share });
    ended
}

/// The SDK tries again what did not begin; what ended in the middle is tried again here.
async fn fetch(link: &Link, job: &Job) -> Result<Bytes, Fault> {
    let mut tried = 1;
    loop {
        match try_to_fetch(link, job).await {
            Err(Fault::Torn(_)) if tried < TRIES => tokio::time::sleep(RETRY_AFTER * tried).await,
            other => return other,
        }
        tried += 1;
    }
}

async fn try_to_fetch(link: &Link, job: &Job) -> Result<Bytes, Fault> {
    let request = link
        .client
        .get_object()
        .bucket(&link.location.bucket)
        .key(&job.key)
        // The object that was listed, and no other: its stamp goes into the journal.
        .set_if_match(job.etag.clone());
    let object = request
        .send()
        .await
        .map_err(|error| fault::of_object(&error, &link.server))?;
    let mut body = object.body;
    let mut bytes = BytesMut::new();
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|error| Fault::Torn(fault::chain(&error)))?;
        if (bytes.len() as u64).saturating_add(chunk.len() as u64) > job.size_bytes {
            return Err(Fault::Object(fault::changed()));
        }
        bytes.extend_from_slice(&chunk);
    }
    match bytes.len() as u64 == job.size_bytes {
        true => Ok(bytes.freeze()),
        false => Err(Fault::Object(fault::changed())),
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
        let denied = || Some(Ok(Err(Fault::Denied("no".to_owned()))));
        let mut tally = Tally::default();
        for _ in 1..MOST_DENIED {
            tally.add(denied()).unwrap();
        }
        assert!(tally.add(denied()).unwrap_err().contains("none of the first"));
        let mut tally = Tally::default();
        tally.add(Some(Ok(Ok(())))).unwrap();
        for _ in 0..2 * MOST_DENIED {
            tally.add(denied()).unwrap();
        }
    }
}
