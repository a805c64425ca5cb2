//! One child process: starting, measuring and killing it.

use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tradepost_render::presets::Preset;

use crate::confinement::{Confinement, Layers};
use crate::descriptors;
use crate::frame::{self, FrameLimits};
use crate::protocol::Hello;
use crate::types::Priority;

/// First argument of the binary that makes it a child.
pub const CHILD_COMMAND: &str = "jail-child";

/// Bytes that are kept of the standard error of a child.
const STDERR_BYTES: u64 = 8 << 10;

const LOWEST_NICE: i32 = 19;

/// Limit on the start of a child, its confinement included.
const START_TIMEOUT: Duration = Duration::from_secs(20);
const HELLO_LIMITS: FrameLimits = FrameLimits {
    head_bytes: 16 << 10,
    blobs: 0,
    blob_bytes: 0,
};

/// Program that the children run.
#[derive(Debug, Clone)]
pub struct ChildProgram {
    pub executable: PathBuf,
    pub layers: Layers,
}

/// One running child. Dropping it kills its process group and waits for it.
pub struct ChildProcess {
    process: std::process::Child,
    pub socket: UnixStream,
    /// Requests that it has answered.
    pub requests: u32,
    /// Presets of the last batch that brought any.
    pub presets: Option<Arc<[Preset]>>,
    /// Counts the child until it is gone.
    _alive: Arc<()>,
}

impl ChildProcess {
    /// Starts a child, hands it the fonts and waits until it is confined.
    pub fn start(program: &ChildProgram, fonts: &[File], alive: &Arc<()>) -> anyhow::Result<(Self, Confinement)> {
        let child = Self::spawn(program, alive)?;
        match child.greet(fonts) {
            Ok(confinement) => Ok((child, confinement)),
            Err(error) => {
                let (_, stderr) = child.end();
                Err(error.context(format!("the child did not get ready: {}", stderr.trim())))
            }
        }
    }

    fn greet(&self, fonts: &[File]) -> anyhow::Result<Confinement> {
        descriptors::send(&self.socket, descriptors::FONTS, fonts.iter()).context("handing over the fonts")?;
        self.socket.set_read_timeout(Some(START_TIMEOUT))?;
        let hello: Hello = frame::read_frame(&self.socket, &HELLO_LIMITS)?.head()?;
        Ok(hello.confinement)
    }

    fn spawn(program: &ChildProgram, alive: &Arc<()>) -> anyhow::Result<Self> {
        let ChildProgram { executable, layers } = program;
        let (socket, theirs) = UnixStream::pair().context("making a socket pair")?;
        let mut command = Command::new(executable);
        if let Some((user, group)) = unprivileged() {
            command.uid(user).gid(group);
        }
        let process = command
            .arg(CHILD_COMMAND)
            .args(layers.to_arguments())
            .env_clear()
            // Images of a megabyte come and go: clearing their pages each time was a quarter of the time of a simple one.
            .env("MALLOC_MMAP_THRESHOLD_", "33554432")
            .env("MALLOC_TRIM_THRESHOLD_", "67108864")
            .current_dir("/")
            // The child takes its end of the socket pair from descriptor 0 and puts /dev/null there.
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .with_context(|| format!("starting {} {CHILD_COMMAND}", executable.display()))?;
        Ok(Self {
            process,
            socket,
            requests: 0,
            presets: None,
            _alive: Arc::clone(alive),
        })
    }

    /// Kills the child if it is not gone already. Returns its status and its standard error.
    pub fn end(mut self) -> (Option<ExitStatus>, String) {
        let status = self.kill();
        let mut bytes = Vec::new();
        if let Some(stderr) = self.process.stderr.take() {
            // The whole process group is dead, so the pipe has an end.
            let _ = stderr.take(STDERR_BYTES).read_to_end(&mut bytes);
        }
        (status, String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Process id; valid until the child is ended.
    pub fn process_id(&self) -> Pid {
        Pid::from_raw(self.process.id().cast_signed())
    }

    /// Processor time since the start; also of a child that has ended and was not waited for.
    pub fn cpu(&self) -> Duration {
        cpu(self.process_id())
    }

    pub fn is_running(&mut self) -> bool {
        matches!(self.process.try_wait(), Ok(None))
    }

    /// A child that is exiting by itself keeps its own status: a signal does not change it any more.
    fn kill(&mut self) -> Option<ExitStatus> {
        if let Ok(Some(status)) = self.process.try_wait() {
            return Some(status);
        }
        // Not reaped yet, so the number is still the child's.
        let _ = killpg(self.process_id(), Signal::SIGKILL);
        self.process.wait().ok()
    }
}

impl Drop for ChildProcess {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Lowers the priority of a child below that of its parent. One that is gone already does not matter.
pub fn throttle(process: Pid, priority: Priority) {
    let lower = match priority {
        Priority::Normal => return,
        Priority::Low => 10,
        Priority::Lowest => LOWEST_NICE,
    };
    let id = process.as_raw().unsigned_abs();
    #[expect(unsafe_code, reason = "there is no safe wrapper of setpriority")]
    // SAFETY: both take numbers and touch no memory of ours. The process is a child that was not waited for, so the number is still its own.
    unsafe {
        let own = libc::getpriority(libc::PRIO_PROCESS, 0);
        libc::setpriority(libc::PRIO_PROCESS, id, (own + lower).min(LOWEST_NICE));
    }
}

/// Time for which a child waited for a processor since its start, from the second number of `/proc/PID/schedstat`. Zero where the kernel does not
/// count it.
pub fn waited(process: Pid) -> Duration {
    let text = std::fs::read_to_string(format!("/proc/{process}/schedstat")).unwrap_or_default();
    let waited = text
        .split_ascii_whitespace()
        .nth(1)
        .and_then(|number| number.parse().ok());
    Duration::from_nanos(waited.unwrap_or_default())
}

/// From `/proc/PID/stat`: the 14th and 15th field, in clock ticks, counted after the name, which may hold any character.
fn cpu_of(process: Pid) -> Option<Duration> {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let mut fields = text.rsplit_once(')')?.1.split_ascii_whitespace().skip(11);
    let (user, system): (u64, u64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    let ticks = nix::unistd::sysconf(nix::unistd::SysconfVar::CLK_TCK).ok()??;
    Some(Duration::from_secs_f64((user + system) as f64 / ticks as f64))
}

/// Processor time of a child since its start; zero when it is gone.
pub fn cpu(process: Pid) -> Duration {
    cpu_of(process).unwrap_or_default()
}

/// User and group of a child when the parent is root: nobody.
fn unprivileged() -> Option<(u32, u32)> {
    if !nix::unistd::geteuid().is_root() {
        return None;
    }
    let nobody = nix::unistd::User::from_name("nobody").ok().flatten();
    Some(nobody.map_or((65_534, 65_534), |user| (user.uid.as_raw(), user.gid.as_raw())))
}
