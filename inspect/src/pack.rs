//! Opens a pack's ZIP and checks it as a whole. Runs in the jail.
//!
//! Everything that is wrong is collected before anything is given out: first the listing, then every member is inflated once, only counted, then
//! the manifest is read and compared with the listing. [`Pack::member`] inflates a second time, so that memory holds one member at most.

mod listing;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};

use serde::{Deserialize, Serialize};
use tradepost_common::uploads::Finding;
use zip::ZipArchive;
use zip::read::ZipReadOptions;

use self::listing::Entry;
use super::faults::{Faults, PACK_RULE};
use super::manifest::{self, Manifest};
use crate::magic;

/// How large a pack may be; everything is counted while inflating, never taken from what the ZIP declares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackLimits {
    pub packed_bytes: u64,
    /// Files besides the manifest; folders and what macOS adds are not counted.
    pub entries: u32,
    pub inflated_bytes: u64,
    pub member_bytes: u64,
    /// Times its packed size that a member may inflate to.
    pub member_ratio: u64,
    pub svg_bytes: u64,
}

impl Default for PackLimits {
    fn default() -> Self {
        Self {
            packed_bytes: 512 << 20,
            entries: 2_000,
            inflated_bytes: 1 << 30,
            member_bytes: 64 << 20,
            member_ratio: 50,
            svg_bytes: 10 << 20,
        }
    }
}

/// Why a pack was not opened.
#[derive(Debug)]
pub enum Unsound {
    /// The pack is at fault; every fault is listed.
    Refused(Vec<Finding>),
    /// The file could not be read at all.
    Unreadable(io::Error),
}

impl From<io::Error> for Unsound {
    fn from(error: io::Error) -> Self {
        Self::Unreadable(error)
    }
}

/// A pack without a fault.
#[derive(Debug)]
pub struct Pack {
    archive: ZipArchive<File>,
    manifest: Manifest,
    /// Where in the archive each file of the manifest is.
    indices: Vec<usize>,
    limits: PackLimits,
}

