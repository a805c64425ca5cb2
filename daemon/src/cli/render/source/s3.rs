//! Objects of a bucket: of Amazon S3, or of a server that speaks its protocol.
//!
//! A thread of its own lists the keys page by page and fetches the objects ahead of the threads that draw them. An object that an earlier run has
//! drawn is listed and not fetched: its stamp is made of size and ETag.

mod client;
mod error;
mod fetch;
mod list;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail, ensure};
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio_util::sync::CancellationToken;
use tradepost_inspect::media::Family;
use tradepost_jail::BATCH_FILES;

use self::client::BucketClient;
use super::super::journal::Stamp;
use super::Entry;

/// Scheme of the address of a bucket.
pub const SCHEME: &str = "s3://";
/// Objects that were listed and not yet fetched, or fetched and not yet taken.
const OBJECTS_AHEAD: usize = 2 * BATCH_FILES;
/// Interval at which the stop flag is read.
const STOP_INTERVAL: Duration = Duration::from_millis(100);

/// Access to buckets.
#[derive(Debug, Clone)]
pub struct Access {
    /// Another server than Amazon's.
    pub endpoint: Option<String>,
    /// Keys of one page of a listing, 1 to 1000.
    pub page_keys: i32,
    /// Set when the run is to stop.
    pub stop: Arc<AtomicBool>,
}

/// Everything below a prefix, or one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    bucket: String,
    /// Empty, or with a `/` at its end.
    prefix: String,
    /// The object below the prefix if it is only one.
    object: Option<String>,
}

impl Location {
    /// Parses `s3://bucket`, `s3://bucket/a/prefix` or `s3://bucket/one/object.svg`.
    pub fn parse(address: &str) -> anyhow::Result<Self> {
        let rest = address.strip_prefix(SCHEME).context("not the address of a bucket")?;
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        ensure!(
            (3..=255).contains(&bucket.len()) && bucket.bytes().all(is_plain),
            "the input {address} does not name a bucket: it is s3://BUCKET, or s3://BUCKET/PREFIX"
        );
        let ending = key.rsplit_once('.').map_or("", |(_, ending)| ending);
        ensure!(
            !ending.eq_ignore_ascii_case("zip"),
            "the input {address}: ZIPs are not taken apart in a bucket; copy it to this machine first"
        );
        let (prefix, object) = match key.rsplit_once('/') {
            _ if key.is_empty() => (String::new(), None),
            _ if Family::of_path(key).is_none() => (format!("{}/", key.trim_end_matches('/')), None),
            Some((folder, name)) => (format!("{folder}/"), Some(name.to_owned())),
            None => (String::new(), Some(key.to_owned())),
        };
        Ok(Self {
            bucket: bucket.to_owned(),
            prefix,
            object,
        })
    }

    /// Last part of the address.
    pub fn own_name(&self) -> &str {
        let folder = self.prefix.trim_end_matches('/');
        let folder = folder.rsplit('/').next().filter(|name| !name.is_empty());
        self.object.as_deref().or(folder).unwrap_or(&self.bucket)
    }

    /// Prefix of the listing.
    fn listing_prefix(&self) -> String {
        format!("{}{}", self.prefix, self.object.as_deref().unwrap_or(""))
    }
}

impl fmt::Display for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{SCHEME}{}/{}", self.bucket, self.listing_prefix())
    }
}

/// Checks that the location can be listed and has objects.
pub fn check(location: &Location, access: &Access) -> anyhow::Result<()> {
    let runtime = runtime()?;
    let found = runtime.block_on(async {
        let bucket = BucketClient::new(location, access).await?;
        list::first_key(&bucket).await.map_err(anyhow::Error::new)
    });
    runtime.shutdown_background();
    let found = found.with_context(|| format!("the input {location}"))?;
    match (&location.object, found) {
        (Some(_), Some(key)) if key == location.listing_prefix() => Ok(()),
        (None, Some(_)) => Ok(()),
        (Some(_), _) => bail!("the input {location}: there is no such object"),
        (None, None) => bail!("the input {location}: there are no objects below it"),
    }
}

/// Lists and fetches the objects of a location. Dropping it ends that.
pub struct ObjectReader {
    inbox: mpsc::Receiver<Item>,
    cancel: CancellationToken,
    thread: Option<JoinHandle<()>>,
}

