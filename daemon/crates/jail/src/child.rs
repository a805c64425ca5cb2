//! Main program of a child: one thread, one file at a time, until the socket ends.

mod answer;
mod archive;
mod batch;
mod limits;
mod setup;

use std::io::BufReader;
use std::mem::ManuallyDrop;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use tradepost_render::engine::Engine;
use tradepost_render::presets::Preset;
use tradepost_render::sheet::MAX_TILES;

use self::limits::CpuLimit;
use crate::confinement::{Layers, confine};
use crate::descriptors;
use crate::frame::{self, FrameLimits};
use crate::protocol::{BATCH_FILES, Hello, MAX_REQUEST_BYTES, Request, Task};

const READ_BYTES: usize = 64 << 10;

const REQUEST_LIMITS: FrameLimits = FrameLimits {
    head_bytes: 1 << 20,
    // As many as a contact sheet has tiles, or a batch files.
    blobs: if MAX_TILES > BATCH_FILES {
        MAX_TILES
    } else {
        BATCH_FILES
    } as u32,
    blob_bytes: MAX_REQUEST_BYTES,
};

/// Works until the parent closes the socket. Must be called before anything else in `main`: it closes every descriptor but the first three.
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
    // Never closed by a panic or an error: the parent must see the end of the socket only with the end of the process, and its status.
    let socket = ManuallyDrop::new(setup::take_socket()?);
    let program_bytes = limits::mapped_bytes()?;
    let fonts = descriptors::receive(&socket, descriptors::FONTS)?.context("the parent sent no fonts")?;
    let mut engine = Engine::new(fonts);
    let confinement = confine(Layers::from_arguments(std::env::args().skip(2)));
    frame::write_frame(&*socket, &Hello { confinement }, &[]).context("greeting the parent")?;
    let mut presets: Arc<[Preset]> = Arc::default();
    while let Some(files) = descriptors::receive(&socket, descriptors::REQUEST)? {
        // The next request comes only after the reply to this one, so the buffer takes nothing that is not this one's.
        let frame = frame::read_frame(BufReader::with_capacity(READ_BYTES, &*socket), &REQUEST_LIMITS);
        let frame = frame.context("reading the request")?;
        let task: Task = frame.head().context("reading the request")?;
        let limit = CpuLimit::set(&task, program_bytes)?;
        match (task.request, files.into_iter().next()) {
            (Request::Batch(mut batch), None) => {
                if let Some(told) = batch.presets.take() {
                    presets = told.into();
                }
                batch::draw(&socket, batch, frame.blobs, &presets, &mut engine, &limit)
            }
            (Request::Unpack(unpack), Some(file)) => archive::unpack(&socket, file, &unpack, &limit),
            (request, file) => answer::answer(&socket, request, file, &frame.blobs, &mut engine),
        }
        .context("answering")?;
    }
    Ok(())
}
