//! Draws many files in the jail.

use std::io::{Seek as _, Write as _};
use std::sync::Arc;

use anyhow::Context as _;
use bytes::Bytes;
use nix::sys::memfd::{MFdFlags, memfd_create};
use tradepost_render::presets::Preset;

use crate::jail::{Jail, JailError, Rendered};
use crate::store;

/// A file to be drawn.
#[derive(Debug, Clone)]
pub struct Loose {
    /// For the findings only.
    pub path: String,
    pub bytes: Bytes,
}

/// Draws files in every preset; the answers are in the order of the files.
pub async fn render_many(jail: &Jail, files: Vec<Loose>, presets: &Arc<[Preset]>) -> Vec<Result<Rendered, JailError>> {
    let mut rendered = Vec::with_capacity(files.len());
    for file in &files {
        rendered.push(render(jail, file, presets).await);
    }
    rendered
}

async fn render(jail: &Jail, file: &Loose, presets: &[Preset]) -> Result<Rendered, JailError> {
    let input = in_memory(&file.bytes).map_err(JailError::Broken)?;
    jail.render(input, &store::sha256(&file.bytes), &file.path, presets)
        .await
}

fn in_memory(bytes: &[u8]) -> anyhow::Result<std::fs::File> {
    let mut file = std::fs::File::from(memfd_create(c"item", MFdFlags::MFD_CLOEXEC).context("making room for a file")?);
    file.write_all(bytes)?;
    file.rewind()?;
    Ok(file)
}
