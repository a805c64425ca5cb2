//! `tradepostd render`: draws a folder, a ZIP, a bucket or single files, in the same jail and with the same engine as the daemon.
//!
//! Pictures of `icons/a.svg` are `icons/a.svg/<preset>.<format>`: the ending stays, so that `a.svg` and `a.png` do not meet.

mod failures;
mod journal;
mod output;
mod presets;
mod progress;
mod source;
mod summary;
mod tar;
mod work;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use anyhow::{Context as _, anyhow, bail, ensure};

use self::output::{Earlier, Output, Place};
use self::progress::Signals;
use self::source::Source;
use self::source::s3::Access;
use self::summary::Summary;
use self::work::{Counts, Shared, Spent, Stopped};
use tradepost_jail::{Jail, Limits};

/// Some files failed; the others were drawn.
const EXIT_SOME_FAILED: u8 = 2;
const EXIT_INTERRUPTED: u8 = 130;
const MAX_THREADS: usize = 256;

/// What `tradepostd render` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Folders (with everything below them), ZIPs (.zip), single files, and s3://BUCKET/PREFIX. With several, the name of each comes before its
    /// files'.
    #[arg(required = true)]
    inputs: Vec<String>,
    /// The folder for the pictures, or a file that ends in .tar. Pictures of a/b.svg are a/b.svg/PRESET.FORMAT in it.
    #[arg(long, required_unless_present = "tar", conflicts_with = "tar")]
    out: Option<PathBuf>,
    /// A tar for the pictures, which is faster than many small files; - is the standard output.
    #[arg(long)]
    tar: Option<PathBuf>,
    #[command(flatten)]
    wish: presets::Wish,
    /// Files that are drawn at once, each in a child of its own [default: one for each core].
    #[arg(long)]
    threads: Option<usize>,
    /// Go on where an earlier run ended; without it that is done when there was one.
    #[arg(long, conflicts_with = "fresh")]
    resume: bool,
    /// Start over and overwrite what an earlier run has drawn.
    #[arg(long)]
    fresh: bool,
    /// Another server than Amazon's for s3:// inputs: http://127.0.0.1:9000. AWS_ENDPOINT_URL says it too; credentials and the region are looked for
    /// where the other programs of AWS look.
    #[arg(long, value_name = "URL")]
    s3_endpoint: Option<String>,
    /// Keys of one page of a listing: for testing.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(i32).range(1..=1000), hide_short_help = true)]
    s3_page: i32,
    /// Draw everything so many times, under names that begin with r000001/ and so on: for measuring.
    #[arg(long, default_value_t = 1, hide_short_help = true)]
    repeat: u32,
    /// Print the summary as JSON.
    #[arg(long)]
    json: bool,
    /// Print where the time went.
    #[arg(long)]
    stages: bool,
}

impl Args {
    /// Draws everything. The exit code is 0 when all files were drawn, 2 when some were not, 130 when it was stopped.
    ///
    /// # Errors
    /// When it cannot run, or not to its end.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let started = Instant::now();
        // Before any thread is started.
        let signals = Signals::new()?;
        let threads = self.threads()?;
        ensure!(self.repeat >= 1, "--repeat 0 would draw nothing");
        let presets = self.wish.presets()?;
        let jail = Jail::new(PathBuf::from("/proc/self/exe"), threads, Limits::default());
        let stop = Arc::new(AtomicBool::default());
        let mut source = Source::new(&self.inputs, self.repeat, jail.clone(), self.access(&stop))?;
        let place = self.place(&source)?;
        let (output, done) = Output::open(&place, self.earlier(), &presets::hash(&presets))?;
        source.done = Arc::new(done);
        let shared = Shared {
            done: source.done.clone(),
            source: Mutex::new(source),
            output,
            presets: presets.into(),
            counts: Counts::default(),
            stop,
        };
        let worked = draw(&shared, &jail, threads, &signals);
        let is_complete = match &worked {
            Ok(_) => true,
            Err(error) if error.is::<Stopped>() => false,
            Err(_) => return worked.map(|_| ExitCode::FAILURE),
        };
        let summary = finish(shared, jail, worked.unwrap_or_default(), (started, is_complete))?;
        self.tell(&summary, &place)?;
        Ok(match summary {
            Summary { is_complete: false, .. } => ExitCode::from(EXIT_INTERRUPTED),
            Summary { failed: 0, .. } => ExitCode::SUCCESS,
            _ => ExitCode::from(EXIT_SOME_FAILED),
        })
    }

    fn access(&self, stop: &Arc<AtomicBool>) -> Access {
        Access {
            endpoint: self.s3_endpoint.clone(),
            page_keys: self.s3_page,
            stop: stop.clone(),
        }
    }

    fn threads(&self) -> anyhow::Result<usize> {
        let threads = match self.threads {
            Some(threads) => threads,
            None => std::thread::available_parallelism().map_or(1, |cores| cores.get()),
        };
        ensure!(
            (1..=MAX_THREADS).contains(&threads),
            "--threads {threads}: it may be 1 to {MAX_THREADS}"
        );
        Ok(threads)
    }

    fn earlier(&self) -> Earlier {
        match (self.fresh, self.resume) {
            (true, _) => Earlier::StartOver,
            (false, true) => Earlier::MustGoOn,
            (false, false) => Earlier::GoOn,
        }
    }

    /// Where the pictures go, which must not be where files come from.
    fn place(&self, source: &Source) -> anyhow::Result<Place> {
        let out = self
            .out
            .as_ref()
            .or(self.tar.as_ref())
            .context("no place for the pictures was named")?;
        ensure!(
            !out.starts_with("s3:"),
            "{}: pictures can be written to a folder or a tar",
            out.display()
        );
        let place = Place::new(out, self.tar.is_some());
        if matches!(place, Place::Stream(_)) {
            return Ok(place);
        }
        let whole = resolved(out)?;
        for folder in source.folders() {
            let folder = folder
                .canonicalize()
                .with_context(|| format!("the input {}", folder.display()))?;
            ensure!(
                !whole.starts_with(&folder),
                "the pictures would lie in the input: {} is inside {}",
                out.display(),
                folder.display()
            );
        }
        Ok(place)
    }

    fn tell(&self, summary: &Summary, place: &Place) -> anyhow::Result<()> {
        let text = match self.json {
            true => serde_json::to_string_pretty(summary).context("writing the summary")?,
            false => summary.to_text(self.stages).trim_end().to_owned(),
        };
        match place {
            // The pictures are on the standard output.
            Place::Stream(_) => eprintln!("{text}"),
            Place::Folder(_) | Place::Tar(_) => super::say(&text)?,
        }
        Ok(())
    }
}

