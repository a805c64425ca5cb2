//! A server process that ends when the daemon ends.
//!
//! The kernel signals a child when the *thread* that started it ends (`PR_SET_PDEATHSIG`), not when the process does. A thread
//! of a runtime or of a test may end any time, so every child has a thread of its own, which starts it and then waits for its
//! end: that thread lives exactly as long as the child, unless the whole daemon goes.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::{Pid, getpid, getppid};
use tokio::sync::{oneshot, watch};

use super::account::Account;
use super::output::{self, Tail};
use super::server_dir::ServerDir;

/// The signals that stop a child, each with the time before the next one.
pub type StopSteps = &'static [(Signal, Duration)];

/// The description of a process to start.
#[derive(Debug)]
pub struct Launch {
    /// For the thread and the errors: `postgres`.
    pub name: &'static str,
    pub program: PathBuf,
    pub arguments: Vec<OsString>,
    pub account: Account,
    /// Inherited as a descriptor.
    pub dir: Arc<ServerDir>,
    /// The folder in the folder the child works in; the root of the file system otherwise.
    pub folder: Option<&'static str>,
    /// The file in the folder that takes what the child writes.
    pub log: &'static str,
    /// The signal that the child gets from the kernel when the daemon dies.
    pub when_orphaned: Signal,
    pub stop_steps: StopSteps,
}

/// A running child. Dropping it stops it in the background.
pub struct Child {
    pid: Pid,
    reaped: Arc<Mutex<bool>>,
    end: watch::Receiver<Option<ExitStatus>>,
    stop_steps: StopSteps,
    tail: Tail,
}

impl Child {
    /// Starts the process on a thread of its own. A caller that is cancelled meanwhile leaves nothing behind.
    pub async fn start(launch: Launch) -> anyhow::Result<Self> {
        let name = launch.name;
        let (reply, answer) = oneshot::channel();
        thread::Builder::new()
            .name(name.to_owned())
            .stack_size(128 << 10)
            .spawn(move || parent(&launch, reply))
            .with_context(|| format!("starting the thread of {name}"))?;
        answer
            .await
            .with_context(|| format!("the thread of {name} ended"))?
            .with_context(|| format!("starting {name}"))
    }

    pub fn pid(&self) -> Pid {
        self.pid
    }

    /// The last output of the child.
    pub fn tail(&self) -> &Tail {
        &self.tail
    }

    /// Waits for the end of the child.
    pub async fn wait(&self) -> ExitStatus {
        let mut end = self.end.clone();
        match end.wait_for(Option::is_some).await {
            Ok(status) => (*status).unwrap_or_default(),
            Err(_) => ExitStatus::default(),
        }
    }

    /// Stops the child, step by step.
    pub async fn stop(&self) -> ExitStatus {
        for (signal, patience) in self.stop_steps {
            self.signal(*signal);
            if let Ok(status) = tokio::time::timeout(*patience, self.wait()).await {
                return status;
            }
        }
        self.wait().await
    }

    fn signal(&self, signal: Signal) {
        signal_unless_reaped(self.pid, &self.reaped, signal);
    }
}

impl fmt::Debug for Child {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Child")
            .field("pid", &self.pid)
            .finish_non_exhaustive()
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if self.end.borrow().is_some() {
            return;
        }
        let (pid, reaped, stop_steps) = (self.pid, Arc::clone(&self.reaped), self.stop_steps);
        let stop = thread::Builder::new().name("child-stop".into()).spawn(move || {
            for (signal, patience) in stop_steps {
                signal_unless_reaped(pid, &reaped, *signal);
                if reaped_within(&reaped, *patience) {
                    return;
                }
            }
        });
        if stop.is_err() {
            self.signal(Signal::SIGKILL);
        }
    }
}

/// The lock keeps the pid from being given to another process between the look and the signal.
fn signal_unless_reaped(pid: Pid, reaped: &Mutex<bool>, signal: Signal) {
    let reaped = reaped.lock().unwrap_or_else(PoisonError::into_inner);
    if !*reaped {
        // The only fault left is a child that ended a moment ago.
        kill(pid, signal).ok();
    }
}

fn reaped_within(reaped: &Mutex<bool>, patience: Duration) -> bool {
    let deadline = Instant::now() + patience;
    while Instant::now() < deadline {
        if *reaped.lock().unwrap_or_else(PoisonError::into_inner) {
            return true;
        }
        thread::sleep(Duration::from_millis(20));
    }
    false
}

/// The life of the thread that is the child's parent.
fn parent(launch: &Launch, reply: oneshot::Sender<io::Result<Child>>) {
    let (mut process, tail) = match spawn(launch) {
        Ok(started) => started,
        Err(fault) => {
            reply.send(Err(fault)).ok();
            return;
        }
    };
    let pid = Pid::from_raw(process.id().cast_signed());
    let reaped = Arc::new(Mutex::new(false));
    let (ended, end) = watch::channel(None);
    let child = Child {
        pid,
        reaped: Arc::clone(&reaped),
        end,
        stop_steps: launch.stop_steps,
        tail,
    };
    // A caller that went away drops the child here, and with that stops it.
    drop(reply.send(Ok(child)));
    while waitid(Id::Pid(pid), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT) == Err(Errno::EINTR) {}
    let status = {
        let mut reaped = reaped.lock().unwrap_or_else(PoisonError::into_inner);
        *reaped = true;
        process.wait().unwrap_or_else(|_| ExitStatus::from_raw(0))
    };
    ended.send_replace(Some(status));
}

fn spawn(launch: &Launch) -> io::Result<(std::process::Child, Tail)> {
    let (reader, writer) = io::pipe()?;
    let mut command = Command::new(&launch.program);
    command
        .args(&launch.arguments)
        // Nothing of the daemon's environment is the child's business: it may hold secrets.
        .env_clear()
        .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
        .env("LC_ALL", "C")
        .env("TZ", "UTC")
        .current_dir(
            launch
                .folder
                .map_or_else(|| PathBuf::from("/"), |folder| launch.dir.by_descriptor(folder)),
        )
        .stdin(Stdio::null())
        .stdout(writer.try_clone()?)
        .stderr(writer)
        // A Ctrl-C at the terminal is for the daemon, which stops its children when its own work is done.
        .process_group(0);
    launch.account.assume(&mut command);
    tie(&mut command, Arc::clone(&launch.dir), launch.when_orphaned);
    // Before the process: nothing that can fail may come after it.
    let tail = output::capture(reader, launch.dir.inside(launch.log))?;
    Ok((command.spawn()?, tail))
}

/// Ties the child to the life of the daemon and hands it the descriptor of its folder.
#[expect(
    unsafe_code,
    reason = "the parent-death signal is cleared by the change of user, so only code after it can set it"
)]
fn tie(command: &mut Command, dir: Arc<ServerDir>, when_orphaned: Signal) {
    let daemon = getpid();
    // Safe between fork and exec: three system calls, no allocation, no lock.
    unsafe {
        command.pre_exec(move || {
            fcntl(&*dir, FcntlArg::F_SETFD(FdFlag::empty()))?;
            set_pdeathsig(when_orphaned)?;
            // The daemon may have died before the signal was set.
            if getppid() == daemon {
                Ok(())
            } else {
                Err(Errno::ESRCH.into())
            }
        });
    }
}
