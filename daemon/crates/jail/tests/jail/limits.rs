//! Files that do their worst, and the number and age of children.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tradepost_jail::{Jail, JailError, LARGE_BYTES, Limits, Rendered};
use tradepost_render::presets::{Preset, default_presets};

use super::{CHILD, HONEST, file, hash, jail, render, svg};

#[tokio::test]
async fn a_file_that_eats_memory_costs_one_child() {
    let jail = jail(Limits {
        memory_bytes: 64 << 20,
        ..Limits::default()
    });
    // 200 layers of a megabyte each: less than what is refused unseen, more than there is.
    let layers = format!("{}{HONEST}{}", "<g opacity='.9'>".repeat(200), "</g>".repeat(200));
    let error = failure(&jail, &svg(&layers)).await;
    assert!(matches!(error, JailError::Memory), "{error}");
    assert_eq!(jail.children(), 0);
    render(&jail, &svg(HONEST)).await.unwrap();
}

/// The error of a file that must not be drawn.
async fn failure(jail: &Jail, text: &str) -> JailError {
    match render(jail, text).await {
        Err(error) => error,
        Ok(rendered) => panic!("drawn, with {} findings", rendered.findings.len()),
    }
}

/// A picture that takes a while in each preset: noise, which no encoder finds anything in.
fn colourful() -> String {
    svg(
        "<filter id='f'><feTurbulence baseFrequency='.9' numOctaves='2'/></filter><path d='M0 0h100v100H0z' filter='url(#f)'/>",
    )
}

/// Work for minutes that no look at the file foretells: pictures without end.
fn endless_presets() -> Vec<Preset> {
    let preset = default_presets()
        .into_iter()
        .find(|preset| preset.name == "webp-512")
        .unwrap();
    (0..1_500)
        .map(|number| Preset {
            name: format!("webp-{number}"),
            ..preset.clone()
        })
        .collect()
}

async fn render_endlessly(jail: &Jail, text: &str) -> Result<Rendered, JailError> {
    let presets = endless_presets();
    jail.render(file(text.as_bytes()), &hash(text.as_bytes()), "a.svg", &presets)
        .await
}

/// The error that ended work without end.
async fn ended(jail: &Jail) -> JailError {
    match render_endlessly(jail, &colourful()).await {
        Err(error) => error,
        Ok(rendered) => panic!("done, with {} pictures", rendered.renditions.len()),
    }
}

#[tokio::test]
async fn the_clock_stops_a_file_and_does_not_blame_it() {
    let jail = jail(Limits {
        wall: Duration::from_millis(300),
        ..Limits::default()
    });
    let error = ended(&jail).await;
    assert!(matches!(error, JailError::Starved { .. }), "{error}");
    assert!(error.is_busy() && !error.is_about_the_file());
    assert_eq!(jail.children(), 0);
}

/// Threads that keep every processor busy until they are dropped.
struct Busy(Arc<AtomicBool>, Vec<JoinHandle<()>>);

impl Busy {
    fn start(threads_a_processor: usize) -> Self {
        let processors = std::thread::available_parallelism().unwrap().get();
        let goes_on = Arc::new(AtomicBool::new(true));
        let threads = (0..processors * threads_a_processor).map(|_| {
            let goes_on = Arc::clone(&goes_on);
            std::thread::spawn(move || {
                while goes_on.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            })
        });
        Self(goes_on.clone(), threads.collect())
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
        for thread in self.1.drain(..) {
            thread.join().unwrap();
        }
    }
}

#[tokio::test]
async fn file_that_waits_for_a_processor_is_not_blamed() {
    let jail = |wall| {
        jail(Limits {
            wall,
            cpu: Duration::from_secs(60),
            ..Limits::default()
        })
    };
    let picture = colourful();
    let started = Instant::now();
    render(&jail(Duration::from_secs(600)), &picture).await.unwrap();
    let alone = started.elapsed();
    // Beside ten others on each processor it takes about ten times as long.
    let busy = Busy::start(10);
    let rendered = render(&jail(alone * 2), &picture).await;
    drop(busy);
    // A child that also waited for something else is starved: the caller tries again.
    assert!(
        matches!(rendered, Ok(_) | Err(JailError::Starved { .. })),
        "{:?}",
        rendered.err()
    );
}

#[tokio::test]
async fn a_file_that_never_ends_is_stopped_by_its_processor_time() {
    let jail = jail(Limits {
        cpu: Duration::from_secs(1),
        wall: Duration::from_secs(600),
        ..Limits::default()
    });
    let error = ended(&jail).await;
    assert!(matches!(error, JailError::Timeout { .. }), "{error}");
    assert_eq!(jail.children(), 0);
}

