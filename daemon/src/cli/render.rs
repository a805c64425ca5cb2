//! `tradepostd render`: draws a folder, a ZIP, a bucket or single files, in the same jail and with the same engine as the daemon.
//!
//! Images of `icons/a.svg` are `icons/a.svg/<preset>.<format>`: the extension stays, so that `a.svg` and `a.png` do not collide.

mod failures;
mod journal;
mod output;
mod presets;
mod progress;
mod signals;
mod source;
mod summary;
mod work;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use anyhow::{Context as _, bail, ensure};
use tradepost_jail::{Jail, Limits};

use self::output::{Destination, Output, Resume};
use self::presets::PresetArgs;
use self::signals::Signals;
use self::source::Source;
use self::source::s3::Access;
use self::summary::{Detail, Finished, Summary};
use self::work::{Counters, Run, Stopped, Timings};
use super::output::print;

/// Some files failed; the others were drawn.
const EXIT_SOME_FAILED: u8 = 2;
const EXIT_INTERRUPTED: u8 = 130;
const MAX_THREADS: usize = 256;

#[derive(Debug, clap::Args)]
pub struct RenderArgs {
    /// Folders (recursive), ZIPs (.zip), single files, and s3://BUCKET/PREFIX. With several, files are below the name of their input.
    #[arg(required = true)]
    inputs: Vec<String>,
    /// Folder for the renditions, or a file that ends in .tar. Those of a/b.svg are a/b.svg/PRESET.FORMAT in it.
    #[arg(long, required_unless_present = "tar", conflicts_with = "tar")]
    out: Option<PathBuf>,
    /// A tar for the renditions, faster than many small files; - is the standard output.
    #[arg(long)]
    tar: Option<PathBuf>,
    #[command(flatten)]
    presets: PresetArgs,
    /// Number of files rendered at once, each in its own child [default: one for each core].
    #[arg(long)]
    threads: Option<usize>,
    /// Continue an earlier run [default: when there was one].
    #[arg(long, conflicts_with = "fresh")]
    resume: bool,
    /// Start over and overwrite the renditions of an earlier run.
    #[arg(long)]
    fresh: bool,
    /// Endpoint for s3:// inputs, as http://127.0.0.1:9000 [default: AWS_ENDPOINT_URL, else AWS]. Credentials and region come from
    /// the usual variables and files of AWS.
    #[arg(long, value_name = "URL")]
    s3_endpoint: Option<String>,
    /// Keys of one page of a listing: for testing.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(i32).range(1..=1000), hide_short_help = true)]
    s3_page: i32,
    /// Render everything this many times, under names that begin with r000001/ and so on: for measuring.
    #[arg(long, default_value_t = 1, hide_short_help = true)]
    repeat: u32,
    /// Print the summary as JSON.
    #[arg(long)]
    json: bool,
    /// Print the time of each step.
    #[arg(long)]
    stages: bool,
}

impl RenderArgs {
    /// Draws everything. The exit code is 0 when all files were drawn, 2 when some were not, 130 when the run was stopped.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let started = Instant::now();
        // Before any thread is started.
        let signals = Signals::new()?;
        let threads = self.threads()?;
        ensure!(self.repeat >= 1, "--repeat 0 would draw nothing");
        let presets = self.presets.load()?;
        let jail = Jail::new(PathBuf::from("/proc/self/exe"), threads, Limits::default());
        let stop = Arc::new(AtomicBool::default());
        let mut source = Source::new(&self.inputs, self.repeat, jail.clone(), self.access(&stop))?;
        let destination = self.destination(&source)?;
        let (output, done) = Output::open(&destination, self.resume(), &presets::hash(&presets))?;
        source.done = Arc::new(done);
        let run = Run {
            done: source.done.clone(),
            source: Mutex::new(source),
            output,
            presets: presets.into(),
            counters: Counters::default(),
            stop,
        };
        let worked = match draw(&run, &jail, threads, &signals) {
            Err(error) if !error.is::<Stopped>() => return Err(error),
            worked => worked.ok(),
        };
        let summary = finish(run, jail, worked, started)?;
        self.report(&summary, &destination)?;
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

    fn resume(&self) -> Resume {
        match (self.fresh, self.resume) {
            (true, _) => Resume::Never,
            (false, true) => Resume::Always,
            (false, false) => Resume::IfPossible,
        }
    }

