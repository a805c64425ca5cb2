//! The daemon's own resident memory and CPU time.

use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Measures the share of a core between two calls.
#[derive(Debug, Default)]
pub struct ProcessMeter {
    last: Mutex<Option<(Instant, Duration)>>,
}

impl ProcessMeter {
    /// CPU seconds a second since the last call; 0 at the first.
    pub fn cpu_cores(&self) -> f64 {
        let now = (Instant::now(), cpu_time().unwrap_or_default());
        let last = self
            .last
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .replace(now);
        let Some((at, used)) = last else { return 0.0 };
        let seconds = now.0.duration_since(at).as_secs_f64();
        if seconds <= 0.0 {
            0.0
        } else {
            now.1.saturating_sub(used).as_secs_f64() / seconds
        }
    }
}

/// Resident memory in bytes.
pub fn resident_bytes() -> u64 {
    let pages = || {
        std::fs::read_to_string("/proc/self/statm")
            .ok()?
            .split(' ')
            .nth(1)?
            .parse::<u64>()
            .ok()
    };
    pages().unwrap_or_default() * 4096
}

/// CPU seconds since the start.
pub fn cpu_seconds() -> f64 {
    cpu_time().unwrap_or_default().as_secs_f64()
}

fn cpu_time() -> Option<Duration> {
    let usage = nix::sys::resource::getrusage(nix::sys::resource::UsageWho::RUSAGE_SELF).ok()?;
    let (user, system) = (usage.user_time(), usage.system_time());
    let micros = (user.tv_sec() + system.tv_sec()) * 1_000_000 + user.tv_usec() + system.tv_usec();
    Some(Duration::from_micros(u64::try_from(micros).ok()?))
}