#[tokio::test]
async fn a_child_is_killed_when_nobody_waits_for_it() {
    let jail = jail(Limits {
        wall: Duration::from_secs(600),
        cpu: Duration::from_secs(600),
        ..Limits::default()
    });
    let waiting = tokio::spawn({
        let jail = jail.clone();
        async move { render_endlessly(&jail, &colourful()).await }
    });
    while jail.children() == 0 {
        tokio::task::yield_now().await;
    }
    waiting.abort();
    waiting.await.unwrap_err();
    while jail.children() > 0 {
        tokio::task::yield_now().await;
    }
    render(&jail, &svg(HONEST)).await.unwrap();
}

#[tokio::test]
async fn children_leave_when_they_are_idle_or_worn_out() {
    let jail = jail(Limits {
        idle: Duration::ZERO,
        ..Limits::default()
    });
    render(&jail, &svg(HONEST)).await.unwrap();
    while jail.children() > 0 {
        tokio::task::yield_now().await;
    }
    let jail = super::jail(Limits {
        recycle_after: 1,
        ..Limits::default()
    });
    render(&jail, &svg(HONEST)).await.unwrap();
    assert_eq!(jail.children(), 0);
}

#[tokio::test]
async fn no_more_children_than_allowed() {
    let jail = jail(Limits::default());
    let picture = svg(HONEST);
    let results = futures_util::future::join_all((0..20).map(|_| render(&jail, &picture))).await;
    assert!(results.iter().all(Result::is_ok));
    assert!((1..=2).contains(&jail.children()));
}

#[tokio::test]
async fn small_files_and_packs_do_not_wait_for_large_ones() {
    let jail = Jail::new(
        CHILD.into(),
        1,
        Limits {
            cpu: Duration::from_secs(600),
            wall: Duration::from_secs(600),
            slow_after: Duration::from_secs(600),
            ..Limits::default()
        },
    );
    let large = tokio::spawn({
        let (jail, blanks) = (jail.clone(), " ".repeat(LARGE_BYTES as usize));
        async move { render_endlessly(&jail, &format!("{}{blanks}", colourful())).await }
    });
    while jail.children() == 0 {
        tokio::task::yield_now().await;
    }
    // The only permit for small files is free, and that for packs.
    render(&jail, &svg(HONEST)).await.unwrap();
    super::packs::assert_opens(&jail).await;
    let niceness = niceness_of_children();
    assert!(niceness.contains(&(nice("self") + 10).min(19)), "{niceness:?}");
    large.abort();
}

/// From `/proc/PID/stat`: the 4th field is the parent, the 19th the niceness.
fn stat(process: &str) -> Option<Vec<i64>> {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let fields = text.rsplit_once(')')?.1.split_ascii_whitespace().skip(1).take(16);
    fields.map(|field| field.parse().ok()).collect()
}

fn nice(process: &str) -> i64 {
    stat(process).unwrap()[15]
}

fn niceness_of_children() -> Vec<i64> {
    let own = i64::from(std::process::id());
    let names = std::fs::read_dir("/proc")
        .unwrap()
        .map(|entry| entry.unwrap().file_name());
    let processes = names.filter_map(|name| stat(name.to_str()?));
    processes
        .filter(|fields| fields[0] == own)
        .map(|fields| fields[15])
        .collect()
}

#[tokio::test]
async fn a_quick_file_does_not_wait_for_slow_ones() {
    let jail = jail(Limits {
        slow_after: Duration::from_millis(50),
        slow_files: 1,
        cpu: Duration::from_secs(600),
        wall: Duration::from_secs(600),
        ..Limits::default()
    });
    let slow: Vec<_> = (0..4)
        .map(|number| {
            let jail = jail.clone();
            let text = format!("{}<!-- {number} -->", colourful());
            tokio::spawn(async move { render_endlessly(&jail, &text).await })
        })
        .collect();
    let (mut deferred, mut working) = (0, 0);
    for work in slow {
        match tokio::time::timeout(Duration::from_secs(1), work).await {
            Ok(result) => {
                assert!(matches!(result.unwrap(), Err(JailError::Deferred)));
                deferred += 1;
            }
            Err(_) => working += 1,
        }
    }
    // One has the permit for slow files. A busy machine sees the others as slow sooner or later, so their number is open.
    assert!(deferred >= 1 && working >= 1, "{deferred} deferred, {working} working");
    // A quick file is drawn while slow ones are.
    render(&jail, &svg(HONEST)).await.unwrap();
    assert!(jail.children() >= 2);
}
