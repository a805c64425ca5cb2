//! File descriptors over a socket (`SCM_RIGHTS`): one byte, and the descriptors with it.

use std::fs::File;
use std::io::{IoSlice, IoSliceMut};
use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;

use anyhow::{Context as _, ensure};
use nix::sys::socket::{ControlMessage, ControlMessageOwned, MsgFlags, recvmsg, sendmsg};
use tradepost_render::fonts;

/// The machine's fonts, once.
pub const FONTS: u8 = b'f';
/// A request: with the descriptor of its file if it has one.
pub const REQUEST: u8 = b'r';

/// Sends a tag and descriptors.
pub fn send<'a>(socket: &UnixStream, tag: u8, files: impl Iterator<Item = &'a File>) -> nix::Result<()> {
    let descriptors: Vec<_> = files.map(|file| file.as_raw_fd()).collect();
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

/// Receives descriptors that come with `tag`. `None` when the other side has closed the socket.
pub fn receive(socket: &UnixStream, tag: u8) -> anyhow::Result<Option<Vec<File>>> {
    let mut received = [0];
    let mut space = nix::cmsg_space!([RawFd; fonts::MAX_OPEN]);
    let mut parts = [IoSliceMut::new(&mut received)];
    let flags = MsgFlags::MSG_CMSG_CLOEXEC;
    let message = recvmsg::<()>(socket.as_raw_fd(), &mut parts, Some(&mut space), flags).context("waiting for work")?;
    let length = message.bytes;
    let mut files = Vec::new();
    for control in message.cmsgs()? {
        if let ControlMessageOwned::ScmRights(descriptors) = control {
            files.extend(descriptors.into_iter().map(adopt).map(File::from));
        }
    }
    if length == 0 {
        return Ok(None);
    }
    ensure!(received[0] == tag, "unexpected message");
    Ok(Some(files))
}

fn adopt(descriptor: RawFd) -> OwnedFd {
    #[expect(unsafe_code, reason = "the only way to own a descriptor that came over a socket")]
    // SAFETY: the kernel has just made this descriptor for us, and nobody else knows of it.
    unsafe {
        OwnedFd::from_raw_fd(descriptor)
    }
}
