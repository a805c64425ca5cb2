//! The other side: what the binary does as `tradepostd jail-child`. One thread, one file at a time, until the socket ends.

mod bulk;

use std::fs::File;
use std::io::{self, BufReader, IoSliceMut, Read, Seek};
use std::mem::ManuallyDrop;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use nix::sys::prctl;
use nix::sys::resource::{Resource, UsageWho, getrlimit, getrusage, setrlimit};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg};

use super::bulk::BATCH_FILES;
use super::confine::{Walls, confine};
use super::talk::{WITH_FILE, WITH_FONTS, WITHOUT_FILE};
use super::wire::{self, Bounds, Hello, Job, Publish, Reply, Request};
use tradepost_common::uploads::Finding;
use tradepost_inspect::{pack, zip};
use tradepost_render::engine::{Engine, Picture};
use tradepost_render::file::{Opened, Published};
use tradepost_render::presets::Preset;
use tradepost_render::{fonts, sheet};

const READ_BYTES: usize = 64 << 10;

const JOB_BOUNDS: Bounds = Bounds {
    head_bytes: 1 << 20,
    // As many as a sheet has tiles, or a batch files.
    blobs: if sheet::MAX_TILES > BATCH_FILES {
        sheet::MAX_TILES
    } else {
        BATCH_FILES
    } as u32,
    blob_bytes: MAX_BLOB_BYTES,
};

/// The most that comes with a job, in bytes.
pub const MAX_BLOB_BYTES: u64 = 256 << 20;

/// Room for the fonts, the socket, the input and the three standard ones.
const OPEN_FILES: u64 = fonts::MAX_OPEN as u64 + 16;

/// Works until the daemon closes the socket. Must be called before anything else in `main`: it closes every descriptor but the first three.
pub fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<()> {
    // Never closed by a panic or an error: the daemon must see the end of the socket only with the end of the process, and its status.
    let socket = ManuallyDrop::new(settle_in()?);
    let program_bytes = mapped_bytes()?;
    let mut engine = Engine::new(receive_fonts(&socket)?);
    let walls = Walls::from_arguments(std::env::args().skip(2));
    let confinement = confine(walls);
    wire::write_frame(&*socket, &Hello { confinement }, &[]).context("greeting the daemon")?;
    let mut presets: Arc<[Preset]> = Arc::default();
    while let Some(input) = receive(&socket)? {
        // Nothing comes behind the job before it is answered, so the buffer takes nothing that is not the job's.
        let frame = wire::read_frame(BufReader::with_capacity(READ_BYTES, &*socket), &JOB_BOUNDS);
        let frame = frame.context("reading the job")?;
        let job: Job = frame.head().context("reading the job")?;
        let ceiling = Ceiling::of(&job, program_bytes)?;
        match job.request {
            Request::Batch {
                paths,
                presets: told,
                max_svg_bytes,
            } => {
                let presets = bulk::presets(told, &mut presets);
                bulk::draw(
                    &socket,
                    (paths, frame.blobs),
                    &presets,
                    max_svg_bytes,
                    &mut engine,
                    &ceiling,
                )
            }
            request => answer(&socket, request, input, frame.blobs, &mut engine, &ceiling),
        }
        .context("answering")?;
    }
    Ok(())
}

/// Gives up what the child does not need, and takes the socket from where the daemon put it.
fn settle_in() -> anyhow::Result<UnixStream> {
    prctl::set_pdeathsig(Signal::SIGKILL).context("tying the child to the daemon")?;
    prctl::set_no_new_privs().context("giving up new privileges")?;
    // A service manager that stops the whole group would otherwise spoil the work that the daemon still finishes.
    [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP]
        .into_iter()
        .collect::<SigSet>()
        .thread_block()
        .context("blocking signals")?;
    close_others().context("closing descriptors")?;
    let socket = io::stdin().as_fd().try_clone_to_owned().context("taking the socket")?;
    nix::unistd::dup2_stdin(File::open("/dev/null")?).context("closing the standard input")?;
    for (resource, value) in [
        (Resource::RLIMIT_CORE, 0),
        (Resource::RLIMIT_FSIZE, 0),
        (Resource::RLIMIT_NOFILE, OPEN_FILES),
    ] {
        setrlimit(resource, value, value).with_context(|| format!("limiting {resource:?}"))?;
    }
    Ok(UnixStream::from(socket))
}

/// Whatever the daemon's own parent left open.
fn close_others() -> io::Result<()> {
    let open: Vec<RawFd> = std::fs::read_dir("/proc/self/fd")?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|&fd| fd > 2)
        .collect();
    for fd in open {
        // One of them was the folder's own.
        let _ = nix::unistd::close(fd);
    }
    Ok(())
}

