//! Answers a request about one file, one pack, or images of our own.

use std::fs::File;
use std::io::{self, Read as _, Seek as _};
use std::os::unix::net::UnixStream;

use anyhow::bail;
use tradepost_base::Finding;
use tradepost_inspect::pack::{self, OpenError, PackLimits};
use tradepost_render::engine::{Engine, Picture};
use tradepost_render::file::{Opened, Published};
use tradepost_render::{compare, sheet};

use crate::frame::write_frame;
use crate::protocol::{PublishedBytes, Reply, Request};

/// Does the work and sends every reply.
pub fn answer(
    socket: &UnixStream,
    request: Request,
    file: Option<File>,
    blobs: &[Vec<u8>],
    engine: &mut Engine,
) -> anyhow::Result<()> {
    match (request, file) {
        (Request::OpenPack { limits }, Some(file)) => open_pack(socket, file, &limits)?,
        (
            Request::Render {
                path,
                max_bytes,
                max_svg_bytes,
                presets,
            },
            Some(file),
        ) => match read(file, max_bytes) {
            Ok(bytes) => send_opened(socket, engine.open(&bytes, &path, &presets, max_svg_bytes))?,
            Err(error) => send_broken(socket, &error)?,
        },
        (Request::Sheet { spec }, None) => match sheet::draw(blobs, &spec) {
            Ok(pictures) => {
                let (heights, blobs) = split(pictures);
                send(socket, &Reply::Sheet { heights }, &blobs)?;
            }
            Err(error) => send_broken(socket, &error)?,
        },
        (Request::Compare, None) => {
            let [old, new] = blobs else {
                bail!("two images are compared")
            };
            // One that can not be read is like nothing.
            let (likeness, differences) = match compare::compare(old, new) {
                Ok(Some((likeness, differences))) => (Some(likeness), vec![differences]),
                Ok(None) | Err(_) => (None, Vec::new()),
            };
            send(socket, &Reply::Compared { likeness }, &differences)?;
        }
        _ => bail!("a request without its input"),
    }
    Ok(())
}

/// One byte more than allowed is enough to know.
fn read(mut file: File, max_bytes: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.take(max_bytes + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Answers with one file.
pub fn send_opened(to: impl io::Write, result: Result<Opened, Vec<Finding>>) -> io::Result<()> {
    let opened = match result {
        Ok(opened) => opened,
        Err(findings) => return send(to, &Reply::Refused { findings }, &[]),
    };
    let (heights, mut blobs) = split(opened.pictures);
    let published = match opened.published {
        Published::Itself => PublishedBytes::Itself,
        Published::Nothing => PublishedBytes::Nothing,
        Published::Copy(copy) => {
            blobs.push(copy);
            PublishedBytes::Copy
        }
    };
    let reply = Reply::Opened {
        size: opened.size,
        findings: opened.findings,
        heights,
        published,
        fingerprint: opened.fingerprint,
    };
    send(to, &reply, &blobs)
}

fn open_pack(socket: &UnixStream, file: File, limits: &PackLimits) -> io::Result<()> {
    let mut pack = match pack::check(file, limits) {
        Ok(pack) => pack,
        Err(OpenError::Refused(findings)) => return send(socket, &Reply::Refused { findings }, &[]),
        Err(OpenError::Unreadable(error)) => return send_broken(socket, &error),
    };
    let manifest = Box::new(pack.manifest().clone());
    send(socket, &Reply::Manifest { manifest }, &[])?;
    for index in 0..pack.manifest().files.len() {
        let path = pack.manifest().files[index].path.as_str().to_owned();
        match pack.member(index) {
            Ok(bytes) => send(socket, &Reply::Member { path }, &[bytes])?,
            Err(error) => return send_broken(socket, &error),
        }
    }
    Ok(())
}

fn split(pictures: Vec<Picture>) -> (Vec<u32>, Vec<Vec<u8>>) {
    pictures
        .into_iter()
        .map(|picture| (picture.height_px, picture.bytes))
        .unzip()
}

fn send_broken(socket: &UnixStream, error: &impl std::fmt::Display) -> io::Result<()> {
    let detail = error.to_string();
    send(socket, &Reply::Broken { detail }, &[])
}

fn send(to: impl io::Write, reply: &Reply, blobs: &[Vec<u8>]) -> io::Result<()> {
    let blobs: Vec<&[u8]> = blobs.iter().map(Vec::as_slice).collect();
    write_frame(to, reply, &blobs)
}
