//! The end of central directory records: offset, size and entries of the central directory.

use std::io::{Read, Seek};

use super::ArchiveError;
use super::bytes::{RecordReader, has_signature, read_at};

/// The values on which all end of central directory records agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct EndRecord {
    pub directory_offset: u64,
    pub directory_bytes: u64,
    pub entries: u64,
}

const END: &[u8] = b"PK\x05\x06";
const END_BYTES: u64 = 22;
const MAX_COMMENT: u64 = 65_535;
const ZIP64_END: &[u8] = b"PK\x06\x06";
const ZIP64_END_BYTES: u64 = 56;
const LOCATOR: &[u8] = b"PK\x06\x07";
const LOCATOR_BYTES: u64 = 20;
/// Files of one disk; a directory of 6,000 entries has less than 3 MiB.
const MAX_DIRECTORY: u64 = 16 << 20;

/// Reads them from the end of the file, where they must be the last thing and follow the directory at once.
pub(super) fn read(source: &mut (impl Read + Seek), file_bytes: u64) -> Result<EndRecord, ArchiveError> {
    let tail_offset = file_bytes.saturating_sub(END_BYTES + MAX_COMMENT + ZIP64_END_BYTES + LOCATOR_BYTES);
    let tail = read_at(source, tail_offset, file_bytes - tail_offset)?;
    let (at, short) = short_end(&tail).map_err(|message| ArchiveError::Archive(message.to_owned()))?;
    let (records_at, end) = match zip64_end(&tail[..at], tail_offset) {
        Ok(Some((zip64_at, long))) => (zip64_at, reconcile(short, long).map_err(fault)?),
        Ok(None) if short.disks != [0, 0] => return Err(fault(SPLIT)),
        Ok(None) => (at, short.widen()),
        Err(message) => return Err(fault(message)),
    };
    let directory_end = tail_offset + records_at as u64;
    if end.directory_bytes > MAX_DIRECTORY {
        return Err(fault("has a central directory larger than 16 MiB"));
    }
    let ends_at = end.directory_offset.checked_add(end.directory_bytes);
    if ends_at == Some(directory_end) {
        return Ok(end);
    }
    Err(fault(match ends_at {
        Some(ends_at) if ends_at < directory_end => {
            "has other data before it, or between its central directory and the end of central directory record"
        }
        _ => "is damaged: its end of central directory record has an impossible offset",
    }))
}

const SPLIT: &str = "is a part of a split archive: save it as one file";

fn fault(what: &str) -> ArchiveError {
    ArchiveError::Archive(format!("the ZIP {what}"))
}

/// The 16-bit and 32-bit fields of the end of central directory record; a value that does not fit is all ones.
#[derive(Debug, Clone, Copy)]
struct EndFields {
    disks: [u16; 2],
    entries: u16,
    directory_bytes: u32,
    directory_offset: u32,
}

impl EndFields {
    fn widen(self) -> EndRecord {
        EndRecord {
            directory_offset: self.directory_offset.into(),
            directory_bytes: self.directory_bytes.into(),
            entries: self.entries.into(),
        }
    }
}

/// The last end record in the file must be the one that the file ends with: then no reader finds another.
fn short_end(tail: &[u8]) -> Result<(usize, EndFields), &'static str> {
    const CUT: &str = "the pack is not a complete ZIP file: it has no end of central directory record";
    let at = tail.windows(4).rposition(|window| window == END).ok_or(CUT)?;
    let mut fields = RecordReader(tail.get(at + 4..).unwrap_or_default());
    let mut read = || {
        let disks = [fields.u16()?, fields.u16()?];
        let entries = (fields.u16()?, fields.u16()?);
        let (directory_bytes, directory_offset) = (fields.u32()?, fields.u32()?);
        let short = EndFields {
            disks,
            entries: entries.1,
            directory_bytes,
            directory_offset,
        };
        Some((short.disks, entries.0, short, fields.u16()?, fields.0))
    };
    let (disks, entries_here, short, comment_bytes, comment) = read().ok_or(CUT)?;
    if comment.len() < usize::from(comment_bytes) {
        return Err("the pack is not a complete ZIP file: its comment is cut off");
    }
    if comment.len() > usize::from(comment_bytes) {
        return Err(match comment[comment_bytes.into()..].iter().all(|&byte| byte == 0) {
            true => {
                "the pack has zeros after the ZIP, as bsdtar writes into a pipe: let it write into a file (bsdtar -a -cf pack.zip ...), or use zip"
            }
            false => "the pack has other data after the ZIP",
        });
    }
    // All ones: the ZIP64 record has the number (APPNOTE 4.4.1.4).
    if disks.iter().any(|disk| ![0, u16::MAX].contains(disk)) || entries_here != short.entries {
        return Err("the ZIP is a part of a split archive: save it as one file");
    }
    if has_signature(comment) {
        return Err("the ZIP has records of another ZIP in its comment");
    }
    if std::str::from_utf8(comment).is_err() {
        return Err("the ZIP has a comment that is not UTF-8");
    }
    Ok((at, short))
}

/// The ZIP64 end record and its locator, when they stand directly before the end record.
fn zip64_end(before: &[u8], tail_offset: u64) -> Result<Option<(usize, EndRecord)>, &'static str> {
    let Some(locator_at) = before.len().checked_sub(LOCATOR_BYTES as usize) else {
        return Ok(None);
    };
    let mut locator = RecordReader(&before[locator_at..]);
    if locator.take(4) != Some(LOCATOR) {
        return Ok(None);
    }
    let (disk, offset, disks) = (locator.u32(), locator.u64(), locator.u32());
    let Some(at) = locator_at.checked_sub(ZIP64_END_BYTES as usize) else {
        return Err("has a ZIP64 end of central directory locator without its record");
    };
    let mut fields = RecordReader(&before[at..locator_at]);
    if fields.take(4) != Some(ZIP64_END) || offset != Some(tail_offset + at as u64) {
        return Err("has a ZIP64 end of central directory record that is not directly before its locator");
    }
    let mut read = || {
        let record_bytes = fields.u64()?;
        fields.take(4)?;
        let record_disks = (fields.u32()?, fields.u32()?);
        let (entries_here, entries) = (fields.u64()?, fields.u64()?);
        let end = EndRecord {
            entries,
            directory_bytes: fields.u64()?,
            directory_offset: fields.u64()?,
        };
        Some((record_bytes, record_disks, entries_here, end))
    };
    let (record_bytes, record_disks, entries_here, end) =
        read().ok_or("has a ZIP64 end of central directory record that is cut off")?;
    if record_bytes != ZIP64_END_BYTES - 12 {
        return Err("has a ZIP64 end of central directory record with additional data");
    }
    if disk != Some(0) || disks != Some(1) || record_disks != (0, 0) || entries_here != end.entries {
        return Err(SPLIT);
    }
    Ok(Some((at, end)))
}

/// Each field of the end record is the ZIP64 one, or all ones.
fn reconcile(short: EndFields, long: EndRecord) -> Result<EndRecord, &'static str> {
    let same = (short.entries == u16::MAX || u64::from(short.entries) == long.entries)
        && (short.directory_bytes == u32::MAX || u64::from(short.directory_bytes) == long.directory_bytes)
        && (short.directory_offset == u32::MAX || u64::from(short.directory_offset) == long.directory_offset);
    same.then_some(long)
        .ok_or("has two end of central directory records that differ")
}
