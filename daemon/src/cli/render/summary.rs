//! Summary at the end of a run.

use std::fmt::Write as _;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::Context as _;
use indicatif::HumanCount;
use nix::sys::resource::{Usage, UsageWho, getrusage};
use serde::Serialize;
use tradepost_inspect::text::clean;

use super::failures::{Failures, Group};
use super::work::{Counters, Timings};

/// A run in numbers.
#[derive(Debug, Serialize)]
pub struct Summary {
    pub drawn: u64,
    pub failed: u64,
    /// Files that an earlier run has drawn.
    pub kept: u64,
    /// Files of other kinds.
    pub passed_over: u64,
    pub pictures: u64,
    pub bytes_in: u64,
    pub bytes_out: u64,
    pub seconds: f64,
    pub files_per_second: f64,
    pub cpu_seconds: CpuSeconds,
    pub peak_kib: PeakKib,
    /// Milliseconds of each file that was drawn or failed, by stage.
    pub stage_ms: Vec<(&'static str, f64)>,
    pub is_complete: bool,
    pub failures: Vec<Group>,
    pub failures_list: Option<std::path::PathBuf>,
}

/// Processor time, user and system.
#[derive(Debug, Serialize)]
pub struct CpuSeconds {
    pub parent: f64,
    pub children: f64,
    /// Milliseconds of both for each file.
    pub ms_per_file: f64,
}

/// Largest memory; of the children that of the largest.
#[derive(Debug, Serialize)]
pub struct PeakKib {
    pub parent: i64,
    pub child: i64,
}

/// A run that has ended.
pub struct Finished<'a> {
    pub counters: &'a Counters,
    pub passed_over: u64,
    pub presets: u64,
    pub elapsed: Duration,
    /// `None`: the run was stopped.
    pub timings: Option<Timings>,
    pub failures: &'a Failures,
}

/// Detail of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    Counts,
    Stages,
}

impl Summary {
    /// Computes the summary. Every child must have been waited for.
    pub fn new(run: &Finished<'_>) -> anyhow::Result<Self> {
        let timings = run.timings.unwrap_or_default();
        let get = |count: &std::sync::atomic::AtomicU64| count.load(Ordering::Relaxed);
        let (drawn, failed) = (get(&run.counters.drawn), get(&run.counters.failed));
        let usage = |who| getrusage(who).context("reading the time used");
        let (parent, children) = (usage(UsageWho::RUSAGE_SELF)?, usage(UsageWho::RUSAGE_CHILDREN)?);
        let files = (drawn + failed).max(1) as f64;
        let (parent_seconds, child_seconds) = (cpu(&parent), cpu(&children));
        let per_file = |time: Duration| time.as_secs_f64() * 1e3 / files;
        let mut stage_ms: Vec<(&str, f64)> = vec![("read", per_file(timings.read))];
        stage_ms.extend(timings.stages.stages().map(|(name, time)| (name, per_file(time))));
        stage_ms.push(("write", per_file(timings.write)));
        let measured: f64 = stage_ms.iter().map(|(_, ms)| ms).sum();
        let ms_per_file = (parent_seconds + child_seconds) * 1e3 / files;
        // The exchange, and the stages without a time of their own.
        stage_ms.push(("jail and the rest", (ms_per_file - measured).max(0.0)));
        Ok(Self {
            drawn,
            failed,
            kept: get(&run.counters.kept),
            passed_over: run.passed_over,
            pictures: drawn * run.presets,
            bytes_in: get(&run.counters.bytes_in),
            bytes_out: get(&run.counters.bytes_out),
            seconds: run.elapsed.as_secs_f64(),
            files_per_second: (drawn + failed) as f64 / run.elapsed.as_secs_f64().max(1e-9),
            cpu_seconds: CpuSeconds {
                parent: parent_seconds,
                children: child_seconds,
                ms_per_file,
            },
            peak_kib: PeakKib {
                parent: parent.max_rss(),
                child: children.max_rss(),
            },
            stage_ms,
            is_complete: run.timings.is_some(),
            failures: run.failures.groups(),
            failures_list: run.failures.list().cloned(),
        })
    }

    /// Text for a terminal.
    pub fn to_text(&self, detail: Detail) -> String {
        let mut text = String::new();
        self.write_counts(&mut text);
        if detail == Detail::Stages {
            text += "\nms a file  stage (on the clock of its thread)\n";
            for (name, ms) in &self.stage_ms {
                let _ = writeln!(text, "{ms:9.4}  {name}");
            }
            let CpuSeconds {
                parent,
                children,
                ms_per_file,
            } = self.cpu_seconds;
            let _ = writeln!(
                text,
                "{ms_per_file:9.4}  of the processor: {parent:.1} s in the parent, {children:.1} s in its children"
            );
            let PeakKib { parent, child } = self.peak_kib;
            let _ = writeln!(
                text,
                "memory: {} MiB, and {} MiB a child at most",
                parent >> 10,
                child >> 10
            );
        }
        self.write_failures(&mut text);
        text
    }

    fn write_counts(&self, text: &mut String) {
        let _ = write!(
            text,
            "{} files drawn, {} pictures, {:.1} MB, in {:.1} s ({} files/s)",
            HumanCount(self.drawn),
            HumanCount(self.pictures),
            self.bytes_out as f64 / 1e6,
            self.seconds,
            HumanCount(self.files_per_second.round() as u64),
        );
        if self.kept > 0 {
            let _ = write!(text, "; {} were drawn before", HumanCount(self.kept));
        }
        if self.passed_over > 0 {
            let _ = write!(text, "; {} of other kinds left alone", HumanCount(self.passed_over));
        }
        if !self.is_complete {
            text.push_str("; stopped before the end: the same command goes on");
        }
        text.push('\n');
    }

    fn write_failures(&self, text: &mut String) {
        if self.failed == 0 {
            return;
        }
        let _ = writeln!(text, "\n{} files failed:", HumanCount(self.failed));
        for group in &self.failures {
            let rule = if group.rule.is_empty() {
                String::new()
            } else {
                format!(" ({})", group.rule)
            };
            let _ = writeln!(text, "  {} {}{rule}", HumanCount(group.files), group.kind.as_str());
            for (name, reason) in &group.examples {
                let _ = writeln!(text, "    {}: {}", clean(name, 200), clean(reason, 200));
            }
            let more = group.files.saturating_sub(group.examples.len() as u64);
            if more > 0 {
                let _ = writeln!(text, "    and {} more", HumanCount(more));
            }
        }
        if let Some(path) = &self.failures_list {
            let _ = writeln!(text, "All of them are in {}", path.display());
        }
    }
}

fn cpu(usage: &Usage) -> f64 {
    let seconds = |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    seconds(usage.user_time()) + seconds(usage.system_time())
}
