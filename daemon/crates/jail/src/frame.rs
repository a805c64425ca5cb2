//! Length-prefixed frames over a socket.
//!
//! A frame is `u32` head length, `u32` number of blobs, a `u64` length for each blob, the head (JSON), the blobs; all integers big endian.
//! Every length is checked against [`FrameLimits`] before a byte of it is read, on both sides: neither trusts the other.

use std::io::{self, Read, Write};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Largest sizes of a frame that is read.
#[derive(Debug, Clone, Copy)]
pub struct FrameLimits {
    pub head_bytes: u32,
    pub blobs: u32,
    /// Size of all blobs together.
    pub blob_bytes: u64,
}

/// A frame that was read: the head still as JSON.
#[derive(Debug)]
pub struct Frame {
    head: Vec<u8>,
    pub blobs: Vec<Vec<u8>>,
}

impl Frame {
    /// Parses the head; `InvalidData` when it does not fit.
    pub fn head<T: DeserializeOwned>(&self) -> io::Result<T> {
        serde_json::from_slice(&self.head).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }
}

/// Writes one frame.
pub fn write_frame(mut to: impl Write, head: &impl Serialize, blobs: &[&[u8]]) -> io::Result<()> {
    let head = serde_json::to_vec(head)?;
    let mut prefix = Vec::with_capacity(8 + blobs.len() * 8 + head.len());
    prefix.extend(length(head.len())?.to_be_bytes());
    prefix.extend(length(blobs.len())?.to_be_bytes());
    for blob in blobs {
        prefix.extend((blob.len() as u64).to_be_bytes());
    }
    prefix.extend(head);
    to.write_all(&prefix)?;
    blobs.iter().try_for_each(|blob| to.write_all(blob))
}

/// Reads one frame; `InvalidData` when it is over a limit.
pub fn read_frame(mut from: impl Read, limits: &FrameLimits) -> io::Result<Frame> {
    let head_bytes = read_u32(&mut from)?;
    let blob_count = read_u32(&mut from)?;
    if head_bytes > limits.head_bytes || blob_count > limits.blobs {
        return Err(too_large());
    }
    let mut lengths = Vec::with_capacity(blob_count as usize);
    let mut total: u64 = 0;
    for _ in 0..blob_count {
        let mut bytes = [0; 8];
        from.read_exact(&mut bytes)?;
        let length = u64::from_be_bytes(bytes);
        total = total
            .checked_add(length)
            .filter(|&sum| sum <= limits.blob_bytes)
            .ok_or_else(too_large)?;
        lengths.push(length);
    }
    let head = read_exactly(&mut from, u64::from(head_bytes))?;
    let blobs = lengths
        .into_iter()
        .map(|length| read_exactly(&mut from, length))
        .collect::<io::Result<_>>()?;
    Ok(Frame { head, blobs })
}

/// Memory grows with what arrives, not with what was announced.
fn read_exactly(from: &mut impl Read, length: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(length.min(1 << 20) as usize);
    from.take(length).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == length {
        Ok(bytes)
    } else {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}

fn read_u32(from: &mut impl Read) -> io::Result<u32> {
    let mut bytes = [0; 4];
    from.read_exact(&mut bytes)?;
    Ok(u32::from_be_bytes(bytes))
}

fn length(bytes: usize) -> io::Result<u32> {
    u32::try_from(bytes).map_err(|_| too_large())
}

fn too_large() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a frame is larger than it may be")
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: FrameLimits = FrameLimits {
        head_bytes: 1024,
        blobs: 2,
        blob_bytes: 10,
    };

    const HEAD: &str = "head";

    fn written(blobs: &[&[u8]]) -> Vec<u8> {
        let mut bytes = Vec::new();
        write_frame(&mut bytes, &HEAD, blobs).unwrap();
        bytes
    }

    #[test]
    fn a_frame_comes_back_as_it_was_written() {
        let frame = read_frame(written(&[b"abc", b""]).as_slice(), &LIMITS).unwrap();
        assert_eq!(frame.head::<String>().unwrap(), HEAD);
        assert_eq!(frame.blobs, [b"abc".to_vec(), Vec::new()]);
    }

    #[test]
    fn a_frame_over_a_limit_is_refused() {
        for blobs in [&[b"12345678901".as_slice()][..], &[b"", b"", b""]] {
            let error = read_frame(written(blobs).as_slice(), &LIMITS).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        }
        let announced = [u32::MAX.to_be_bytes(), [0; 4]].concat();
        assert_eq!(
            read_frame(announced.as_slice(), &LIMITS).unwrap_err().kind(),
            io::ErrorKind::InvalidData
        );
    }

    #[test]
    fn lengths_that_overflow_are_refused() {
        let mut bytes = [2_u32.to_be_bytes(), 2_u32.to_be_bytes()].concat();
        bytes.extend(1_u64.to_be_bytes());
        bytes.extend(u64::MAX.to_be_bytes());
        assert_eq!(
            read_frame(bytes.as_slice(), &LIMITS).unwrap_err().kind(),
            io::ErrorKind::InvalidData
        );
    }

    #[test]
    fn a_truncated_frame_is_an_error() {
        let bytes = written(&[b"abc"]);
        let error = read_frame(&bytes[..bytes.len() - 1], &LIMITS).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }
}
