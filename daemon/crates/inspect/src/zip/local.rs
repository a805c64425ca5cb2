//! The local file headers, which must agree with the central directory.

use std::io::{self, Read, Seek};

use super::Entry;
use super::bytes::{RecordReader, read_at};
use super::central::{NEWEST, Record, flags};
use super::extra::{self, Sizes32};
use crate::faults::{Faults, PACK_RULE};

/// An entry of the central directory with the offsets of its data.
#[derive(Debug)]
pub(super) struct Member {
    pub record: Record,
    /// The range of its data; `None` when its local header gives no certain place.
    pub data: Option<(u64, u64)>,
    sound: bool,
}

impl Member {
    pub fn into_entry(self) -> Entry {
        Entry {
            method: self.record.method(),
            has_descriptor: self.record.has_descriptor(),
            path: self.record.path,
            is_folder: self.record.is_folder,
            packed_bytes: self.record.wide.packed_bytes,
            inflated_bytes: self.record.wide.inflated_bytes,
            crc32: self.record.crc32,
            data_offset: self.data.map_or(0, |(start, _)| start),
            contradicted: self.record.wide.contradicted,
            sound: self.sound,
        }
    }
}

const SIGNATURE: &[u8] = b"PK\x03\x04";
const FIXED_BYTES: u64 = 30;
/// Most headers come whole with one read.
const USUAL_EXTRA: u64 = 64;

/// Reads the local header of an entry and compares the two.
pub(super) fn locate(
    source: &mut (impl Read + Seek),
    record: Record,
    directory_offset: u64,
    faults: &mut Faults,
) -> io::Result<Member> {
    let offset = record.wide.offset;
    let mut bytes = if offset < directory_offset {
        let most = FIXED_BYTES + record.raw_name.len() as u64 + USUAL_EXTRA;
        read_at(source, offset, most.min(directory_offset - offset))?
    } else {
        Vec::new()
    };
    if let Some(whole) = header_bytes(&bytes).filter(|&whole| whole > bytes.len() as u64) {
        bytes = read_at(source, offset, whole.min(directory_offset - offset))?;
    }
    let before = faults.len();
    let mut fault = |message: &str| faults.add(PACK_RULE, Some(&record.path), message);
    let data = match parse(&bytes) {
        None => {
            fault("is damaged: there is no local file header at the offset in the central directory");
            None
        }
        Some(header) => {
            compare(&header, &record).into_iter().for_each(&mut fault);
            let start = offset + header.bytes;
            let end = start.checked_add(record.wide.packed_bytes);
            let inside = end.filter(|&end| end <= directory_offset);
            if inside.is_none() {
                fault("is damaged: its data runs into the central directory");
            }
            inside.map(|end| (start, end))
        }
    };
    let sound = record.sound && faults.len() == before;
    Ok(Member { record, data, sound })
}

/// The length of a header, of which only the beginning may be there.
fn header_bytes(bytes: &[u8]) -> Option<u64> {
    let mut lengths = RecordReader(bytes.get(26..)?);
    Some(FIXED_BYTES + u64::from(lengths.u16()?) + u64::from(lengths.u16()?))
}

struct LocalHeader<'a> {
    /// The length of the header, with name and extra fields.
    bytes: u64,
    needed: u8,
    flags: u16,
    method: u16,
    crc32: u32,
    narrow: Sizes32,
    name: &'a [u8],
    extra: &'a [u8],
}

fn parse(bytes: &[u8]) -> Option<LocalHeader<'_>> {
    let mut fields = RecordReader(bytes);
    if fields.take(4)? != SIGNATURE {
        return None;
    }
    let needed = *fields.take(2)?.first()?;
    let (flags, method) = (fields.u16()?, fields.u16()?);
    fields.take(4)?;
    let crc32 = fields.u32()?;
    let (packed_bytes, inflated_bytes) = (fields.u32()?, fields.u32()?);
    let (name_bytes, extra_bytes) = (fields.u16()?, fields.u16()?);
    Some(LocalHeader {
        bytes: header_bytes(bytes)?,
        needed,
        flags,
        method,
        crc32,
        narrow: Sizes32 {
            inflated_bytes,
            packed_bytes,
            offset: 0,
        },
        name: fields.take(name_bytes.into())?,
        extra: fields.take(extra_bytes.into())?,
    })
}

/// Every difference between the two headers.
fn compare(header: &LocalHeader<'_>, record: &Record) -> Vec<&'static str> {
    const DIFFERS: [&str; 4] = [
        "is damaged: its name differs between its local file header and the central directory",
        "is damaged: its flags differ between its local file header and the central directory",
        "is damaged: its compression method differs between its local file header and the central directory",
        "needs a version of the ZIP format that does not exist",
    ];
    let same = [
        header.name == record.raw_name,
        (header.flags ^ record.flags) & !flags::LEVEL == 0,
        header.method == record.method,
        header.needed <= NEWEST,
    ];
    let mut faults: Vec<&'static str> = DIFFERS
        .into_iter()
        .zip(same)
        .filter_map(|(message, same)| (!same).then_some(message))
        .collect();
    match extra::parse(header.extra) {
        Err(message) => faults.push(message),
        Ok(extra) => {
            if !extra::repeats_name(extra.unicode_path, header.name) {
                faults.push("has a different name in its Unicode path extra field");
            }
            if extra.encrypted {
                faults.push("is encrypted");
            }
            if extra.special {
                faults.push("is a link or a device, not a file");
            }
            faults.extend(compare_sizes(header, record, extra.zip64));
        }
    }
    faults
}

/// Sizes and checksum agree, or are left to the descriptor after the data.
fn compare_sizes(header: &LocalHeader<'_>, record: &Record, zip64: Option<&[u8]>) -> Option<&'static str> {
    const DIFFERS: &str =
        "is damaged: its sizes or its CRC differ between its local file header and the central directory";
    let wide = match extra::widen(zip64, header.narrow) {
        Ok(wide) => wide,
        Err(message) => return Some(message),
    };
    let leaves_both = [header.narrow.inflated_bytes, header.narrow.packed_bytes] == [u32::MAX; 2];
    if wide.alone.is_some() || (record.wide.alone.is_some() && !leaves_both) {
        return Some(extra::ONE_SIZE);
    }
    let accounts = [
        (u64::from(header.crc32), u64::from(record.crc32)),
        (wide.packed_bytes, record.wide.packed_bytes),
        (wide.inflated_bytes, record.wide.inflated_bytes),
    ];
    // Values unknown when the header is written are 0; archivers that stream often know the inflated size.
    let open = record.has_descriptor();
    let same = accounts
        .into_iter()
        .all(|(declared, expected)| declared == expected || (open && declared == 0));
    // No archiver knows the packed size and not the inflated one; readers then take the file for an empty one.
    let packed_only = wide.packed_bytes != 0 && wide.inflated_bytes == 0 && record.wide.inflated_bytes != 0;
    // A contradiction that both headers share is left to the contents.
    let contradicted = wide
        .contradicted
        .is_some_and(|other| record.wide.contradicted != Some(other));
    (!same || packed_only || contradicted).then_some(DIFFERS)
}
