//! What a child does with many files at once: draws a batch, takes an archive apart.

use std::fs::File;
use std::io::{self, BufWriter, Read as _, Write};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tradepost_inspect::zip::{Archive, Limits, Unsound};
use tradepost_render::engine::{Engine, Purpose};
use tradepost_render::presets::Preset;

use super::Ceiling;
use crate::jail::wire::{self, Reply};

/// Answers are collected for so long, or until there are so many bytes of them: waking the daemon for each would cost more than the drawing of some.
const COLLECT: Duration = Duration::from_millis(20);
const COLLECT_BYTES: usize = 128 << 10;

/// Draws each of the files; one answer for each, in their order, and the times of all behind them.
pub fn draw(
    socket: &UnixStream,
    (paths, blobs): (Vec<String>, Vec<Vec<u8>>),
    presets: &[Preset],
    max_svg_bytes: u64,
    engine: &mut Engine,
    ceiling: &Ceiling,
) -> io::Result<()> {
    if paths.len() != blobs.len() {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a batch without its files"));
    }
    // What other work left behind is not this batch's.
    engine.take_times();
    let cpu_before = super::cpu_used();
    let mut to = BufWriter::with_capacity(COLLECT_BYTES, socket);
    let mut collecting_since = Instant::now();
    for (path, bytes) in paths.iter().zip(blobs) {
        ceiling.raise().map_err(io::Error::other)?;
        match engine.open_for(Purpose::Draw, &bytes, path, presets, max_svg_bytes) {
            Ok(opened) => {
                let heights = opened.pictures.iter().map(|picture| picture.height_px).collect();
                let blobs: Vec<&[u8]> = opened.pictures.iter().map(|picture| picture.bytes.as_slice()).collect();
                let size = opened.size;
                wire::write_frame(&mut to, &Reply::Drawn { size, heights }, &blobs)?;
            }
            Err(findings) => wire::write_frame(&mut to, &Reply::Refused { findings }, &[])?,
        }
        if collecting_since.elapsed() > COLLECT {
            to.flush()?;
            collecting_since = Instant::now();
        }
    }
    let times = engine.take_times();
    let cpu_us = u64::try_from(super::cpu_used().saturating_sub(cpu_before).as_micros()).unwrap_or(u64::MAX);
    wire::write_frame(&mut to, &Reply::BatchEnd { times, cpu_us }, &[])?;
    to.flush()
}

/// Sends every file of an archive; a damaged one as a word about it.
pub fn unpack(socket: &UnixStream, file: File, limits: &Limits, file_bytes: u64, ceiling: &Ceiling) -> io::Result<()> {
    let mut to = BufWriter::with_capacity(COLLECT_BYTES, socket);
    let mut archive = match Archive::open(file, limits) {
        Ok(archive) => archive,
        Err(Unsound::Refused(findings)) => {
            wire::write_frame(&mut to, &Reply::Refused { findings }, &[])?;
            return to.flush();
        }
        Err(Unsound::Unreadable(error)) => {
            let detail = error.to_string();
            wire::write_frame(&mut to, &Reply::Broken { detail }, &[])?;
            return to.flush();
        }
    };
    let files = archive.entries().iter().filter(|entry| !entry.is_folder).count() as u64;
    wire::write_frame(&mut to, &Reply::Listing { files }, &[])?;
    let mut bytes = Vec::new();
    for index in 0..archive.entries().len() {
        let entry = &archive.entries()[index];
        if entry.is_folder {
            continue;
        }
        let (path, crc32) = (entry.path.clone(), entry.crc32);
        ceiling.raise().map_err(io::Error::other)?;
        match read_member(&mut archive, index, file_bytes, &mut bytes) {
            Ok(()) => wire::write_frame(&mut to, &Reply::Loose { path, crc32 }, &[&bytes])?,
            Err(error) => {
                let detail = error.to_string();
                wire::write_frame(&mut to, &Reply::Damaged { path, detail }, &[])?;
            }
        }
    }
    wire::write_frame(&mut to, &Reply::UnpackEnd, &[])?;
    to.flush()
}

fn read_member(archive: &mut Archive<File>, index: usize, most: u64, bytes: &mut Vec<u8>) -> io::Result<()> {
    bytes.clear();
    archive.reader(index)?.take(most.saturating_add(1)).read_to_end(bytes)?;
    if bytes.len() as u64 > most {
        let most = tradepost_inspect::text::size(most);
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("is larger than {most}"),
        ));
    }
    Ok(())
}

/// The presets that a batch is drawn in: its own, or those of the batch before.
pub fn presets(told: Option<Vec<Preset>>, remembered: &mut Arc<[Preset]>) -> Arc<[Preset]> {
    if let Some(presets) = told {
        *remembered = presets.into();
    }
    Arc::clone(remembered)
}
