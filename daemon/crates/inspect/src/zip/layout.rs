//! The layout of members: back to back, from the first byte of the file to the directory.

use std::io::{self, Read, Seek};

use super::bytes::{RecordReader, read_at};
use super::central::Record;
use super::local::Member;
use crate::faults::{Faults, PACK_RULE};

/// Checks that every byte before the directory belongs to one member; false when one does not.
pub(super) fn check(
    source: &mut (impl Read + Seek),
    members: &[Member],
    directory_offset: u64,
    faults: &mut Faults,
) -> io::Result<bool> {
    let mut placed: Vec<(&Record, (u64, u64))> = members
        .iter()
        .filter_map(|member| Some((&member.record, member.data?)))
        .collect();
    if placed.len() < members.len() {
        // Reported already; the rest would only be reported as gaps.
        return Ok(false);
    }
    placed.sort_by_key(|(record, _)| record.wide.offset);
    let before = faults.len();
    let first = placed
        .first()
        .map_or(directory_offset, |(record, _)| record.wide.offset);
    if first > 0 {
        faults.add(PACK_RULE, None, "the ZIP has other data before its first file");
    }
    for (index, (record, (_, data_end))) in placed.iter().enumerate() {
        let next = placed.get(index + 1);
        let next_start = next.map_or(directory_offset, |(next, _)| next.wide.offset);
        if let Some(message) = end_fault(source, record, *data_end, next_start)? {
            faults.add(PACK_RULE, Some(&record.path), message);
        }
    }
    Ok(faults.len() == before)
}

/// The fault between the end of a member's data and the next local file header.
fn end_fault(
    source: &mut (impl Read + Seek),
    record: &Record,
    data_end: u64,
    next_start: u64,
) -> io::Result<Option<&'static str>> {
    let Some(between) = next_start.checked_sub(data_end) else {
        return Ok(Some("overlaps another entry of the ZIP"));
    };
    if !record.has_descriptor() {
        return Ok((between > 0).then_some("is followed by bytes that belong to no entry of the ZIP"));
    }
    if ![12, 16, 20, 24].contains(&between) {
        return Ok(Some("has no data descriptor after its data, or additional bytes"));
    }
    let descriptor = read_at(source, data_end, between)?;
    Ok((!describes(&descriptor, record)).then_some("has a data descriptor that differs from the central directory"))
}

/// With or without its signature, in 32 or 64 bits: each of the four has its own length.
fn describes(descriptor: &[u8], record: &Record) -> bool {
    let mut fields = RecordReader(descriptor);
    let signed = matches!(descriptor.len(), 16 | 24);
    if signed && fields.take(4) != Some(b"PK\x07\x08") {
        return false;
    }
    let crc32 = fields.u32();
    let (packed, inflated) = if fields.0.len() == 16 {
        (fields.u64(), fields.u64())
    } else {
        (fields.u32().map(u64::from), fields.u32().map(u64::from))
    };
    crc32 == Some(record.crc32)
        && packed == Some(record.wide.packed_bytes)
        && inflated == Some(record.wide.inflated_bytes)
}
