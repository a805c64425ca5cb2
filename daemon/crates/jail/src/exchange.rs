//! One exchange with a child: sends a request, reads the replies before the deadline, and diagnoses a failure.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use anyhow::anyhow;
use bytes::Bytes;
use nix::sys::signal::Signal;

use crate::deadline::Deadline;
use crate::descriptors;
use crate::failure::Failure;
use crate::frame::{self, FrameLimits};
use crate::process::ChildProcess;
use crate::protocol::{Reply, Request, Task};
use crate::types::{JailError, Limits};
use crate::validate;

/// Size of a read or write.
const BUFFER_BYTES: usize = 128 << 10;
/// Most bytes of the images of one file.
const IMAGE_BYTES: u64 = 64 << 20;

/// A request with all that a child needs for it.
pub struct Exchange {
    task: Task,
    pub file: Option<File>,
    pub blobs: Vec<Bytes>,
    reply_limits: FrameLimits,
    pub wall: Duration,
}

impl Exchange {
    /// A request about one file at a time; each reply has at most `images` blobs.
    pub fn new(limits: &Limits, request: Request, images: usize) -> Self {
        Self {
            task: Task {
                memory_bytes: limits.memory_bytes,
                cpu_seconds: limits.cpu.as_secs().max(1),
                request,
            },
            file: None,
            blobs: Vec::new(),
            reply_limits: FrameLimits {
                head_bytes: 1 << 20,
                blobs: images as u32,
                blob_bytes: IMAGE_BYTES,
            },
            wall: limits.wall,
        }
    }

    /// A request about a whole archive; each reply has at most one file of it.
    pub fn for_archive(limits: &Limits, request: Request, archive: File, file_bytes: u64) -> Self {
        let mut exchange = Self::new(limits, request, 1);
        exchange.task.cpu_seconds = limits.pack_cpu.as_secs().max(1);
        exchange.wall = limits.pack_wall;
        exchange.file = Some(archive);
        exchange.reply_limits = FrameLimits {
            head_bytes: 8 << 20,
            blobs: 1,
            blob_bytes: file_bytes,
        };
        exchange
    }

    /// Runs the exchange. Returns the child only when it may be used again; otherwise it is dead by then.
    pub fn run<T>(
        &self,
        child: ChildProcess,
        read: impl FnOnce(&mut Replies<'_>) -> Result<T, Failure>,
    ) -> (Option<ChildProcess>, Result<T, JailError>) {
        let deadline = Deadline::new(self.wall, child.process_id());
        let cpu_before = child.cpu();
        let result = self.send(&child, deadline).and_then(|mut replies| read(&mut replies));
        match result {
            Ok(value) => (Some(child), Ok(value)),
            Err(Failure::Refused(findings)) => (Some(child), Err(JailError::Refused(validate::findings(findings)))),
            Err(Failure::Broken(error)) => (None, Err(JailError::Broken(error))),
            Err(Failure::Socket(error)) => {
                let cpu = child.cpu().saturating_sub(cpu_before);
                (None, Err(diagnose(&error, cpu, self.cpu_limit(), child.end())))
            }
        }
    }

    fn cpu_limit(&self) -> Duration {
        Duration::from_secs(self.task.cpu_seconds)
    }

    fn send<'a>(&self, child: &'a ChildProcess, deadline: Deadline) -> Result<Replies<'a>, Failure> {
        // A child that can not even be told that work comes is no fault of the file's.
        descriptors::send(&child.socket, descriptors::REQUEST, self.file.iter())
            .map_err(|error| Failure::Broken(anyhow::Error::new(error).context("handing the file to the child")))?;
        let mut socket = DeadlineSocket {
            socket: &child.socket,
            deadline,
        };
        let blobs: Vec<&[u8]> = self.blobs.iter().map(AsRef::as_ref).collect();
        let mut to = BufWriter::with_capacity(BUFFER_BYTES, &mut socket);
        frame::write_frame(&mut to, &self.task, &blobs)?;
        to.flush()?;
        drop(to);
        Ok(Replies {
            from: BufReader::with_capacity(BUFFER_BYTES, socket),
            limits: self.reply_limits,
            wall: self.wall,
        })
    }
}

/// Replies of one child to one request.
pub struct Replies<'a> {
    from: BufReader<DeadlineSocket<'a>>,
    limits: FrameLimits,
    wall: Duration,
}

impl Replies<'_> {
    /// Reads the next reply. A reply that means failure is a [`Failure`].
    pub fn next(&mut self) -> Result<(Reply, Vec<Vec<u8>>), Failure> {
        let frame = frame::read_frame(&mut self.from, &self.limits)?;
        match frame.head()? {
            Reply::Refused { findings } if findings.is_empty() => Err(Failure::protocol("refused without a reason")),
            Reply::Refused { findings } => Err(Failure::Refused(findings)),
            Reply::Broken { detail } => Err(Failure::Broken(anyhow!("the child: {}", validate::shorten(&detail)))),
            reply => Ok((reply, frame.blobs)),
        }
    }

    /// Gives the next file as much time as the previous one had.
    pub fn restart_deadline(&mut self) {
        self.from.get_mut().deadline.restart(self.wall);
    }

    /// Does something that the child must not be blamed for: the deadline moves by the time it takes.
    pub fn pause_deadline<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let started = Instant::now();
        let result = work();
        self.from.get_mut().deadline.at += started.elapsed();
        result
    }
}