/// What the program itself maps, which in a debug build may be half a gigabyte.
fn mapped_bytes() -> anyhow::Result<u64> {
    let text = std::fs::read_to_string("/proc/self/statm").context("reading the size of the program")?;
    let pages: u64 = text
        .split(' ')
        .next()
        .unwrap_or_default()
        .parse()
        .context("reading the size of the program")?;
    Ok(pages * 4096)
}

/// How much of the processor one file may have, however many come with a job.
struct Ceiling {
    cpu_seconds: u64,
}

impl Ceiling {
    /// Sets the limits of a job. Both are soft ones: they move from file to file.
    fn of(job: &Job, program_bytes: u64) -> anyhow::Result<Self> {
        lower(Resource::RLIMIT_AS, program_bytes.saturating_add(job.memory_bytes))?;
        let ceiling = Self {
            cpu_seconds: job.cpu_seconds,
        };
        ceiling.raise()?;
        Ok(ceiling)
    }

    /// The next file begins.
    fn raise(&self) -> anyhow::Result<()> {
        let usage = getrusage(UsageWho::RUSAGE_SELF).context("reading the time used")?;
        // The kernel counts whole seconds over the life of the process; a second begun is given away.
        let used = u64::try_from(usage.user_time().tv_sec() + usage.system_time().tv_sec()).unwrap_or(0) + 1;
        lower(Resource::RLIMIT_CPU, used.saturating_add(self.cpu_seconds))
    }
}

/// Time of the processor that this process has had.
fn cpu_used() -> Duration {
    let of = |time: nix::sys::time::TimeVal| {
        let micros = time.tv_sec().saturating_mul(1_000_000).saturating_add(time.tv_usec());
        Duration::from_micros(u64::try_from(micros).unwrap_or(0))
    };
    getrusage(UsageWho::RUSAGE_SELF)
        .map(|usage| of(usage.user_time()) + of(usage.system_time()))
        .unwrap_or_default()
}

fn lower(resource: Resource, value: u64) -> anyhow::Result<()> {
    let (_, hard) = getrlimit(resource)?;
    setrlimit(resource, value.min(hard), hard).with_context(|| format!("limiting {resource:?}"))
}

/// What comes with a job.
enum Input {
    File(File),
    Nothing,
}

/// The first thing that comes, before the walls are up: the machine's fonts.
fn receive_fonts(socket: &UnixStream) -> anyhow::Result<Vec<File>> {
    match announcement(socket)? {
        (1, WITH_FONTS, fonts) => Ok(fonts.into_iter().map(File::from).collect()),
        _ => bail!("the daemon sent no fonts"),
    }
}

/// Waits for the next job's announcement; `None` when the daemon hung up.
fn receive(socket: &UnixStream) -> anyhow::Result<Option<Input>> {
    let (received, tag, mut files) = announcement(socket)?;
    match (received, tag, files.pop()) {
        (0, ..) => Ok(None),
        (_, WITH_FILE, Some(file)) => Ok(Some(Input::File(file.into()))),
        (_, WITHOUT_FILE, None) => Ok(Some(Input::Nothing)),
        _ => bail!("unexpected announcement"),
    }
}

/// How many bytes came, which, and the descriptors with it.
fn announcement(socket: &UnixStream) -> anyhow::Result<(usize, u8, Vec<OwnedFd>)> {
    let mut tag = [0];
    let mut space = nix::cmsg_space!([RawFd; fonts::MAX_OPEN]);
    let mut parts = [IoSliceMut::new(&mut tag)];
    let message = recvmsg::<()>(
        socket.as_raw_fd(),
        &mut parts,
        Some(&mut space),
        MsgFlags::MSG_CMSG_CLOEXEC,
    )
    .context("waiting for work")?;
    let received = message.bytes;
    let mut files = Vec::new();
    for control in message.cmsgs()? {
        if let ControlMessageOwned::ScmRights(descriptors) = control {
            files.extend(descriptors.into_iter().map(adopt));
        }
    }
    Ok((received, tag[0], files))
}

fn adopt(descriptor: RawFd) -> OwnedFd {
    #[expect(unsafe_code, reason = "the only way to own a descriptor that came over a socket")]
    // SAFETY: the kernel has just made this descriptor for us, and nobody else knows of it.
    unsafe {
        OwnedFd::from_raw_fd(descriptor)
    }
}

