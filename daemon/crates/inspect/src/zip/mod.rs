//! ZIP archives (APPNOTE), checked by their raw records before anything is inflated.
//!
//! A ZIP repeats everything two or three times (local file header, data descriptor, central directory, end of central directory record, ZIP64
//! records), and readers differ in which one they use. What we scan must be what a buyer's reader sees, so an archive is accepted only when every account of it is the same and every
//! byte of the file belongs to exactly one record: members lie back to back from byte 0 to the directory, the directory ends where the end
//! records begin, and these end the file. [`Archive::read`] checks that; [`Archive::reader`] then inflates exactly the range that was checked and
//! proves size, checksum and the end of the deflate stream.
//!
//! The records are read here and not by a crate: `rawzip` gives raw records, but searches for the end record and the directory as a lenient reader
//! does (prefixes, several end records and gaps are hidden by it), and it keeps the redundant ZIP64 values to itself, which are the faults that we
//! are after. The record formats are small and frozen; inflating is left to `flate2`.

mod bytes;
mod central;
mod end;
mod extra;
mod layout;
mod local;
mod names;
mod reader;
#[cfg(test)]
mod tests;

use std::io::{self, Read, Seek, SeekFrom};

use tradepost_base::Finding;

pub use self::reader::EntryReader;
use self::reader::Workspace;
use crate::faults::{Faults, PACK_RULE};
use crate::magic;

/// The reason why a file was not opened.
#[derive(Debug)]
pub enum OpenError {
    /// The file is at fault; every fault is listed.
    Refused(Vec<Finding>),
    /// The file could not be read at all.
    Unreadable(io::Error),
}

impl From<io::Error> for OpenError {
    fn from(error: io::Error) -> Self {
        Self::Unreadable(error)
    }
}

/// Limits that are checked before the central directory is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The size of the whole file.
    pub packed_bytes: u64,
    /// Files, folders and everything else.
    pub entries: u64,
}

/// The compression methods that are accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Stored,
    Deflated,
}

/// One file or folder of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The path, with `/` between its parts and none at the end, also of a folder.
    pub path: String,
    pub is_folder: bool,
    pub method: Method,
    pub packed_bytes: u64,
    /// The declared size; [`EntryReader`] proves it.
    pub inflated_bytes: u64,
    pub crc32: u32,
    /// From the beginning of the file.
    pub data_offset: u64,
    /// Sizes and CRC follow the data as well, in a data descriptor.
    has_descriptor: bool,
    /// A second declared size that differs from the first: no contents can satisfy both.
    contradicted: Option<u64>,
    /// False when a fault was found, so that it must not be inflated.
    sound: bool,
}

impl Entry {
    /// False when this entry has a fault and must not be inflated.
    pub fn is_sound(&self) -> bool {
        self.sound
    }
}

/// An archive whose records agree with each other.
#[derive(Debug)]
pub struct Archive<R> {
    source: R,
    entries: Vec<Entry>,
    workspace: Workspace,
}

impl<R: Read + Seek> Archive<R> {
    /// Opens an archive without a fault; its members are not inflated yet.
    pub fn open(source: R, limits: &Limits) -> Result<Self, OpenError> {
        let mut faults = Faults::default();
        match Self::read(source, limits, &mut faults)? {
            Some(archive) if faults.is_empty() => Ok(archive),
            _ => Err(OpenError::Refused(faults.into_findings())),
        }
    }

    /// Like [`Self::open`], but adds every fault to `faults` and goes on after it where possible; `None` when no offset of a member can be trusted.
    pub fn read(mut source: R, limits: &Limits, faults: &mut Faults) -> io::Result<Option<Self>> {
        let Some(listing) = listing(&mut source, limits, faults).or_else(|error| add_fault(error, faults))? else {
            return Ok(None);
        };
        let mut members = Vec::with_capacity(listing.records.len());
        for record in listing.records {
            members.push(local::locate(&mut source, record, listing.directory_offset, faults)?);
        }
        names::check(&members, faults);
        let in_place = layout::check(&mut source, &members, listing.directory_offset, faults)?;
        Ok(in_place.then(|| Self {
            source,
            entries: members.into_iter().map(local::Member::into_entry).collect(),
            workspace: Workspace::default(),
        }))
    }

    /// In the directory's order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Inflates one entry, counted from 0; the last read fails when contents and headers differ.
    ///
    /// # Panics
    /// There is no such entry.
    pub fn reader(&mut self, index: usize) -> io::Result<EntryReader<'_, R>> {
        EntryReader::new(&mut self.source, &self.entries[index], &mut self.workspace)
    }
}

/// The reason why the archive as a whole cannot be read further.
#[derive(Debug)]
enum ArchiveError {
    /// Completes the sentence "the ZIP ...".
    Archive(String),
    Io(io::Error),
}

impl From<io::Error> for ArchiveError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

fn add_fault(error: ArchiveError, faults: &mut Faults) -> io::Result<Option<Listing>> {
    match error {
        ArchiveError::Archive(message) => {
            faults.add(PACK_RULE, None, message);
            Ok(None)
        }
        ArchiveError::Io(error) => Err(error),
    }
}

struct Listing {
    directory_offset: u64,
    records: Vec<central::Record>,
}

/// Everything that comes after the members.
fn listing(
    source: &mut (impl Read + Seek),
    limits: &Limits,
    faults: &mut Faults,
) -> Result<Option<Listing>, ArchiveError> {
    let fault = |message: String| Err(ArchiveError::Archive(message));
    let file_bytes = source.seek(SeekFrom::End(0))?;
    if file_bytes > limits.packed_bytes {
        return fault(format!(
            "the pack is larger than {}",
            crate::text::size(limits.packed_bytes)
        ));
    }
    if file_bytes == 0 {
        return fault("the pack is empty".to_owned());
    }
    let head = bytes::read_at(source, 0, 4)?;
    // The last is an archive without members that has ZIP64 records all the same.
    if !magic::is_zip(&head) && head != b"PK\x06\x06" {
        return fault("the pack is not a ZIP file, or has other data before the ZIP".to_owned());
    }
    let end = end::read(source, file_bytes)?;
    if end.entries > limits.entries {
        return fault(format!(
            "the ZIP has {} entries, folders and the like included; the limit is {}",
            end.entries, limits.entries
        ));
    }
    let records = central::read(source, &end, faults)?;
    Ok(Some(Listing {
        directory_offset: end.directory_offset,
        records,
    }))
}
