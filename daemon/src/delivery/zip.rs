//! The layout of a ZIP whose members are stored as they are: with sizes and CRCs known before, any part of it can be sent.

use std::ops::Range;

use tradepost_store::sha256;

const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
/// 2.0, stored, names in UTF-8.
const VERSION: u16 = 20;
const UTF8: u16 = 1 << 11;
/// 1980-01-01 00:00: the same ZIP has the same bytes.
const TIME: u16 = 0;
const DATE: u16 = (1 << 5) | 1;

/// A member.
pub struct Entry<S> {
    pub name: String,
    pub size_bytes: u32,
    pub crc32: u32,
    pub source: S,
}

/// A piece of the ZIP.
pub enum Piece<'a, S> {
    Bytes(&'a [u8]),
    /// Bytes of a member.
    Member(&'a S),
}

struct Segment<S> {
    header: Vec<u8>,
    source: S,
    size_bytes: u64,
}

/// A ZIP before its members are read.
pub struct Layout<S> {
    segments: Vec<Segment<S>>,
    end: Vec<u8>,
    pub size_bytes: u64,
    /// SHA-256 of the directory: names, sizes and CRCs.
    pub sha256: [u8; 32],
}

impl<S> Layout<S> {
    /// Lays members out in their order. `None`: they are too many or too large for a ZIP without extensions.
    pub fn new(entries: Vec<Entry<S>>) -> Option<Self> {
        let count = u16::try_from(entries.len()).ok().filter(|count| *count < u16::MAX)?;
        let (mut segments, mut central, mut offset) = (Vec::new(), Vec::new(), 0u64);
        for entry in entries {
            let at = u32::try_from(offset).ok()?;
            let about = about(&entry)?;
            let mut header = [&LOCAL.to_le_bytes()[..], &VERSION.to_le_bytes(), &about].concat();
            header.extend(entry.name.as_bytes());
            central.extend(
                [
                    &CENTRAL.to_le_bytes()[..],
                    &VERSION.to_le_bytes(),
                    &VERSION.to_le_bytes(),
                    &about,
                ]
                .concat(),
            );
            // No comment, first disk, no attributes.
            central.extend([0; 10]);
            central.extend(at.to_le_bytes());
            central.extend(entry.name.as_bytes());
            offset += header.len() as u64 + u64::from(entry.size_bytes);
            segments.push(Segment {
                header,
                source: entry.source,
                size_bytes: entry.size_bytes.into(),
            });
        }
        let (at, central_size) = (u32::try_from(offset).ok()?, u32::try_from(central.len()).ok()?);
        let sha256 = sha256(&central);
        let mut end = central;
        end.extend(END.to_le_bytes());
        end.extend([0; 4]);
        end.extend([count.to_le_bytes(), count.to_le_bytes()].concat());
        end.extend([central_size.to_le_bytes(), at.to_le_bytes()].concat());
        end.extend([0; 2]);
        let size_bytes = offset + end.len() as u64;
        u32::try_from(size_bytes).ok()?;
        Some(Self {
            segments,
            end,
            size_bytes,
            sha256,
        })
    }

    /// The pieces of a part, in their order, each with the range in it.
    pub fn pieces(&self, part: &Range<u64>) -> Vec<(Piece<'_, S>, Range<u64>)> {
        let mut all = Vec::new();
        for segment in &self.segments {
            all.push((Piece::Bytes(&segment.header), segment.header.len() as u64));
            all.push((Piece::Member(&segment.source), segment.size_bytes));
        }
        all.push((Piece::Bytes(&self.end), self.end.len() as u64));
        let mut offset = 0;
        let wanted = all.into_iter().filter_map(|(piece, size)| {
            let (first, last) = (part.start.max(offset), part.end.min(offset + size));
            let range = (first < last).then(|| first - offset..last - offset);
            offset += size;
            range.map(|range| (piece, range))
        });
        wanted.collect()
    }
}

/// The part that a local header and a central one share: flags to the length of the extra field.
fn about<S>(entry: &Entry<S>) -> Option<Vec<u8>> {
    let name = u16::try_from(entry.name.len()).ok()?;
    let mut about = Vec::new();
    for half in [UTF8, 0, TIME, DATE] {
        about.extend(half.to_le_bytes());
    }
    for word in [entry.crc32, entry.size_bytes, entry.size_bytes] {
        about.extend(word.to_le_bytes());
    }
    about.extend([name.to_le_bytes(), [0; 2]].concat());
    Some(about)
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read as _};

    use super::*;

    fn layout(files: &[(&str, &[u8])]) -> Layout<Vec<u8>> {
        let entry = |(name, bytes): &(&str, &[u8])| Entry {
            name: (*name).to_owned(),
            size_bytes: bytes.len() as u32,
            crc32: crc32fast::hash(bytes),
            source: bytes.to_vec(),
        };
        Layout::new(files.iter().map(entry).collect()).unwrap()
    }

    fn read(layout: &Layout<Vec<u8>>, part: Range<u64>) -> Vec<u8> {
        let pieces = layout.pieces(&part).into_iter().map(|(piece, range)| {
            let bytes = match piece {
                Piece::Bytes(bytes) => bytes,
                Piece::Member(bytes) => bytes.as_slice(),
            };
            &bytes[range.start as usize..range.end as usize]
        });
        pieces.collect::<Vec<_>>().concat()
    }

    #[test]
    fn every_reader_opens_it_and_every_part_is_that_of_the_whole() {
        let files = [
            ("LICENCE.txt", &b"terms"[..]),
            ("leer", b""),
            ("files/\u{fc}.svg", b"<svg/>"),
        ];
        let layout = layout(&files);
        let whole = read(&layout, 0..layout.size_bytes);
        assert_eq!(whole.len() as u64, layout.size_bytes);
        let mut archive = ::zip::ZipArchive::new(Cursor::new(&whole)).unwrap();
        for (name, expected) in files {
            let mut bytes = Vec::new();
            archive.by_name(name).unwrap().read_to_end(&mut bytes).unwrap();
            assert_eq!(bytes, expected, "{name}");
        }
        for first in 0..whole.len() {
            for last in first..=whole.len() {
                assert_eq!(read(&layout, first as u64..last as u64), whole[first..last]);
            }
        }
    }
}