/// An object that is ready for its reader, or the error that ended the thread.
type Item = Result<Ready, String>;

struct Ready {
    /// `None`: an object of another kind.
    entry: Option<Entry>,
    /// Share of the budget, free once the reader has taken the object.
    _share: OwnedSemaphorePermit,
}

/// One key of the list.
enum Listed {
    OtherKind,
    /// Not to be fetched: unreadable, or drawn by an earlier run.
    Entry(Entry),
    Object(ListedObject),
}

/// An object to fetch.
struct ListedObject {
    name: String,
    stamp: Stamp,
    key: String,
    etag: Option<String>,
}

/// True for a file that was drawn already.
pub type IsDone = Box<dyn Fn(&str, Stamp) -> bool + Send>;

impl ObjectReader {
    /// Begins to list and to fetch.
    pub fn start(location: Location, access: Access, is_done: IsDone) -> anyhow::Result<Self> {
        let (outbox, inbox) = mpsc::channel(OBJECTS_AHEAD);
        let cancel = CancellationToken::new();
        let runtime = runtime()?;
        let (token, name) = (cancel.clone(), "s3".to_owned());
        let thread = std::thread::Builder::new().name(name).spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = read(&location, &access, &is_done, &outbox) => {}
                    () = token.cancelled() => {}
                    () = stopped(&access.stop) => {}
                }
            });
            // A lookup of a host name is not waited for.
            runtime.shutdown_background();
        });
        Ok(Self {
            inbox,
            cancel,
            thread: Some(thread.context("starting the thread that reads the bucket")?),
        })
    }

    /// Returns the next object.
    pub fn take(&mut self, passed_over: &mut u64) -> anyhow::Result<Option<Entry>> {
        while let Some(item) = self.inbox.blocking_recv() {
            match item.map_err(|error| anyhow!("{error}"))?.entry {
                Some(entry) => return Ok(Some(entry)),
                None => *passed_over += 1,
            }
        }
        Ok(None)
    }
}

impl Drop for ObjectReader {
    fn drop(&mut self) {
        self.cancel.cancel();
        self.inbox.close();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Sends the objects, and at last the error if there is one.
async fn read(location: &Location, access: &Access, is_done: &IsDone, outbox: &mpsc::Sender<Item>) {
    let read = async {
        let bucket = BucketClient::new(location, access).await;
        let bucket = bucket.map_err(|error| format!("{error:#}"))?;
        let (listed, inbox) = mpsc::channel(OBJECTS_AHEAD);
        let list = list::all(&bucket, is_done, listed);
        tokio::try_join!(list, fetch::all(&bucket, inbox, outbox)).map(drop)
    };
    if let Err(error) = read.await {
        // Perhaps nobody reads any more.
        let _ = outbox.send(Err(format!("reading {location}: {error}"))).await;
    }
}

async fn stopped(stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        tokio::time::sleep(STOP_INTERVAL).await;
    }
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().context("starting the reader of buckets")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_bucket_a_prefix_or_an_object() {
        let parsed = |address| {
            let location = Location::parse(address).unwrap();
            (location.to_string(), location.own_name().to_owned())
        };
        for (address, whole, name) in [
            ("s3://icons", "s3://icons/", "icons"),
            ("s3://icons/", "s3://icons/", "icons"),
            ("s3://icons/a/b", "s3://icons/a/b/", "b"),
            ("s3://icons/a/b//", "s3://icons/a/b/", "b"),
            ("s3://icons/a.svg", "s3://icons/a.svg", "a.svg"),
            ("s3://icons/a/b.svg", "s3://icons/a/b.svg", "b.svg"),
        ] {
            assert_eq!(parsed(address), (whole.to_owned(), name.to_owned()), "{address}");
        }
    }

    #[test]
    fn an_address_without_a_bucket_is_refused() {
        for address in ["s3://", "s3:///a", "s3://a b/c", "s3://ab", "s3://bücher/a"] {
            let error = Location::parse(address).unwrap_err().to_string();
            assert!(error.contains("does not name a bucket"), "{address}: {error}");
        }
        let error = Location::parse("s3://icons/all.ZIP").unwrap_err().to_string();
        assert!(error.contains("ZIPs are not taken apart"), "{error}");
    }
}
