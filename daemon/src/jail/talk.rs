//! One conversation with a child: send the work, read the replies before the deadline, tell what went wrong.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, IoSlice, Read, Write};
use std::net::Shutdown;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use anyhow::anyhow;
use nix::sys::signal::Signal;
use nix::sys::socket::{ControlMessage, MsgFlags, sendmsg};

use super::JailError;
use super::check;
use super::spawn::Child;
use super::wire::{self, Bounds, Frame, Job, Reply};

/// Announces a descriptor, which comes with this byte.
pub const WITH_FILE: u8 = b'F';
/// Announces that there is none.
pub const WITHOUT_FILE: u8 = b'-';
/// Announces the machine's fonts, once.
pub const WITH_FONTS: u8 = b'f';

/// What is read and written in one go.
const BUFFER_BYTES: usize = 128 << 10;

/// Ends a conversation from outside when it is dropped: both sides then see the end of the socket.
pub struct Interrupt {
    socket: Option<UnixStream>,
}

impl Interrupt {
    pub fn new(child: &Child) -> io::Result<Self> {
        Ok(Self {
            socket: Some(child.socket.try_clone()?),
        })
    }

    /// The conversation is over.
    pub fn disarm(mut self) {
        self.socket = None;
    }
}

impl Drop for Interrupt {
    fn drop(&mut self) {
        if let Some(socket) = &self.socket {
            let _ = socket.shutdown(Shutdown::Both);
        }
    }
}

/// Everything a child needs for one piece of work.
pub struct Errand {
    pub job: Job,
    pub file: Option<File>,
    pub blobs: Vec<bytes::Bytes>,
    pub bounds: Bounds,
    pub wall: Duration,
}

/// Why a conversation ended without a result.
pub enum Stop {
    /// The file was refused; the child did its work.
    Refused(Vec<tradepost_common::uploads::Finding>),
    Memory,
    Broken(anyhow::Error),
    /// The socket: a time-out, its end, or a frame that breaks the rules.
    Socket(io::Error),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Socket(error)
    }
}

/// Runs one errand. The child comes back only when it may be used again; otherwise it is dead when this returns.
pub fn run<T>(
    child: Child,
    errand: &Errand,
    read: impl FnOnce(&mut Replies<'_>) -> Result<T, Stop>,
) -> (Option<Child>, Result<T, JailError>) {
    let deadline = Instant::now() + errand.wall;
    let used_before = child.cpu();
    let result = announce(&child, errand.file.as_ref()).and_then(|()| {
        let timed = Timed {
            socket: &child.socket,
            deadline,
        };
        let mut replies = Replies {
            from: BufReader::with_capacity(BUFFER_BYTES, timed),
            bounds: errand.bounds,
            wall: errand.wall,
        };
        let blobs: Vec<&[u8]> = errand.blobs.iter().map(AsRef::as_ref).collect();
        let mut to = BufWriter::with_capacity(BUFFER_BYTES, replies.from.get_mut());
        wire::write_frame(&mut to, &errand.job, &blobs)?;
        to.flush()?;
        drop(to);
        read(&mut replies)
    });
    match result {
        Ok(value) => (Some(child), Ok(value)),
        Err(Stop::Refused(findings)) => (Some(child), Err(JailError::Refused(check::findings(findings)))),
        Err(Stop::Memory) => (None, Err(JailError::Memory)),
        Err(Stop::Broken(error)) => (None, Err(JailError::Broken(error))),
        Err(Stop::Socket(error)) => {
            let cpu = child.cpu().saturating_sub(used_before);
            (None, Err(diagnose(&error, cpu, child.end())))
        }
    }
}

/// A child that cannot even be told that work comes is no fault of the file's.
fn announce(child: &Child, file: Option<&File>) -> Result<(), Stop> {
    let tag = if file.is_some() { WITH_FILE } else { WITHOUT_FILE };
    hand_over(&child.socket, tag, file.into_iter())
        .map_err(|error| Stop::Broken(anyhow::Error::new(error).context("handing the file to the child")))
}

/// Sends one byte and the descriptors with it.
pub fn hand_over<'a>(socket: &UnixStream, tag: u8, files: impl Iterator<Item = &'a File>) -> nix::Result<()> {
    let descriptors: Vec<_> = files.map(AsRawFd::as_raw_fd).collect();
    let rights = [ControlMessage::ScmRights(&descriptors)];
    let control = if descriptors.is_empty() { &[] } else { &rights[..] };
    sendmsg::<()>(
        socket.as_raw_fd(),
        &[IoSlice::new(&[tag])],
        control,
        MsgFlags::MSG_NOSIGNAL,
        None,
    )
    .map(drop)
}

