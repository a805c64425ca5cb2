//! Inflates one member and proves that it is what its headers say.

use std::io::{self, Read, Seek, SeekFrom};

use flate2::{Decompress, FlushDecompress, Status};

use super::{Entry, Method};

const BUFFER_BYTES: usize = 64 << 10;

/// Buffers that the readers of all entries share.
#[derive(Debug)]
pub(super) struct Workspace {
    inflate: Decompress,
    buffer: Vec<u8>,
}

impl Default for Workspace {
    fn default() -> Self {
        Self {
            inflate: Decompress::new(false),
            buffer: Vec::new(),
        }
    }
}

/// The contents of one member. Reading never goes beyond the declared size, and at the end of the contents, or earlier, it fails when size,
/// checksum or the packed data itself are not as declared.
#[derive(Debug)]
pub struct EntryReader<'a, R> {
    source: &'a mut R,
    workspace: &'a mut Workspace,
    entry: &'a Entry,
    /// Bytes of the packed data that are not read yet.
    unread: u64,
    buffered: std::ops::Range<usize>,
    given: u64,
    hasher: crc32fast::Hasher,
    /// The last bytes that were read of a stored member with a data descriptor.
    overlap: Vec<u8>,
    ended: bool,
    proven: bool,
}

impl<'a, R: Read + Seek> EntryReader<'a, R> {
    pub(super) fn new(source: &'a mut R, entry: &'a Entry, workspace: &'a mut Workspace) -> io::Result<Self> {
        source.seek(SeekFrom::Start(entry.data_offset))?;
        workspace.inflate.reset(false);
        workspace.buffer.resize(BUFFER_BYTES, 0);
        Ok(Self {
            source,
            workspace,
            entry,
            unread: entry.packed_bytes,
            buffered: 0..0,
            given: 0,
            hasher: crc32fast::Hasher::new(),
            overlap: Vec::new(),
            ended: false,
            proven: false,
        })
    }

    /// Fills the empty buffer; nothing when the packed data is at its end.
    fn refill(&mut self) -> io::Result<()> {
        if !self.buffered.is_empty() || self.unread == 0 {
            return Ok(());
        }
        let most = usize::try_from(self.unread).map_or(BUFFER_BYTES, |unread| unread.min(BUFFER_BYTES));
        let bytes = self.source.read(&mut self.workspace.buffer[..most])?;
        if bytes == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.unread -= bytes as u64;
        self.buffered = 0..bytes;
        Ok(())
    }

    fn stored(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.refill()?;
        let bytes = self.buffered.len().min(out.len());
        let from = self.buffered.start;
        out[..bytes].copy_from_slice(&self.workspace.buffer[from..from + bytes]);
        self.buffered.start += bytes;
        self.ended = self.buffered.is_empty() && self.unread == 0;
        if self.entry.has_descriptor {
            self.search_descriptor(&out[..bytes])?;
        }
        Ok(bytes)
    }

    /// A reader that does not look at the directory takes the first descriptor it meets for the end of stored data.
    fn search_descriptor(&mut self, bytes: &[u8]) -> io::Result<()> {
        const SIGNATURE: &[u8] = b"PK\x07\x08";
        self.overlap.extend(bytes.iter().take(3));
        let found = |bytes: &[u8]| bytes.windows(4).any(|window| window == SIGNATURE);
        if found(&self.overlap) || found(bytes) {
            return Err(wrong("has the signature of a data descriptor in its stored data"));
        }
        let mut last = std::mem::take(&mut self.overlap);
        if bytes.len() >= 3 {
            last.clear();
            last.extend(&bytes[bytes.len() - 3..]);
        } else {
            last.drain(..last.len().saturating_sub(3));
        }
        self.overlap = last;
        Ok(())
    }

    fn deflated(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            self.refill()?;
            let at_end = self.buffered.is_empty();
            let inflate = &mut self.workspace.inflate;
            let before = (inflate.total_in(), inflate.total_out());
            let input = &self.workspace.buffer[self.buffered.clone()];
            let status = inflate
                .decompress(input, out, FlushDecompress::None)
                .map_err(|_| wrong("is not packed properly"))?;
            // Both are bounded by the slices given.
            self.buffered.start += (inflate.total_in() - before.0) as usize;
            let bytes = (inflate.total_out() - before.1) as usize;
            if status == Status::StreamEnd {
                self.ended = true;
                return Ok(bytes);
            }
            if bytes > 0 {
                return Ok(bytes);
            }
            if at_end {
                return Err(wrong("is cut off"));
            }
        }
    }

    /// Everything was given: now all accounts must agree.
    fn prove(&mut self) -> io::Result<()> {
        let declared = self.entry.inflated_bytes;
        if !self.buffered.is_empty() || self.unread > 0 {
            return Err(wrong("has other data after the end of its packed data"));
        }
        if let Some(other) = self.entry.contradicted {
            return Err(wrong(format!("has two sizes in its headers, {declared} and {other}")));
        }
        if self.given != declared {
            return Err(wrong(format!(
                "has {} bytes, but its headers say {declared}",
                self.given
            )));
        }
        if self.hasher.clone().finalize() != self.entry.crc32 {
            return Err(wrong("has a different CRC than its headers declare"));
        }
        self.proven = true;
        Ok(())
    }
}

impl<R: Read + Seek> Read for EntryReader<'_, R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() || self.proven {
            return Ok(0);
        }
        let bytes = match self.entry.method {
            _ if self.ended => 0,
            Method::Stored => self.stored(out)?,
            Method::Deflated => self.deflated(out)?,
        };
        self.given += bytes as u64;
        if self.given > self.entry.inflated_bytes {
            return Err(wrong(format!(
                "has more than the {} bytes that its headers say",
                self.entry.inflated_bytes
            )));
        }
        self.hasher.update(&out[..bytes]);
        if self.ended && bytes == 0 {
            self.prove()?;
        }
        Ok(bytes)
    }
}

fn wrong(message: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message.into())
}
