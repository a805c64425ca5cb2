//! Limits on memory and processor time that move from file to file.

use std::time::Duration;

use anyhow::Context as _;
use nix::sys::resource::{Resource, UsageWho, getrlimit, getrusage, setrlimit};
use nix::sys::time::TimeVal;

use crate::protocol::Task;

/// Limit on the processor time of each file of a request.
pub struct CpuLimit {
    seconds: u64,
}

impl CpuLimit {
    /// Sets the limits of a request, for its first file. They are soft limits.
    pub fn set(task: &Task, program_bytes: u64) -> anyhow::Result<Self> {
        lower(Resource::RLIMIT_AS, program_bytes.saturating_add(task.memory_bytes))?;
        let limit = Self {
            seconds: task.cpu_seconds,
        };
        limit.restart()?;
        Ok(limit)
    }

    /// Gives the next file as much time as the previous one had.
    pub fn restart(&self) -> anyhow::Result<()> {
        // The kernel counts whole seconds over the life of the process; a second begun is given away.
        let used = cpu_used()?.as_secs() + 1;
        lower(Resource::RLIMIT_CPU, used.saturating_add(self.seconds))
    }
}

/// Processor time of this process.
pub fn cpu_used() -> anyhow::Result<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_SELF).context("reading the time used")?;
    let duration = |time: TimeVal| Duration::new(time.tv_sec() as u64, time.tv_usec() as u32 * 1000);
    Ok(duration(usage.user_time()) + duration(usage.system_time()))
}

/// Bytes that the program itself maps: in a debug build, half a gigabyte.
pub fn mapped_bytes() -> anyhow::Result<u64> {
    const READING: &str = "reading the size of the program";
    let text = std::fs::read_to_string("/proc/self/statm").context(READING)?;
    let pages: u64 = text.split(' ').next().unwrap_or_default().parse().context(READING)?;
    Ok(pages * 4096)
}

fn lower(resource: Resource, value: u64) -> anyhow::Result<()> {
    let (_, hard) = getrlimit(resource)?;
    setrlimit(resource, value.min(hard), hard).with_context(|| format!("limiting {resource:?}"))
}