impl Pack {
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Inflates one file, counted from 0 in the manifest's order.
    pub fn member(&mut self, file: usize) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        inflate(&mut self.archive, self.indices[file])?
            .take(self.limits.member_bytes)
            .read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

/// Checks everything: the archive, its listing, every member, the manifest, and that the manifest and the listing say the same.
pub fn check(file: File, limits: &PackLimits) -> Result<Pack, Unsound> {
    let mut faults = Faults::default();
    let raw = file.try_clone()?;
    let Some(mut archive) = listing::open(file, limits, &mut faults)? else {
        return Err(Unsound::Refused(faults.into_findings()));
    };
    let entries = listing::read(&mut archive, &raw, &mut faults);
    if entries.is_empty() && faults.is_empty() {
        faults.add(PACK_RULE, None, "the pack is empty");
    }
    let files = entries.iter().filter(|entry| entry.path != manifest::FILE_NAME).count();
    if files > limits.entries as usize {
        faults.add(
            PACK_RULE,
            None,
            format!("the pack has {files} files; the limit is {}", limits.entries),
        );
    }
    count_members(&mut archive, &entries, limits, &mut faults);
    let manifest = read_manifest(&mut archive, &entries, &mut faults);
    let matched = manifest.and_then(|manifest| {
        let indices = compare(&manifest, &entries, &mut faults)?;
        Some((manifest, indices))
    });
    match matched {
        Some((manifest, indices)) if faults.is_empty() => Ok(Pack {
            archive,
            manifest,
            indices,
            limits: limits.clone(),
        }),
        _ => Err(Unsound::Refused(faults.into_findings())),
    }
}

/// Opens a member for reading; its check sum and both its headers are verified on the way.
fn inflate(archive: &mut ZipArchive<File>, index: usize) -> io::Result<impl Read> {
    Ok(archive.by_index_with_options(index, ZipReadOptions::new().enforce_header_consistency(true))?)
}

/// Inflates every member once, to count and to verify.
fn count_members(archive: &mut ZipArchive<File>, entries: &[Entry], limits: &PackLimits, faults: &mut Faults) {
    let mut total = 0;
    for entry in entries.iter().filter(|entry| entry.readable) {
        match count(archive, entry, limits, limits.inflated_bytes - total) {
            Ok(bytes) => total += bytes,
            Err(Fault::Member(message)) => faults.add(PACK_RULE, Some(&entry.path), message),
            Err(Fault::Pack(message)) => {
                faults.add(PACK_RULE, Some(&entry.path), message);
                return;
            }
        }
    }
}

enum Fault {
    Member(String),
    /// No use in looking further.
    Pack(String),
}

/// The size of one member, or what is wrong with it.
fn count(archive: &mut ZipArchive<File>, entry: &Entry, limits: &PackLimits, left: u64) -> Result<u64, Fault> {
    let damaged = |error: io::Error| Fault::Member(format!("is damaged: {error}"));
    let allowed = limits.allowed(entry);
    let most = allowed.bytes.min(left);
    let mut reader = inflate(archive, entry.index).map_err(damaged)?.take(most + 1);
    let mut head = [0; 16];
    let head_bytes = read_up_to(&mut reader, &mut head).map_err(damaged)?;
    if magic::is_archive(&head[..head_bytes]) {
        return Err(Fault::Member(
            "is an archive: archives in a pack are not allowed".to_owned(),
        ));
    }
    let bytes = head_bytes as u64 + io::copy(&mut reader, &mut io::sink()).map_err(damaged)?;
    if bytes <= most {
        return Ok(bytes);
    }
    if allowed.bytes > left {
        return Err(Fault::Pack(format!(
            "the pack inflates to more than {} with this file",
            size(limits.inflated_bytes)
        )));
    }
    Err(Fault::Member(format!("inflates to more than {}", allowed.reason)))
}

struct Allowed {
    bytes: u64,
    reason: String,
}

impl PackLimits {
    /// The tightest limit for one member.
    fn allowed(&self, entry: &Entry) -> Allowed {
        let is_svg = entry.path.to_ascii_lowercase().ends_with(".svg");
        let by_ratio = entry.packed_bytes.saturating_mul(self.member_ratio);
        let (by_kind, kind) = if is_svg {
            (self.svg_bytes.min(self.member_bytes), "an SVG")
        } else {
            (self.member_bytes, "a file")
        };
        if by_ratio < by_kind {
            Allowed {
                bytes: by_ratio,
                reason: format!("{} times its packed size", self.member_ratio),
            }
        } else {
            Allowed {
                bytes: by_kind,
                reason: format!("{}, the limit for {kind}", size(by_kind)),
            }
        }
    }
}

/// Nothing in a fault's way: a manifest that cannot be read leaves the rest checked.
fn read_manifest(archive: &mut ZipArchive<File>, entries: &[Entry], faults: &mut Faults) -> Option<Manifest> {
    let Some(entry) = entries.iter().find(|entry| entry.path == manifest::FILE_NAME) else {
        let nested = entries.iter().find(|entry| entry.path.ends_with("/manifest.json"));
        let hint = nested.map(|entry| {
            format!(
                " (there is one at {:?}: zip the contents of the folder, not the folder)",
                entry.path
            )
        });
        faults.add_manifest(
            "",
            format!("is missing at the root of the pack{}", hint.unwrap_or_default()),
        );
        return None;
    };
    let mut bytes = Vec::new();
    let read =
        inflate(archive, entry.index).and_then(|reader| reader.take(manifest::MAX_BYTES + 1).read_to_end(&mut bytes));
    if read.is_err() {
        // Already told, with the reason, when the members were counted.
        return None;
    }
    if bytes.len() as u64 > manifest::MAX_BYTES {
        faults.add_manifest("", format!("is larger than {}", size(manifest::MAX_BYTES)));
        return None;
    }
    manifest::parse(&bytes, faults)
}

/// Every listed file is there and every file there is listed: where, in the manifest's order.
fn compare(manifest: &Manifest, entries: &[Entry], faults: &mut Faults) -> Option<Vec<usize>> {
    let mut unlisted: HashMap<&str, usize> = entries.iter().map(|entry| (entry.path.as_str(), entry.index)).collect();
    unlisted.remove(manifest::FILE_NAME);
    let indices: Vec<Option<usize>> = manifest
        .files
        .iter()
        .map(|file| unlisted.remove(file.path.as_str()))
        .collect();
    for (number, file) in manifest
        .files
        .iter()
        .enumerate()
        .filter(|&(number, _)| indices[number].is_none())
    {
        faults.add(
            PACK_RULE,
            Some(file.path.as_str()),
            format!("is listed in the manifest (/files/{number}) but is not in the pack"),
        );
    }
    for entry in entries
        .iter()
        .filter(|entry| unlisted.contains_key(entry.path.as_str()))
    {
        faults.add(
            PACK_RULE,
            Some(&entry.path),
            "is in the pack but not listed in the manifest",
        );
    }
    indices.into_iter().collect()
}

fn read_up_to(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..])? {
            0 => break,
            bytes => filled += bytes,
        }
    }
    Ok(filled)
}

/// A limit in words.
fn size(bytes: u64) -> String {
    match bytes {
        _ if bytes >= 1 << 20 && bytes.is_multiple_of(1 << 20) => format!("{} MiB", bytes >> 20),
        _ if bytes >= 1 << 10 && bytes.is_multiple_of(1 << 10) => format!("{} KiB", bytes >> 10),
        _ => format!("{bytes} bytes"),
    }
}
