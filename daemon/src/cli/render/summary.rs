//! What is said at the end of a run.

use std::fmt::Write as _;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::Context as _;
use nix::sys::resource::{Usage, UsageWho, getrusage};
use serde::Serialize;
use tradepost_inspect::text::clean;

use super::failures::{Failures, Group};
use super::progress::grouped;
use super::work::{Counts, Spent};

/// A run in numbers.
#[derive(Debug, Serialize)]
pub struct Summary {
    pub drawn: u64,
    pub failed: u64,
    /// Drawn by an earlier run.
    pub kept: u64,
    /// Files that no picture is made of.
    pub passed_over: u64,
    pub pictures: u64,
    pub bytes_in: u64,
    pub bytes_out: u64,
    pub seconds: f64,
    pub files_per_second: f64,
    pub cpu_seconds: Cpu,
    /// The most memory at once, in KiB; of the children the largest of them.
    pub peak_kib: Peak,
    /// Milliseconds a file that was drawn or failed, by stage.
    pub stage_ms: Vec<(&'static str, f64)>,
    pub is_complete: bool,
    pub failures: Vec<Group>,
    pub failures_list: Option<std::path::PathBuf>,
}

/// Time of the processor, user and system.
#[derive(Debug, Serialize)]
pub struct Cpu {
    pub parent: f64,
    pub children: f64,
    /// Milliseconds of both for one file.
    pub ms_per_file: f64,
}

#[derive(Debug, Serialize)]
pub struct Peak {
    pub parent: i64,
    pub child: i64,
}

/// What a summary is made of.
pub struct Run<'a> {
    pub counts: &'a Counts,
    pub passed_over: u64,
    pub presets: u64,
    pub elapsed: Duration,
    pub spent: Spent,
    pub failures: &'a Failures,
    pub is_complete: bool,
}

impl Run<'_> {
    /// Works the summary out; every child must have been waited for.
    ///
    /// # Errors
    /// When the kernel does not say what was used.
    pub fn summary(&self) -> anyhow::Result<Summary> {
        let get = |count: &std::sync::atomic::AtomicU64| count.load(Ordering::Relaxed);
        let (drawn, failed) = (get(&self.counts.drawn), get(&self.counts.failed));
        let usage = |who| getrusage(who).context("reading the time used");
        let (parent, children) = (usage(UsageWho::RUSAGE_SELF)?, usage(UsageWho::RUSAGE_CHILDREN)?);
        let files = (drawn + failed).max(1) as f64;
        let (parent_seconds, child_seconds) = (cpu(&parent), cpu(&children));
        let per_file = |time: Duration| time.as_secs_f64() * 1e3 / files;
        let mut stage_ms: Vec<(&str, f64)> = vec![("read", per_file(self.spent.read))];
        stage_ms.extend(self.spent.stages.stages().map(|(name, time)| (name, per_file(time))));
        stage_ms.push(("write", per_file(self.spent.write)));
        let told: f64 = stage_ms.iter().map(|(_, ms)| ms).sum();
        let ms_per_file = (parent_seconds + child_seconds) * 1e3 / files;
        // The conversation, and the stages that have no time of their own.
        stage_ms.push(("jail and the rest", (ms_per_file - told).max(0.0)));
        Ok(Summary {
            drawn,
            failed,
            kept: get(&self.counts.kept),
            passed_over: self.passed_over,
            pictures: drawn * self.presets,
            bytes_in: get(&self.counts.bytes_in),
            bytes_out: get(&self.counts.bytes_out),
            seconds: self.elapsed.as_secs_f64(),
            files_per_second: (drawn + failed) as f64 / self.elapsed.as_secs_f64().max(1e-9),
            cpu_seconds: Cpu {
                parent: parent_seconds,
                children: child_seconds,
                ms_per_file,
            },
            peak_kib: Peak {
                parent: parent.max_rss(),
                child: children.max_rss(),
            },
            stage_ms,
            is_complete: self.is_complete,
            failures: self.failures.groups(),
            failures_list: self.failures.list().cloned(),
        })
    }
}

fn cpu(usage: &Usage) -> f64 {
    let seconds = |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    seconds(usage.user_time()) + seconds(usage.system_time())
}

impl Summary {
    /// For people.
    pub fn to_text(&self, with_stages: bool) -> String {
        let mut text = String::new();
        self.write_counts(&mut text);
        if with_stages {
            text += "\nms a file  stage (on the clock of its thread)\n";
            for (name, ms) in &self.stage_ms {
                let _ = writeln!(text, "{ms:9.4}  {name}");
            }
            let Cpu {
                parent,
                children,
                ms_per_file,
            } = self.cpu_seconds;
            let _ = writeln!(
                text,
                "{ms_per_file:9.4}  of the processor: {parent:.1} s in the parent, {children:.1} s in its children"
            );
            let Peak { parent, child } = self.peak_kib;
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
            grouped(self.drawn),
            grouped(self.pictures),
            self.bytes_out as f64 / 1e6,
            self.seconds,
            grouped(self.files_per_second.round() as u64),
        );
        if self.kept > 0 {
            let _ = write!(text, "; {} were drawn before", grouped(self.kept));
        }
        if self.passed_over > 0 {
            let _ = write!(text, "; {} of other kinds left alone", grouped(self.passed_over));
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
        let _ = writeln!(text, "\n{} files failed:", grouped(self.failed));
        for group in &self.failures {
            let rule = if group.rule.is_empty() {
                String::new()
            } else {
                format!(" ({})", group.rule)
            };
            let _ = writeln!(text, "  {} {}{rule}", grouped(group.files), group.kind);
            for (name, reason) in &group.examples {
                let _ = writeln!(text, "    {}: {}", clean(name, 200), clean(reason, 200));
            }
            let more = group.files.saturating_sub(group.examples.len() as u64);
            if more > 0 {
                let _ = writeln!(text, "    and {} more", grouped(more));
            }
        }
        if let Some(path) = &self.failures_list {
            let _ = writeln!(text, "All of them are in {}", path.display());
        }
    }
}
