//! Checks the contents of members: their size, and that none is an archive.

use std::fs::File;
use std::io::{self, Read};

use super::PackLimits;
use crate::faults::{Faults, PACK_RULE};
use crate::magic;
use crate::text::size;
use crate::zip::{Archive, Entry, EntryReader};

/// Inflates every member once, to count and to verify.
pub(super) fn count_members(archive: &mut Archive<File>, limits: &PackLimits, faults: &mut Faults) -> io::Result<()> {
    let mut total = 0;
    let mut window = Window::default();
    for index in 0..archive.entries().len() {
        let entry = archive.entries()[index].clone();
        if entry.is_folder || !entry.is_sound() {
            continue;
        }
        if magic::is_archive_name(&entry.path) {
            faults.add(PACK_RULE, Some(&entry.path), NESTED);
            continue;
        }
        let left = limits.inflated_bytes - total;
        match count(archive.reader(index)?, &entry, limits, left, &mut window) {
            Ok(bytes) => total += bytes,
            Err(MemberError::Member(message)) => faults.add(PACK_RULE, Some(&entry.path), message),
            Err(MemberError::Pack(message)) => {
                faults.add(PACK_RULE, Some(&entry.path), message);
                return Ok(());
            }
            Err(MemberError::Io(error)) => return Err(error),
        }
    }
    Ok(())
}

const NESTED: &str = "is an archive: archives in a pack are not allowed";

enum MemberError {
    Member(String),
    /// No use in looking further.
    Pack(String),
    Io(io::Error),
}

impl From<io::Error> for MemberError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::InvalidData => Self::Member(format!("is damaged: it {error}")),
            _ => Self::Io(error),
        }
    }
}

/// The size of one member, or what is wrong with it.
fn count(
    reader: EntryReader<'_, File>,
    entry: &Entry,
    limits: &PackLimits,
    left: u64,
    window: &mut Window,
) -> Result<u64, MemberError> {
    let allowed = limits.allowed(entry);
    let most = allowed.bytes.min(left);
    let mut reader = reader.take(most.saturating_add(1));
    window.clear();
    let mut bytes = window.next(&mut reader)?;
    if magic::is_archive(window.newest()) && !is_compressed_svg(&entry.path, window.newest()) {
        return Err(MemberError::Member(NESTED.to_owned()));
    }
    let mut total = bytes;
    while bytes == PIECE_BYTES {
        bytes = window.next(&mut reader)?;
        total += bytes;
    }
    if total <= most {
        return match window.ends_as_zip() {
            true => Err(MemberError::Member(format!("{NESTED} (it ends as a ZIP does)"))),
            false => Ok(total),
        };
    }
    if allowed.bytes > left {
        return Err(MemberError::Pack(format!(
            "the pack inflates to more than {} with this file",
            size(limits.inflated_bytes)
        )));
    }
    Err(MemberError::Member(format!("inflates to more than {}", allowed.reason)))
}

/// The one compressed format that a pack may have; its content is inspected with the drawing.
fn is_compressed_svg(path: &str, head: &[u8]) -> bool {
    head.starts_with(b"\x1f\x8b") && path.to_ascii_lowercase().ends_with(".svgz")
}

/// The last two pieces of a member: together always enough to find the end record of a ZIP.
#[derive(Default)]
struct Window {
    older: Vec<u8>,
    newer: Vec<u8>,
}

/// An end record with the longest comment.
const PIECE_BYTES: u64 = 22 + 65_535;

impl Window {
    /// Reads the next piece, which is whole unless the member ends with it; how long it is.
    fn next(&mut self, reader: &mut impl Read) -> io::Result<u64> {
        std::mem::swap(&mut self.older, &mut self.newer);
        self.newer.clear();
        Ok(reader.by_ref().take(PIECE_BYTES).read_to_end(&mut self.newer)? as u64)
    }

    /// Before another member.
    fn clear(&mut self) {
        self.older.clear();
        self.newer.clear();
    }

    fn newest(&self) -> &[u8] {
        &self.newer
    }

    fn ends_as_zip(&self) -> bool {
        magic::ends_as_zip(&[self.older.as_slice(), &self.newer].concat())
    }
}