fn answer(
    socket: &UnixStream,
    request: Request,
    input: Input,
    blobs: Vec<Vec<u8>>,
    engine: &mut Engine,
    ceiling: &Ceiling,
) -> io::Result<()> {
    match (request, input) {
        (
            Request::Unpack {
                packed_bytes,
                entries,
                file_bytes,
            },
            Input::File(file),
        ) => bulk::unpack(
            socket,
            file,
            &zip::Limits { packed_bytes, entries },
            file_bytes,
            ceiling,
        ),
        (Request::OpenPack { limits }, Input::File(file)) => open_pack(socket, file, &limits),
        (
            Request::Render {
                path,
                max_bytes,
                max_svg_bytes,
                presets,
            },
            Input::File(file),
        ) => match read(file, max_bytes) {
            Ok(bytes) => opened(socket, engine.open(&bytes, &path, &presets, max_svg_bytes)),
            Err(error) => broken(socket, &error),
        },
        (Request::Sheet { spec }, Input::Nothing) => match sheet::draw(&blobs, &spec) {
            Ok(pictures) => {
                let (pictures, blobs) = split(pictures);
                send(socket, &Reply::Sheet { pictures }, &blobs)
            }
            Err(error) => broken(socket, &error),
        },
        (Request::Compare, Input::Nothing) => compare(socket, &blobs),
        _ => Err(io::Error::new(io::ErrorKind::InvalidData, "a job without its input")),
    }
}

fn compare(socket: &UnixStream, blobs: &[Vec<u8>]) -> io::Result<()> {
    let [old, new] = blobs else {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "two pictures are compared"));
    };
    match tradepost_render::compare::compare(old, new) {
        Ok(Some((likeness, difference))) => {
            let likeness = Some(likeness);
            send(socket, &Reply::Compared { likeness }, &[difference])
        }
        // One that can not be read is like nothing.
        Ok(None) | Err(_) => send(socket, &Reply::Compared { likeness: None }, &[]),
    }
}

/// One byte more than allowed is enough to know.
fn read(mut file: File, max_bytes: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.take(max_bytes + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn opened(socket: &UnixStream, result: Result<Opened, Vec<Finding>>) -> io::Result<()> {
    let opened = match result {
        Ok(opened) => opened,
        Err(findings) => return send(socket, &Reply::Refused { findings }, &[]),
    };
    let (pictures, mut blobs) = split(opened.pictures);
    let publish = match opened.published {
        Published::Itself => Publish::Itself,
        Published::Nothing => Publish::Nothing,
        Published::Copy(copy) => {
            blobs.push(copy);
            Publish::Copy
        }
    };
    let reply = Reply::Opened {
        size: opened.size,
        findings: opened.findings,
        pictures,
        publish,
        fingerprint: opened.fingerprint,
    };
    send(socket, &reply, &blobs)
}

fn open_pack(socket: &UnixStream, file: File, limits: &pack::PackLimits) -> io::Result<()> {
    let mut pack = match pack::check(file, limits) {
        Ok(pack) => pack,
        Err(pack::Unsound::Refused(findings)) => {
            return send(socket, &Reply::Refused { findings }, &[]);
        }
        Err(pack::Unsound::Unreadable(error)) => return broken(socket, &error),
    };
    send(
        socket,
        &Reply::Manifest {
            manifest: Box::new(pack.manifest().clone()),
        },
        &[],
    )?;
    for index in 0..pack.manifest().files.len() {
        let path = pack.manifest().files[index].path.as_str().to_owned();
        match pack.member(index) {
            Ok(bytes) => send(socket, &Reply::Member { path }, &[bytes])?,
            Err(error) => return broken(socket, &error),
        }
    }
    Ok(())
}

fn split(pictures: Vec<Picture>) -> (Vec<wire::Picture>, Vec<Vec<u8>>) {
    let about = |Picture {
                     preset,
                     format,
                     width_px,
                     height_px,
                     bytes,
                 }| {
        (
            wire::Picture {
                preset,
                format,
                width_px,
                height_px,
            },
            bytes,
        )
    };
    pictures.into_iter().map(about).unzip()
}

fn broken(socket: &UnixStream, error: &impl std::fmt::Display) -> io::Result<()> {
    send(
        socket,
        &Reply::Broken {
            detail: error.to_string(),
        },
        &[],
    )
}

fn send(socket: &UnixStream, reply: &Reply, blobs: &[Vec<u8>]) -> io::Result<()> {
    let blobs: Vec<&[u8]> = blobs.iter().map(Vec::as_slice).collect();
    wire::write_frame(socket, reply, &blobs)
}
