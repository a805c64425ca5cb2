//! Little-endian numbers out of bytes whose length is not trusted.

use std::io::{self, Read, Seek, SeekFrom};

/// Reads a record; holds the bytes that are left.
#[derive(Debug, Clone, Copy)]
pub(super) struct RecordReader<'a>(pub &'a [u8]);

impl<'a> RecordReader<'a> {
    /// The next bytes, or `None` when there are not as many.
    pub fn take(&mut self, bytes: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(bytes)?;
        self.0 = rest;
        Some(taken)
    }

    pub fn u16(&mut self) -> Option<u16> {
        self.take(2)
            .and_then(|bytes| bytes.try_into().ok())
            .map(u16::from_le_bytes)
    }

    pub fn u32(&mut self) -> Option<u32> {
        self.take(4)
            .and_then(|bytes| bytes.try_into().ok())
            .map(u32::from_le_bytes)
    }

    pub fn u64(&mut self) -> Option<u64> {
        self.take(8)
            .and_then(|bytes| bytes.try_into().ok())
            .map(u64::from_le_bytes)
    }
}

/// Up to `most` bytes from an offset; fewer only where the file ends.
pub(super) fn read_at(source: &mut (impl Read + Seek), offset: u64, most: u64) -> io::Result<Vec<u8>> {
    source.seek(SeekFrom::Start(offset))?;
    let mut bytes = Vec::new();
    source.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// True when the bytes contain the signature of any ZIP record, so that a reader that searches for one would find it.
pub(super) fn has_signature(bytes: &[u8]) -> bool {
    const SIGNATURES: [&[u8]; 6] = [
        b"PK\x01\x02",
        b"PK\x03\x04",
        b"PK\x05\x06",
        b"PK\x06\x06",
        b"PK\x06\x07",
        b"PK\x07\x08",
    ];
    bytes.windows(4).any(|window| SIGNATURES.contains(&window))
}