/// The path without links and dots, also of what is not there yet.
fn resolved(path: &Path) -> anyhow::Result<PathBuf> {
    let whole = std::path::absolute(path).with_context(|| format!("the path {}", path.display()))?;
    for there in whole.ancestors() {
        if let Ok(canonical) = there.canonicalize() {
            let rest = whole.strip_prefix(there).unwrap_or(Path::new(""));
            return Ok(canonical.join(rest));
        }
    }
    bail!("the path {} leads nowhere", path.display())
}

/// Runs the threads until there is nothing left to draw. The first that fails stops the others.
fn draw(shared: &Shared, jail: &Jail, threads: usize, signals: &Signals) -> anyhow::Result<Spent> {
    let (ended, running) = std::io::pipe().context("making a pipe")?;
    let running = Arc::new(running);
    let first_error = Mutex::new(None);
    let total = Mutex::new(Spent::default());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let (running, first_error, total) = (Arc::clone(&running), &first_error, &total);
            scope.spawn(move || {
                let worked = shared.work(jail);
                match worked {
                    Ok(spent) => add(&mut total.lock().unwrap_or_else(PoisonError::into_inner), spent),
                    Err(error) => {
                        shared.stop.store(true, Ordering::Relaxed);
                        let mut first = first_error.lock().unwrap_or_else(PoisonError::into_inner);
                        // The others end because of the first.
                        if first.as_ref().is_none_or(|error: &anyhow::Error| error.is::<Stopped>()) {
                            *first = Some(error);
                        }
                    }
                }
                drop(running);
            });
        }
        drop(running);
        scope.spawn(|| count(shared));
        progress::watch(shared, signals, &ended);
    });
    match first_error.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(error) => Err(error),
        None => Ok(total.into_inner().unwrap_or_else(PoisonError::into_inner)),
    }
}

fn add(total: &mut Spent, spent: Spent) {
    total.read += spent.read;
    total.write += spent.write;
    total.stages += spent.stages;
}

/// Finds out how many files there are, for the progress.
fn count(shared: &Shared) {
    let walks = shared.source.lock().unwrap_or_else(PoisonError::into_inner).to_count();
    let count = walks.count(|| shared.goes_on());
    if count > 0 && shared.goes_on() {
        shared.counts.total.fetch_add(count, Ordering::Relaxed);
    }
}

/// Ends the output and the children, and works the summary out.
fn finish(
    shared: Shared,
    jail: Jail,
    spent: Spent,
    (started, is_complete): (Instant, bool),
) -> anyhow::Result<Summary> {
    let Shared {
        source,
        output,
        presets,
        counts,
        done,
        ..
    } = shared;
    let failures = output.finish()?;
    let source = source.into_inner().unwrap_or_else(PoisonError::into_inner);
    let passed_over = source.passed_over;
    // With the last of them the children are ended and waited for.
    drop((source, jail));
    let run = summary::Run {
        counts: &counts,
        passed_over,
        presets: presets.len() as u64,
        elapsed: started.elapsed(),
        spent,
        failures: &failures,
        is_complete,
    };
    let summary = run.summary()?;
    if is_complete && summary.drawn + summary.failed + summary.kept == 0 && done.len() == 0 {
        return Err(anyhow!(
            "there is nothing to draw: no file of a kind that a picture is made of (SVG, PNG, JPEG, WebP and so on)"
        ));
    }
    Ok(summary)
}