/// The socket with a deadline for the whole exchange, not for each read.
struct DeadlineSocket<'a> {
    socket: &'a UnixStream,
    deadline: Deadline,
}

impl DeadlineSocket<'_> {
    /// Repeats a call that ran out of time as long as the deadline moves.
    fn in_time<T>(&mut self, mut call: impl FnMut(&UnixStream, Duration) -> io::Result<T>) -> io::Result<T> {
        loop {
            match call(self.socket, self.deadline.time_left()?) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                other => return other,
            }
        }
    }
}

impl Read for DeadlineSocket<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.in_time(|mut socket, left| {
            socket.set_read_timeout(Some(left))?;
            socket.read(buffer)
        })
    }
}

impl Write for DeadlineSocket<'_> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.in_time(|mut socket, left| {
            socket.set_write_timeout(Some(left))?;
            socket.write(buffer)
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Finds what the file did to the child: from the error of the socket, the status and the standard error.
fn diagnose(
    error: &io::Error,
    cpu: Duration,
    cpu_limit: Duration,
    (status, stderr): (Option<ExitStatus>, String),
) -> JailError {
    let signal = status
        .and_then(|status| status.signal())
        .and_then(|number| Signal::try_from(number).ok());
    match error.kind() {
        io::ErrorKind::TimedOut if cpu < cpu_limit => return JailError::Starved { cpu },
        io::ErrorKind::TimedOut => return JailError::Timeout { cpu },
        io::ErrorKind::InvalidData => {
            return JailError::Crash {
                detail: format!("broke the protocol: {error}"),
            };
        }
        _ => {}
    }
    if signal == Some(Signal::SIGXCPU) {
        return JailError::Timeout { cpu };
    }
    if signal == Some(Signal::SIGSYS) {
        return JailError::Crash {
            detail: "asked the kernel for something that no file needs".to_owned(),
        };
    }
    if stderr.contains("memory allocation of") || stderr.contains("capacity overflow") {
        return JailError::Memory;
    }
    if stderr.contains("has overflowed its stack") {
        return JailError::Crash {
            detail: "stack overflow".to_owned(),
        };
    }
    if status.is_some_and(|status| status.success()) {
        return JailError::Broken(anyhow!("the child ended without an answer"));
    }
    let stderr = stderr
        .lines()
        .filter(|line| !line.starts_with("note:"))
        .collect::<Vec<_>>()
        .join(" ");
    match signal {
        // Nobody in here kills a child that is in time: the file is not to blame.
        Some(Signal::SIGKILL | Signal::SIGTERM) => JailError::Broken(anyhow!("the child was killed from outside")),
        Some(signal) => JailError::Crash {
            detail: validate::shorten(&format!("{signal} {}", stderr.trim())),
        },
        None if stderr.trim().is_empty() => JailError::Crash {
            detail: "ended without a word".to_owned(),
        },
        None => JailError::Crash {
            detail: validate::shorten(stderr.trim()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGABRT: i32 = 6;
    const SIGKILL: i32 = 9;
    const SIGXCPU: i32 = 24;
    const EXIT_101: i32 = 101 << 8;
    const LIMIT: Duration = Duration::from_secs(5);

    fn told(raw_status: i32, words: &str) -> JailError {
        diagnose(
            &io::ErrorKind::UnexpectedEof.into(),
            Duration::ZERO,
            LIMIT,
            (Some(ExitStatus::from_raw(raw_status)), words.to_owned()),
        )
    }

    #[test]
    fn every_end_has_its_type() {
        assert!(matches!(
            told(SIGABRT, "memory allocation of 4096 bytes failed"),
            JailError::Memory
        ));
        assert!(matches!(told(SIGXCPU, ""), JailError::Timeout { .. }));
        assert!(matches!(told(SIGKILL, ""), JailError::Broken(_)));
        assert!(matches!(told(0, ""), JailError::Broken(_)));
        for (status, words, detail) in [
            (
                SIGABRT,
                "\nthread 'main' has overflowed its stack\nfatal runtime error",
                "stack overflow",
            ),
            (
                EXIT_101,
                "thread 'main' panicked at a.rs:1:2:\noops\nnote: run with",
                "thread 'main' panicked at a.rs:1:2: oops",
            ),
            (SIGABRT, "", "SIGABRT "),
            (EXIT_101, "", "ended without a word"),
        ] {
            assert!(
                matches!(told(status, words), JailError::Crash { detail: told } if told == detail),
                "{words:?}"
            );
        }
    }

    #[test]
    fn the_clock_and_the_protocol_come_first() {
        let end = || (Some(ExitStatus::from_raw(SIGKILL)), String::new());
        let diagnosed = |kind: io::ErrorKind, cpu| diagnose(&kind.into(), cpu, LIMIT, end());
        assert!(matches!(
            diagnosed(io::ErrorKind::TimedOut, LIMIT),
            JailError::Timeout { .. }
        ));
        assert!(matches!(
            diagnosed(io::ErrorKind::InvalidData, Duration::ZERO),
            JailError::Crash { .. }
        ));
        // The clock alone blames nobody.
        let less = LIMIT - Duration::from_millis(10);
        assert!(matches!(
            diagnosed(io::ErrorKind::TimedOut, less),
            JailError::Starved { .. }
        ));
    }
}
