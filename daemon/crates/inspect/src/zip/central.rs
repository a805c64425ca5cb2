//! The central directory.

use std::io::{Read, Seek};

use super::bytes::{RecordReader, has_signature, read_at};
use super::end::EndRecord;
use super::extra::{self, Sizes32, Sizes64};
use super::{ArchiveError, Method};
use crate::faults::{Faults, PACK_RULE};
use crate::paths::unsafe_path;

/// One entry of the central directory.
#[derive(Debug)]
pub(super) struct Record {
    pub raw_name: Vec<u8>,
    /// The name without the slash that makes it a folder; as well as it can be shown.
    pub path: String,
    pub is_folder: bool,
    pub flags: u16,
    pub method: u16,
    pub crc32: u32,
    pub wide: Sizes64,
    pub sound: bool,
}

impl Record {
    pub fn has_descriptor(&self) -> bool {
        self.flags & flags::DESCRIPTOR != 0
    }

    /// Only valid for a sound record.
    pub fn method(&self) -> Method {
        if self.method == method::DEFLATED {
            Method::Deflated
        } else {
            Method::Stored
        }
    }
}

pub(super) mod flags {
    pub const DESCRIPTOR: u16 = 1 << 3;
    /// Traditional, strong, and of the directory itself.
    pub const ENCRYPTED: u16 = 1 | 1 << 6 | 1 << 13;
    /// The compression level: no reader needs it, and some writers (Perl's Archive::Zip) set it in the central directory only.
    pub const LEVEL: u16 = 1 << 1 | 1 << 2;
    /// Compression level, data descriptor, UTF-8.
    pub const KNOWN: u16 = LEVEL | DESCRIPTOR | 1 << 11;
}

mod method {
    pub const STORED: u16 = 0;
    pub const DEFLATED: u16 = 8;
}

const SIGNATURE: &[u8] = b"PK\x01\x02";
/// 6.3 is the last version that changed what a reader must know; some refuse a member beyond it, others do not look.
pub(super) const NEWEST: u8 = 63;

/// Reads the directory, which must be exactly as long and have exactly as many entries as the end record says.
pub(super) fn read(
    source: &mut (impl Read + Seek),
    end: &EndRecord,
    faults: &mut Faults,
) -> Result<Vec<Record>, ArchiveError> {
    let bytes = read_at(source, end.directory_offset, end.directory_bytes)?;
    let damaged = |what: &str| ArchiveError::Archive(format!("the ZIP is damaged: {what}"));
    let mut fields = RecordReader(&bytes);
    let mut records = Vec::new();
    while !fields.0.is_empty() {
        if records.len() as u64 >= end.entries {
            return Err(damaged(
                "its central directory has more entries than its end record declares",
            ));
        }
        let raw = raw(&mut fields).ok_or_else(|| damaged("its central directory is cut off"))?;
        if raw.disk != 0 {
            return Err(ArchiveError::Archive(
                "the ZIP is a part of a split archive: save it as one file".to_owned(),
            ));
        }
        let record =
            record(&raw, faults).ok_or_else(|| damaged("an offset in its central directory is not certain"))?;
        records.push(record);
    }
    if (records.len() as u64) < end.entries {
        return Err(damaged(
            "its central directory has fewer entries than its end record declares",
        ));
    }
    Ok(records)
}

/// A central directory header.
struct CentralHeader<'a> {
    host: u8,
    /// The version of the format, times ten, that a reader must know.
    needed: u8,
    flags: u16,
    method: u16,
    crc32: u32,
    narrow: Sizes32,
    disk: u16,
    attributes: u32,
    name: &'a [u8],
    extra: &'a [u8],
    comment: &'a [u8],
}

impl CentralHeader<'_> {
    fn is_folder(&self) -> bool {
        self.name.ends_with(b"/")
    }
}

fn raw<'a>(fields: &mut RecordReader<'a>) -> Option<CentralHeader<'a>> {
    if fields.take(4)? != SIGNATURE {
        return None;
    }
    let host = *fields.take(2)?.last()?;
    let needed = *fields.take(2)?.first()?;
    let (flags, method) = (fields.u16()?, fields.u16()?);
    fields.take(4)?;
    let crc32 = fields.u32()?;
    let (packed_bytes, inflated_bytes) = (fields.u32()?, fields.u32()?);
    let lengths = [fields.u16()?, fields.u16()?, fields.u16()?];
    let disk = fields.u16()?;
    fields.take(2)?;
    let (attributes, offset) = (fields.u32()?, fields.u32()?);
    let [name, extra, comment] = lengths.map(|length| fields.take(length.into()));
    Some(CentralHeader {
        host,
        needed,
        flags,
        method,
        crc32,
        narrow: Sizes32 {
            inflated_bytes,
            packed_bytes,
            offset,
        },
        disk,
        attributes,
        name: name?,
        extra: extra?,
        comment: comment?,
    })
}

