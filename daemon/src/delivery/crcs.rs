//! The CRC-32 of files: computed when one is first in a ZIP, then known.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io::Read as _;

use anyhow::Context as _;
use sha2::{Digest as _, Sha256};

use super::queries::{self, File};
use crate::app::App;
use crate::objects::member_key;
use crate::pinned;

const CHUNK_BYTES: usize = 256 << 10;

/// The CRC of each file by its hash. Each is computed from bytes that have that hash.
pub async fn of_files(app: &App, files: &[File]) -> anyhow::Result<HashMap<[u8; 32], u32>> {
    let hashes: Vec<_> = files.iter().map(|file| file.sha256.to_vec()).collect();
    let known = queries::crcs(&app.db, &hashes).await?;
    let mut crcs: HashMap<_, _> = known
        .into_iter()
        .map(|(sha256, crc)| Ok((sha256, u32::try_from(crc).context("a CRC of 32 bits")?)))
        .collect::<anyhow::Result<_>>()?;
    for file in files {
        if let Entry::Vacant(unknown) = crcs.entry(file.sha256) {
            let crc = compute(app, file.sha256).await?;
            queries::insert_crc(&app.db, &file.sha256, crc).await?;
            unknown.insert(crc);
        }
    }
    Ok(crcs)
}

async fn compute(app: &App, sha256: [u8; 32]) -> anyhow::Result<u32> {
    let opened = app.store.open_content(&member_key(sha256)).await;
    let (mut file, _) = opened.context("opening a published file")?;
    let read = app.store.examine(move || {
        let (mut crc, mut hasher, mut chunk) = (crc32fast::Hasher::new(), Sha256::new(), vec![0; CHUNK_BYTES]);
        loop {
            match file.read(&mut chunk)? {
                0 => return Ok((crc.finalize(), <[u8; 32]>::from(hasher.finalize()))),
                count => {
                    crc.update(&chunk[..count]);
                    hasher.update(&chunk[..count]);
                }
            }
        }
    });
    let (crc, found) = read.await.context("reading a published file")?;
    pinned::same(&found, &sha256, "a published file")?;
    Ok(crc)
}