/// The replies of one child to one request.
pub struct Replies<'a> {
    from: BufReader<Timed<'a>>,
    bounds: Bounds,
    wall: Duration,
}

impl Replies<'_> {
    /// The next reply; those that mean failure, whatever was asked, are a [`Stop`].
    pub fn next(&mut self) -> Result<(Reply, Vec<Vec<u8>>), Stop> {
        let frame: Frame = wire::read_frame(&mut self.from, &self.bounds)?;
        match frame.head()? {
            Reply::Refused { findings } if findings.is_empty() => Err(misbehaved("refused without a reason")),
            Reply::Refused { findings } => Err(Stop::Refused(findings)),
            Reply::OutOfMemory => Err(Stop::Memory),
            Reply::Broken { detail } => Err(Stop::Broken(anyhow!("the child: {}", check::shorten(&detail)))),
            reply => Ok((reply, frame.blobs)),
        }
    }

    /// The next file begins: it has as much time as the one before had.
    pub fn restart_clock(&mut self) {
        self.from.get_mut().deadline = Instant::now() + self.wall;
    }

    /// Does something that the child must not be blamed for: the deadline moves by the time it takes.
    pub fn off_the_clock<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let started = Instant::now();
        let result = work();
        self.from.get_mut().deadline += started.elapsed();
        result
    }
}

/// What a child that answers out of turn gets.
pub fn misbehaved(what: &str) -> Stop {
    Stop::Socket(io::Error::new(io::ErrorKind::InvalidData, what.to_owned()))
}

/// The socket with a deadline for the whole conversation, not for each read.
struct Timed<'a> {
    socket: &'a UnixStream,
    deadline: Instant,
}

impl Timed<'_> {
    fn left(&self) -> io::Result<Option<Duration>> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            Err(io::ErrorKind::TimedOut.into())
        } else {
            Ok(Some(left))
        }
    }
}

impl Read for Timed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.socket.set_read_timeout(self.left()?)?;
        self.socket.read(buffer)
    }
}

impl Write for Timed<'_> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.socket.set_write_timeout(self.left()?)?;
        self.socket.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Tells from the socket's error, the child's end and its last words what the file did to it.
fn diagnose(error: &io::Error, cpu: Duration, (status, words): (Option<ExitStatus>, String)) -> JailError {
    let signal = status
        .and_then(|status| status.signal())
        .and_then(|number| Signal::try_from(number).ok());
    match error.kind() {
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => return JailError::Timeout { cpu },
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
    if words.contains("memory allocation of") || words.contains("capacity overflow") {
        return JailError::Memory;
    }
    if words.contains("has overflowed its stack") {
        return JailError::Crash {
            detail: "stack overflow".to_owned(),
        };
    }
    if status.is_some_and(|status| status.success()) {
        return JailError::Broken(anyhow!("the child ended without an answer"));
    }
    let words = words
        .lines()
        .filter(|line| !line.starts_with("note:"))
        .collect::<Vec<_>>()
        .join(" ");
    match signal {
        // Nobody in here kills a child that is in time: the file is not to blame.
        Some(Signal::SIGKILL | Signal::SIGTERM) => JailError::Broken(anyhow!("the child was killed from outside")),
        Some(signal) => JailError::Crash {
            detail: check::shorten(&format!("{signal} {}", words.trim())),
        },
        None if words.trim().is_empty() => JailError::Crash {
            detail: "ended without a word".to_owned(),
        },
        None => JailError::Crash {
            detail: check::shorten(words.trim()),
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

    fn told(raw_status: i32, words: &str) -> JailError {
        diagnose(
            &io::ErrorKind::UnexpectedEof.into(),
            Duration::ZERO,
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
        assert!(matches!(
            diagnose(&io::ErrorKind::WouldBlock.into(), Duration::ZERO, end()),
            JailError::Timeout { .. }
        ));
        assert!(matches!(
            diagnose(&io::ErrorKind::InvalidData.into(), Duration::ZERO, end()),
            JailError::Crash { .. }
        ));
    }
}
