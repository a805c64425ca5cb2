//! Draws a batch of files.

use std::io::{BufWriter, Write as _};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tradepost_render::engine::{Engine, Purpose};
use tradepost_render::presets::Preset;

use super::limits::{CpuLimit, cpu_used};
use crate::frame::write_frame;
use crate::protocol::Reply;

/// Replies are collected for so long, or until there are so many bytes: waking the parent for each would cost more than drawing some files.
const COLLECT_TIME: Duration = Duration::from_millis(20);
const COLLECT_BYTES: usize = 128 << 10;

/// Draws the files: one reply for each, in their order, and the cost of all after them.
pub fn draw(
    socket: &UnixStream,
    files: impl Iterator<Item = (String, Vec<u8>)>,
    presets: &[Preset],
    max_svg_bytes: u64,
    engine: &mut Engine,
    limit: &CpuLimit,
) -> anyhow::Result<()> {
    // Times of other work are not this batch's.
    engine.take_times();
    let cpu_before = cpu_used()?;
    let mut to = BufWriter::with_capacity(COLLECT_BYTES, socket);
    let mut collecting_since = Instant::now();
    for (path, bytes) in files {
        limit.restart()?;
        match engine.open_for(Purpose::Draw, &bytes, &path, presets, max_svg_bytes) {
            Ok(opened) => {
                let heights = opened.pictures.iter().map(|picture| picture.height_px).collect();
                let blobs: Vec<&[u8]> = opened.pictures.iter().map(|picture| picture.bytes.as_slice()).collect();
                let size = opened.size;
                write_frame(&mut to, &Reply::Drawn { size, heights }, &blobs)?;
            }
            Err(findings) => write_frame(&mut to, &Reply::Refused { findings }, &[])?,
        }
        if collecting_since.elapsed() > COLLECT_TIME {
            to.flush()?;
            collecting_since = Instant::now();
        }
    }
    let times = engine.take_times();
    let cpu = cpu_used()?.saturating_sub(cpu_before);
    let cpu_us = u64::try_from(cpu.as_micros()).context("the processor time")?;
    write_frame(&mut to, &Reply::BatchEnd { times, cpu_us }, &[])?;
    Ok(to.flush()?)
}