/// Checks one entry by itself; `None` when not even its offset is known.
fn record(raw: &CentralHeader<'_>, faults: &mut Faults) -> Option<Record> {
    let shown = String::from_utf8_lossy(raw.name);
    let before = faults.len();
    let mut fault = |message: &str| faults.add(PACK_RULE, Some(&shown), message);
    let extra = match extra::parse(raw.extra) {
        Ok(extra) => extra,
        Err(message) => {
            fault(message);
            extra::ExtraFields::default()
        }
    };
    let wide = extra::widen(extra.zip64, raw.narrow).map_err(&mut fault).ok()?;
    for message in own_faults(raw, &extra, &wide) {
        faults.add(PACK_RULE, Some(&shown), message);
    }
    let path = shown.strip_suffix('/').unwrap_or(&shown);
    if let Some(reason) = unsafe_path(path) {
        let message = format!("has a name that is not allowed: it {reason}");
        faults.add(PACK_RULE, Some(&shown), message);
    }
    Some(Record {
        raw_name: raw.name.to_vec(),
        path: path.to_owned(),
        is_folder: raw.is_folder(),
        flags: raw.flags,
        method: raw.method,
        crc32: raw.crc32,
        wide,
        sound: faults.len() == before,
    })
}

fn own_faults(raw: &CentralHeader<'_>, extra: &extra::ExtraFields<'_>, wide: &Sizes64) -> Vec<&'static str> {
    let encrypted = raw.flags & flags::ENCRYPTED != 0 || extra.encrypted;
    // Some archivers deflate a folder's no bytes, which gives two.
    let nothing = wide.packed_bytes == 0 || (raw.method == method::DEFLATED && wide.packed_bytes == 2);
    let empty = wide.inflated_bytes == 0 && raw.crc32 == 0 && nothing;
    let checks = [
        (std::str::from_utf8(raw.name).is_err(), "has a name that is not UTF-8"),
        (
            !extra::repeats_name(extra.unicode_path, raw.name),
            "has a different name in its Unicode path extra field",
        ),
        (wide.alone == Some(extra::Size::Packed), extra::ONE_SIZE),
        (encrypted, "is encrypted"),
        (
            raw.needed > NEWEST,
            "needs a version of the ZIP format that does not exist",
        ),
        (
            !encrypted && raw.flags & !flags::KNOWN != 0,
            "has flags that are not accepted (patched data, or reserved flags)",
        ),
        (
            ![method::STORED, method::DEFLATED].contains(&raw.method),
            "has a compression method that is not accepted: use stored or deflate",
        ),
        (raw.is_folder() && !empty, "is a folder with contents"),
        (
            extra.special || !has_plain_attributes(raw),
            "is a link or a device, not a file",
        ),
        (
            std::str::from_utf8(raw.comment).is_err() || has_signature(raw.comment),
            "has a comment that is not UTF-8 or has records of a ZIP in it",
        ),
    ];
    checks
        .into_iter()
        .filter_map(|(wrong, message)| wrong.then_some(message))
        .collect()
}

/// True when the attributes are those of a plain file or folder, as the name says.
fn has_plain_attributes(raw: &CentralHeader<'_>) -> bool {
    const TYPE: u32 = 0o170_000;
    const FOLDER: u32 = 0o040_000;
    const FILE: u32 = 0o100_000;
    // Volume label, device; reparse points are links of Windows.
    const DOS_SPECIAL: u32 = 0x08 | 0x40;
    const DOS_FOLDER: u32 = 0x10;
    const REPARSE: u32 = 0x400;
    const WINDOWS: [u8; 4] = [0, 10, 11, 14];
    let is_folder = raw.is_folder();
    let expected = if is_folder { FOLDER } else { FILE };
    let unix = (raw.attributes >> 16) & TYPE;
    let special = if WINDOWS.contains(&raw.host) {
        DOS_SPECIAL | REPARSE
    } else {
        DOS_SPECIAL
    };
    // Some programs write a folder as a file without contents whose name ends in a slash, which is no danger.
    ([0, expected].contains(&unix) || (is_folder && unix == FILE))
        && raw.attributes & special == 0
        && (is_folder || raw.attributes & DOS_FOLDER == 0)
}
