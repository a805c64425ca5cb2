//! Draws a batch of files.

use std::io::{BufWriter, Write as _};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tradepost_render::engine::{Engine, Purpose};
use tradepost_render::file::{Opened, Published};
use tradepost_render::presets::Preset;

use super::answer::send_opened;
use super::limits::{CpuLimit, cpu_used};
use crate::frame::write_frame;
use crate::protocol::{Batch, Reply};

/// Replies are collected for so long, or until there are so many bytes: waking the parent for each would cost more than drawing some files. Those that
/// were collected are lost when the next file ends the child.
const COLLECT_TIME: Duration = Duration::from_millis(20);
const COLLECT_BYTES: usize = 128 << 10;

/// Draws the files: one reply for each, in their order, and the cost of all after them.
pub fn draw(
    socket: &UnixStream,
    batch: Batch,
    files: Vec<Vec<u8>>,
    presets: &[Preset],
    engine: &mut Engine,
    limit: &CpuLimit,
) -> anyhow::Result<()> {
    // Times of other work are not this batch's.
    engine.take_times();
    let cpu_before = cpu_used()?;
    let mut to = BufWriter::with_capacity(COLLECT_BYTES, socket);
    let mut collecting_since = Instant::now();
    for (path, bytes) in batch.paths.iter().zip(files) {
        limit.restart()?;
        let opened = engine.open_for(batch.purpose, &bytes, path, presets, batch.max_svg_bytes);
        let opened = match batch.purpose {
            Purpose::Publish => opened,
            Purpose::Draw => opened.map(pictures_only),
        };
        send_opened(&mut to, opened)?;
        if !batch.collects || collecting_since.elapsed() > COLLECT_TIME {
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

fn pictures_only(opened: Opened) -> Opened {
    Opened {
        findings: Vec::new(),
        published: Published::Nothing,
        fingerprint: None,
        ..opened
    }
}
