//! Runs that were ended at any time: the next one does what is missing, and nothing twice.

use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{Bench, SMALL, pictures, unpacked};

/// Bytes of journal after which a run is ended: some batches, and never all of them.
const SOME_BYTES: u64 = 6_000;
const ICONS: usize = 3_000;

/// Starts a run and ends it when its journal has grown by some batches. False when it was quicker.
fn end_midway(bench: &Bench, out: &str, journal: &Path, signal: Signal) -> bool {
    let before = journal.metadata().map_or(0, |about| about.len());
    let mut command = bench.render(&["--out", out]);
    let mut run: Child = command
        .args(SMALL)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(120);
    while journal.metadata().map_or(0, |about| about.len()) < before + SOME_BYTES {
        assert!(Instant::now() < deadline, "the run does not get on");
        if run.try_wait().unwrap().is_some() {
            return false;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    kill(Pid::from_raw(run.id().cast_signed()), signal).unwrap();
    let status = run.wait().unwrap();
    match signal {
        Signal::SIGKILL => assert_eq!(status.code(), None),
        // Taken at once: a second would be enough to draw them all.
        _ => assert_eq!(status.code(), Some(130), "{status}"),
    }
    true
}

#[test]
fn a_folder_is_completed_after_kill_9() {
    let bench = Bench::with_icons(ICONS);
    let journal = bench.path("out/.tradepost-render.journal");
    for _ in 0..3 {
        assert!(
            end_midway(&bench, "out", &journal, Signal::SIGKILL),
            "the run was over too soon"
        );
    }
    let (code, summary) = bench.summary(&["--out", "out"]);
    assert_eq!(code, Some(0), "{summary}");
    let (drawn, kept) = (summary["drawn"].as_u64().unwrap(), summary["kept"].as_u64().unwrap());
    assert!(drawn > 0 && kept > 0, "{summary}");
    assert_eq!(drawn + kept, ICONS as u64);
    assert_eq!(pictures(&bench.path("out")).len(), 2 * ICONS);
    let journal = std::fs::read_to_string(journal).unwrap();
    let names: std::collections::HashSet<&str> = journal
        .lines()
        .skip(1)
        .map(|line| line.rsplit('\t').next().unwrap())
        .collect();
    assert_eq!((names.len(), journal.lines().count() - 1), (ICONS, ICONS));
}

#[test]
fn a_tar_is_completed_after_kill_9_and_ctrl_c() {
    let bench = Bench::with_icons(ICONS);
    let journal = bench.path("out.tar.journal");
    for signal in [Signal::SIGKILL, Signal::SIGINT, Signal::SIGKILL] {
        assert!(
            end_midway(&bench, "out.tar", &journal, signal),
            "the run was over too soon"
        );
    }
    let (code, summary) = bench.summary(&["--out", "out.tar"]);
    assert_eq!(code, Some(0), "{summary}");
    assert!(summary["kept"].as_u64().unwrap() > 0, "{summary}");
    let first = unpacked(&bench.path("out.tar"));
    assert_eq!(first.len(), 2 * ICONS);
    let (code, summary) = bench.summary(&["--out", "whole.tar"]);
    assert_eq!((code, &summary["kept"]), (Some(0), &0.into()));
    assert_eq!(unpacked(&bench.path("whole.tar")), first);
}

#[test]
fn a_second_run_does_only_what_is_new_or_changed() {
    let bench = Bench::with_icons(10);
    assert_eq!(bench.summary(&["--out", "out"]).0, Some(0));
    bench.file("new.svg", super::icon(99).as_bytes());
    bench.file("icon-1.svg", super::icon(1).replace("24 24", "48 48").as_bytes());
    let (code, summary) = bench.summary(&["--out", "out", "--resume"]);
    assert_eq!(
        (code, &summary["drawn"], &summary["kept"]),
        (Some(0), &2.into(), &9.into()),
        "{summary}"
    );
    let (_, summary) = bench.summary(&["--out", "out"]);
    assert_eq!(
        (&summary["drawn"], &summary["kept"]),
        (&0.into(), &11.into()),
        "{summary}"
    );
}

#[test]
fn a_tar_that_is_shorter_than_its_journal_is_refused() {
    let bench = Bench::with_icons(3);
    assert_eq!(bench.summary(&["--out", "out.tar"]).0, Some(0));
    std::fs::write(bench.path("out.tar"), b"").unwrap();
    let output = bench.render(&["--out", "out.tar"]).args(SMALL).output().unwrap();
    let errors = super::errors(&output);
    assert_eq!(output.status.code(), Some(1));
    assert!(errors.contains("its journal says"), "{errors}");
}
