//! First steps of a child: gives up what it does not need, and takes the socket.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd as _, RawFd};
use std::os::unix::net::UnixStream;

use anyhow::Context as _;
use nix::sys::prctl;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{SigSet, Signal};
use tradepost_render::fonts;

/// The fonts, the socket, the input and the three standard descriptors.
const OPEN_FILES: u64 = fonts::MAX_OPEN as u64 + 16;

/// Takes the socket from where the parent put it, and closes every other descriptor but the standard output and error.
pub fn take_socket() -> anyhow::Result<UnixStream> {
    prctl::set_pdeathsig(Signal::SIGKILL).context("tying the child to the parent")?;
    prctl::set_no_new_privs().context("giving up new privileges")?;
    // A service manager that stops the whole group would otherwise spoil the work that the parent still finishes.
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

/// Closes what the parent of the parent left open.
fn close_others() -> io::Result<()> {
    let open: Vec<RawFd> = std::fs::read_dir("/proc/self/fd")?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|&fd| fd > 2)
        .collect();
    for fd in open {
        // One of them was the directory's own.
        let _ = nix::unistd::close(fd);
    }
    Ok(())
}
