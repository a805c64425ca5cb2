//! The central directory.

use std::io::{Read, Seek};

use super::bytes::{Fields, has_signature, read_at};
use super::end::End;
use super::extra::{self, Narrow, Wide};
use super::{Fault, Method};
use crate::faults::{Faults, PACK_RULE};
use crate::manifest::unsafe_path;

/// One entry of the directory.
#[derive(Debug)]
pub(super) struct Record {
    pub raw_name: Vec<u8>,
    /// The name without the slash that makes it a folder; as well as it can be shown.
    pub path: String,
    pub is_folder: bool,
    pub flags: u16,
    pub method: u16,
    pub crc32: u32,
    pub wide: Wide,
    pub sound: bool,
}

impl Record {
    pub fn has_descriptor(&self) -> bool {
        self.flags & flags::DESCRIPTOR != 0
    }

    /// Only for a sound record.
    pub fn method(&self) -> Method {
        if self.method == method::DEFLATED {
            Method::Deflated
        } else {
            Method::Stored
        }
    }
}

mod flags {
    pub const DESCRIPTOR: u16 = 1 << 3;
    /// Traditional, strong, and of the directory itself.
    pub const ENCRYPTED: u16 = 1 | 1 << 6 | 1 << 13;
    /// How hard it was packed, descriptor, UTF-8.
    pub const KNOWN: u16 = 1 << 1 | 1 << 2 | DESCRIPTOR | 1 << 11;
}

mod method {
    pub const STORED: u16 = 0;
    pub const DEFLATED: u16 = 8;
}

const SIGNATURE: &[u8] = b"PK\x01\x02";
/// 6.3 is the last version that changed what a reader must know; some refuse a member beyond it, others do not look.
pub(super) const NEWEST: u8 = 63;

/// Reads the directory, which must be exactly as long and have exactly as many entries as the end record says.
pub(super) fn read(source: &mut (impl Read + Seek), end: &End, faults: &mut Faults) -> Result<Vec<Record>, Fault> {
    let bytes = read_at(source, end.directory_offset, end.directory_bytes)?;
    let damaged = |what: &str| Fault::Archive(format!("the ZIP is damaged: {what}"));
    let mut fields = Fields(&bytes);
    let mut records = Vec::new();
    while !fields.0.is_empty() {
        if records.len() as u64 >= end.entries {
            return Err(damaged("its directory has more entries than its end record says"));
        }
        let raw = raw(&mut fields).ok_or_else(|| damaged("its directory is cut off or not a directory"))?;
        if raw.disk != 0 {
            return Err(Fault::Archive(
                "the ZIP is one of several volumes, which is not accepted".to_owned(),
            ));
        }
        let record = record(&raw, faults).ok_or_else(|| damaged("a place in its directory is not certain"))?;
        records.push(record);
    }
    if (records.len() as u64) < end.entries {
        return Err(damaged("its directory has fewer entries than its end record says"));
    }
    Ok(records)
}

/// The fields as they stand in the file.
struct Raw<'a> {
    host: u8,
    /// The version of the format, times ten, that a reader must know.
    needed: u8,
    flags: u16,
    method: u16,
    crc32: u32,
    narrow: Narrow,
    disk: u16,
    attributes: u32,
    name: &'a [u8],
    extra: &'a [u8],
    comment: &'a [u8],
}

fn raw<'a>(fields: &mut Fields<'a>) -> Option<Raw<'a>> {
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
    Some(Raw {
        host,
        needed,
        flags,
        method,
        crc32,
        narrow: Narrow {
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

/// Judges one entry by itself; `None` when not even its place is known.
fn record(raw: &Raw<'_>, faults: &mut Faults) -> Option<Record> {
    let shown = String::from_utf8_lossy(raw.name);
    let before = faults.len();
    let mut fault = |message: &str| faults.add(PACK_RULE, Some(&shown), message);
    let extra = match extra::parse(raw.extra) {
        Ok(extra) => extra,
        Err(message) => {
            fault(message);
            extra::Extra::default()
        }
    };
    let wide = extra::widen(extra.zip64, raw.narrow).map_err(&mut fault).ok()?;
    let is_folder = raw.name.ends_with(b"/");
    for message in own_faults(raw, &extra, is_folder, &wide) {
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
        is_folder,
        flags: raw.flags,
        method: raw.method,
        crc32: raw.crc32,
        wide,
        sound: faults.len() == before,
    })
}

fn own_faults(raw: &Raw<'_>, extra: &extra::Extra<'_>, is_folder: bool, wide: &Wide) -> Vec<&'static str> {
    let encrypted = raw.flags & flags::ENCRYPTED != 0 || extra.encrypted;
    // Some archivers deflate a folder's no bytes, which gives two.
    let nothing = wide.packed_bytes == 0 || (raw.method == method::DEFLATED && wide.packed_bytes == 2);
    let empty = wide.inflated_bytes == 0 && raw.crc32 == 0 && nothing;
    let checks = [
        (std::str::from_utf8(raw.name).is_err(), "has a name that is not UTF-8"),
        (
            !extra::repeats_name(extra.unicode_path, raw.name),
            "has another name in its Unicode path field",
        ),
        (encrypted, "is encrypted"),
        (
            raw.needed > NEWEST,
            "needs a newer version of the ZIP format than there is",
        ),
        (
            !encrypted && raw.flags & !flags::KNOWN != 0,
            "has flags that are not accepted (patched data, or without a meaning)",
        ),
        (
            ![method::STORED, method::DEFLATED].contains(&raw.method),
            "is packed in a way that is not accepted (only stored and deflated are)",
        ),
        (is_folder && !empty, "is a folder with contents"),
        (
            extra.special || !plain(raw, is_folder),
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

/// Whether the attributes speak of a plain file or folder, as the name does.
fn plain(raw: &Raw<'_>, is_folder: bool) -> bool {
    const TYPE: u32 = 0o170_000;
    const FOLDER: u32 = 0o040_000;
    const FILE: u32 = 0o100_000;
    // Volume label, device; reparse points are links of Windows.
    const DOS_SPECIAL: u32 = 0x08 | 0x40;
    const DOS_FOLDER: u32 = 0x10;
    const REPARSE: u32 = 0x400;
    const WINDOWS: [u8; 4] = [0, 10, 11, 14];
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
