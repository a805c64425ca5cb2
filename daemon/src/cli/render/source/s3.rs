//! The objects of a bucket: of Amazon S3, or of a server that speaks its protocol.
//!
//! A thread of its own lists the keys page by page and fetches the objects ahead of those who draw them. What an earlier run has drawn is listed
//! and not fetched: a key's size and ETag are what its stamp is made of.

mod client;
mod fault;
mod fetch;
mod list;

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail, ensure};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tradepost_inspect::media::Family;

use self::client::Link;
pub use self::fetch::Coming;
use super::super::journal::Stamp;
use super::Entry;

/// What the address of a bucket begins with.
pub const SCHEME: &str = "s3://";
/// Entries that were listed and that nobody has taken yet.
const ENTRIES_AHEAD: usize = 64;
/// How soon a run that was stopped stops.
const STOP_WITHIN: Duration = Duration::from_millis(100);

/// How buckets are read.
#[derive(Debug, Clone)]
pub struct Access {
    /// Another server than Amazon's.
    pub endpoint: Option<String>,
    /// Keys of one page of a listing, 1 to 1000.
    pub page_keys: i32,
    /// Somebody wants the run to end.
    pub stop: Arc<AtomicBool>,
}

/// What was named: everything below a prefix, or one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    bucket: String,
    /// Empty, or with a `/` at its end.
    prefix: String,
    /// The object below the prefix, when it is only one.
    object: Option<String>,
}

impl Location {
    /// Reads `s3://bucket`, `s3://bucket/a/prefix` or `s3://bucket/one/object.svg`.
    ///
    /// # Errors
    /// When there is no bucket of such a name, or it is a ZIP.
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

    /// The last part of it.
    pub fn own_name(&self) -> &str {
        let folder = self.prefix.trim_end_matches('/');
        let folder = folder.rsplit('/').next().filter(|name| !name.is_empty());
        self.object.as_deref().or(folder).unwrap_or(&self.bucket)
    }

    /// What the listing is asked for.
    fn listed(&self) -> String {
        format!("{}{}", self.prefix, self.object.as_deref().unwrap_or(""))
    }
}

impl fmt::Display for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{SCHEME}{}/{}", self.bucket, self.listed())
    }
}

/// Looks whether the place can be listed and has anything.
///
/// # Errors
/// Why not: no such bucket, no credentials, no access, no such region, no network.
pub fn check(location: &Location, access: &Access) -> anyhow::Result<()> {
    let runtime = runtime()?;
    let found = runtime.block_on(async {
        let link = Link::new(location, access).await?;
        list::first_key(&link).await.map_err(|fault| anyhow!("{}", fault))
    });
    runtime.shutdown_background();
    let found = found.with_context(|| format!("the input {location}"))?;
    match (&location.object, found) {
        (Some(_), Some(key)) if key == location.listed() => Ok(()),
        (None, Some(_)) => Ok(()),
        (Some(_), _) => bail!("the input {location}: there is no such object"),
        (None, None) => bail!("the input {location}: there are no objects below it"),
    }
}

/// Objects as they come.
pub struct Feed {
    entries: mpsc::Receiver<Entry>,
    news: Arc<News>,
    end: CancellationToken,
    thread: Option<JoinHandle<()>>,
}

/// What the thread tells beside the entries.
#[derive(Debug, Default)]
struct News {
    /// What ended it before its end.
    fault: OnceLock<String>,
    /// Objects that no picture is made of, since somebody last took the number.
    passed_over: AtomicU64,
}

/// Whether a file of this name was drawn already.
pub type IsDone = Box<dyn Fn(&str, Stamp) -> bool + Send>;

impl Feed {
    /// Begins to list and to fetch.
    ///
    /// # Errors
    /// When the kernel gives no thread.
    pub fn start(location: &Location, access: &Access, is_done: IsDone) -> anyhow::Result<Self> {
        let (outbox, entries) = mpsc::channel(ENTRIES_AHEAD);
        let (news, end) = (Arc::new(News::default()), CancellationToken::new());
        let runtime = runtime()?;
        let work = Work {
            location: location.clone(),
            access: access.clone(),
            is_done,
            news: news.clone(),
        };
        let (token, name) = (end.clone(), "s3".to_owned());
        let thread = std::thread::Builder::new().name(name).spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = work.run(outbox) => {}
                    () = token.cancelled() => {}
                    () = stopped(&work.access.stop) => {}
                }
            });
            // Nobody waits for a name that is being looked up.
            runtime.shutdown_background();
        });
        Ok(Self {
            entries,
            news,
            end,
            thread: Some(thread.context("starting the thread that reads the bucket")?),
        })
    }

    /// The next object; waits for its key, not for its bytes.
    ///
    /// # Errors
    /// When the listing does not go on.
    pub fn take(&mut self, passed_over: &mut u64) -> anyhow::Result<Option<Entry>> {
        let entry = self.entries.blocking_recv();
        *passed_over += self.news.passed_over.swap(0, Ordering::Relaxed);
        match (entry, self.news.fault.get()) {
            (Some(entry), _) => Ok(Some(entry)),
            (None, Some(fault)) => Err(anyhow!("{fault}")),
            (None, None) => Ok(None),
        }
    }

    /// Whether everything that was listed was fetched.
    pub fn has_ended(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }
}

/// Ends it, also what is still coming.
impl Drop for Feed {
    fn drop(&mut self) {
        self.end.cancel();
        if let Some(thread) = self.thread.take() {
            // It has nothing to say that was not said.
            let _ = thread.join();
        }
    }
}

/// What the thread has to do.
struct Work {
    location: Location,
    access: Access,
    is_done: IsDone,
    news: Arc<News>,
}

impl Work {
    async fn run(&self, entries: mpsc::Sender<Entry>) {
        let link = match Link::new(&self.location, &self.access).await {
            Ok(link) => link,
            Err(error) => return self.fail(&format!("{error:#}")),
        };
        let (link, (jobs, queue)) = (&link, mpsc::channel(fetch::JOBS_AHEAD));
        let list = async move {
            let listed = list::all(link, self, &entries, jobs).await;
            // Before the entries end: an end without a fault is the end of the list.
            let listed = listed.inspect_err(|fault| self.fail(fault));
            drop(entries);
            listed
        };
        let fetch = async {
            let fetched = fetch::all(link, queue).await;
            fetched.inspect_err(|fault| self.fail(fault))
        };
        // The first that fails ends the other, and has said why.
        let _ = tokio::try_join!(list, fetch);
    }

    fn fail(&self, words: &str) {
        // The first is the cause of the others.
        let _ = self.news.fault.set(format!("reading {}: {words}", self.location));
    }
}

async fn stopped(stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        tokio::time::sleep(STOP_WITHIN).await;
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
