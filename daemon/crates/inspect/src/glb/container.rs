//! The GLB container: a header of 12 bytes, then chunks.

use super::issue::{Issues, codes};

const HEADER_LENGTH: usize = 12;
const CHUNK_HEADER_LENGTH: usize = 8;
const CHUNK_JSON: u32 = 0x4e4f_534a;
const CHUNK_BIN: u32 = 0x004e_4942;

/// The container of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Container {
    Glb,
    /// The JSON document alone.
    Gltf,
}

/// The chunks that glTF defines.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct GlbChunks<'a> {
    pub json: Option<&'a [u8]>,
    pub bin: Option<&'a [u8]>,
}

/// True when the bytes begin with the magic of GLB.
pub fn is_glb(bytes: &[u8]) -> bool {
    bytes.starts_with(b"glTF")
}

/// Reads the chunks; `None` when the container is too broken to find them. Every fault goes to `issues`.
pub fn read<'a>(bytes: &'a [u8], issues: &mut Issues) -> Option<GlbChunks<'a>> {
    let Some(header) = bytes.get(..HEADER_LENGTH) else {
        issues.add_to_file(codes::GLB_UNEXPECTED_END_OF_HEADER, || {
            format!("The file has {} bytes; a GLB begins with a header of 12.", bytes.len())
        });
        return None;
    };
    if !is_glb(header) {
        issues.add_to_file(codes::GLB_INVALID_MAGIC, || {
            "The file does not begin with \"glTF\".".to_owned()
        });
        return None;
    }
    let version = u32_at(header, 4);
    if version != 2 {
        issues.add_to_file(codes::GLB_INVALID_VERSION, || {
            format!("The container has version {version}; it must be 2.")
        });
        return None;
    }
    let declared = u32_at(header, 8) as usize;
    if declared <= HEADER_LENGTH {
        issues.add_to_file(codes::GLB_LENGTH_TOO_SMALL, || {
            format!("The file declares a length of {declared} bytes, which has no room for a chunk.")
        });
    }
    let mut reader = ChunkReader {
        bytes,
        declared,
        offset: HEADER_LENGTH,
        chunks: GlbChunks::default(),
        seen: 0,
        issues,
    };
    while reader.offset < bytes.len() {
        if reader.offset == declared {
            let extra = bytes.len() - declared;
            reader.issues.add_to_file(codes::GLB_EXTRA_DATA, || {
                format!("{extra} bytes follow the end of the GLB, which is at {declared}.")
            });
            return Some(reader.chunks);
        }
        reader.chunk()?;
    }
    if reader.offset != declared {
        let offset = reader.offset;
        reader.issues.add_to_file(codes::GLB_LENGTH_MISMATCH, || {
            format!("The header declares a length of {declared} bytes, but the chunks end at {offset}.")
        });
    }
    Some(reader.chunks)
}

struct ChunkReader<'a, 'i> {
    bytes: &'a [u8],
    declared: usize,
    offset: usize,
    chunks: GlbChunks<'a>,
    seen: usize,
    issues: &'i mut Issues,
}

impl<'a> ChunkReader<'a, '_> {
    fn chunk(&mut self) -> Option<()> {
        let start = self.offset;
        let Some(header) = self.bytes.get(start..start + CHUNK_HEADER_LENGTH) else {
            self.issues.add_to_file(codes::GLB_UNEXPECTED_END_OF_CHUNK_HEADER, || {
                format!("The file ends in the chunk header at byte {start}.")
            });
            return None;
        };
        let (length, kind) = (u32_at(header, 0) as usize, u32_at(header, 4));
        let data_start = start + CHUNK_HEADER_LENGTH;
        self.check_header(start, length, kind);
        let data = data_start
            .checked_add(length)
            .and_then(|end| self.bytes.get(data_start..end));
        let Some(data) = data else {
            self.issues.add_to_file(codes::GLB_UNEXPECTED_END_OF_CHUNK_DATA, || {
                format!("The file ends in the chunk at byte {start}, which declares {length} bytes.")
            });
            return None;
        };
        self.offset = data_start + length;
        self.seen += 1;
        self.keep(start, kind, data);
        Some(())
    }

    fn check_header(&mut self, start: usize, length: usize, kind: u32) {
        if !length.is_multiple_of(4) {
            self.issues.add_to_file(codes::GLB_CHUNK_LENGTH_UNALIGNED, || {
                format!("The length {length} of the chunk at byte {start} is not a multiple of 4.")
            });
        }
        if (start + CHUNK_HEADER_LENGTH).saturating_add(length) > self.declared {
            self.issues.add_to_file(codes::GLB_CHUNK_TOO_BIG, || {
                format!("The chunk at byte {start} declares {length} bytes, which do not fit the length of the GLB.")
            });
        }
        if self.seen == 0 && kind != CHUNK_JSON {
            self.issues.add_to_file(codes::GLB_UNEXPECTED_FIRST_CHUNK, || {
                format!("The first chunk must be JSON, but it is of type {kind:#010x}.")
            });
        }
        if kind == CHUNK_BIN && self.seen > 1 && self.chunks.bin.is_none() {
            self.issues.add_to_file(codes::GLB_UNEXPECTED_BIN_CHUNK, || {
                format!("The BIN chunk at byte {start} must be the second chunk.")
            });
        }
    }

    fn keep(&mut self, start: usize, kind: u32, data: &'a [u8]) {
        let slot = match kind {
            CHUNK_JSON => {
                if data.is_empty() {
                    self.issues
                        .add_to_file(codes::GLB_EMPTY_CHUNK, || "The JSON chunk is empty.".to_owned());
                }
                &mut self.chunks.json
            }
            CHUNK_BIN => {
                if data.is_empty() {
                    self.issues.add_to_file(codes::GLB_EMPTY_BIN_CHUNK, || {
                        "The BIN chunk is empty; it should be left out.".to_owned()
                    });
                }
                &mut self.chunks.bin
            }
            _ => {
                self.issues.add_to_file(codes::GLB_UNKNOWN_CHUNK_TYPE, || {
                    format!("The chunk at byte {start} is of the unknown type {kind:#010x}.")
                });
                return;
            }
        };
        if slot.is_some() {
            self.issues.add_to_file(codes::GLB_DUPLICATE_CHUNK, || {
                format!("The chunk at byte {start} is the second one of its type.")
            });
        } else {
            *slot = Some(data);
        }
    }
}

/// The caller has checked that four bytes are there.
fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes[at..]
        .first_chunk()
        .map_or(0, |quad: &[u8; 4]| u32::from_le_bytes(*quad))
}