    /// The destination, which must not be inside an input.
    fn destination(&self, source: &Source) -> anyhow::Result<Destination> {
        let (destination, out) = match (&self.out, &self.tar) {
            (Some(out), _) => (Destination::parse(out), out),
            (None, Some(tar)) => (Destination::parse_tar(tar), tar),
            (None, None) => bail!("no place for the pictures was named"),
        };
        ensure!(
            !out.starts_with("s3:"),
            "{}: pictures can be written to a folder or a tar",
            out.display()
        );
        if matches!(destination, Destination::Stream(_)) {
            return Ok(destination);
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
        Ok(destination)
    }

    fn report(&self, summary: &Summary, destination: &Destination) -> anyhow::Result<()> {
        let text = match self.json {
            true => serde_json::to_string_pretty(summary).context("writing the summary")?,
            false => summary
                .to_text(if self.stages { Detail::Stages } else { Detail::Counts })
                .trim_end()
                .to_owned(),
        };
        match destination {
            // The images are on the standard output.
            Destination::Stream(_) => eprintln!("{text}"),
            Destination::Folder(_) | Destination::Tar(_) => print(&text)?,
        }
        Ok(())
    }
}

/// Resolves links and dots, also of a path that does not exist yet.
fn resolved(path: &Path) -> anyhow::Result<PathBuf> {
    let whole = std::path::absolute(path).with_context(|| format!("the path {}", path.display()))?;
    for existing in whole.ancestors() {
        if let Ok(canonical) = existing.canonicalize() {
            let rest = whole.strip_prefix(existing).unwrap_or(Path::new(""));
            return Ok(canonical.join(rest));
        }
    }
    bail!("the path {} leads nowhere", path.display())
}

/// Runs the threads until there is nothing left to draw. The first that fails stops the others.
fn draw(run: &Run, jail: &Jail, threads: usize, signals: &Signals) -> anyhow::Result<Timings> {
    let (ended, running) = std::io::pipe().context("making a pipe")?;
    let running = Arc::new(running);
    let total: Mutex<anyhow::Result<Timings>> = Mutex::new(Ok(Timings::default()));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let (running, total) = (Arc::clone(&running), &total);
            scope.spawn(move || {
                let worked = run.work(jail);
                if worked.is_err() {
                    run.stop.store(true, Ordering::Relaxed);
                }
                let mut total = total.lock().unwrap_or_else(PoisonError::into_inner);
                match (&mut *total, worked) {
                    (Ok(total), Ok(timings)) => *total += timings,
                    (Err(_), Ok(_)) => {}
                    // The others stop because of the first that failed.
                    (Err(first), Err(_)) if !first.is::<Stopped>() => {}
                    (total, Err(error)) => *total = Err(error),
                }
                drop(running);
            });
        }
        drop(running);
        scope.spawn(|| count(run));
        progress::watch(run, signals, &ended);
    });
    total.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Counts the files, for the progress.
fn count(run: &Run) {
    let counting = run.source.lock().unwrap_or_else(PoisonError::into_inner).to_count();
    let count = counting.count(|| run.goes_on());
    if count > 0 && run.goes_on() {
        run.counters.total.fetch_add(count, Ordering::Relaxed);
    }
}

/// Ends the output and the children, and computes the summary. A run that was stopped has no timings.
fn finish(run: Run, jail: Jail, timings: Option<Timings>, started: Instant) -> anyhow::Result<Summary> {
    let failures = run.output.finish()?;
    let source = run.source.into_inner().unwrap_or_else(PoisonError::into_inner);
    let passed_over = source.passed_over;
    // The last of them ends the children and waits for them.
    drop((source, jail));
    let summary = Summary::new(&Finished {
        counters: &run.counters,
        passed_over,
        presets: run.presets.len() as u64,
        elapsed: started.elapsed(),
        timings,
        failures: &failures,
    })?;
    ensure!(
        !summary.is_complete || summary.drawn + summary.failed + summary.kept > 0 || run.done.len() > 0,
        "there is nothing to draw: no file of a kind that a picture is made of (SVG, PNG, JPEG, WebP and so on)"
    );
    Ok(summary)
}
