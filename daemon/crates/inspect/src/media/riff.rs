//! The chunks of RIFF, in which WebP and WAV are kept.

use super::{MediaError, array};

/// More than any program writes.
const MAX_CHUNKS: usize = 4_096;

/// A chunk's name and contents.
pub(super) type Chunk<'a> = ([u8; 4], &'a [u8]);

/// All chunks of the form; they fill the file from its header to its end.
pub(super) fn chunks<'a>(
    bytes: &'a [u8],
    structure: &'static str,
    hidden: &'static str,
) -> Result<Vec<Chunk<'a>>, MediaError> {
    let cut = || MediaError::new(structure, "is cut off, or its size is not what its header says");
    let declared = array(bytes, 4).map(u32::from_le_bytes).ok_or_else(cut)?;
    let end = 8 + declared as usize;
    // The byte that makes the size even may be left out of it, or not be there at all.
    let padded = end % 2 == 1 && bytes.get(end..) == Some(&[0]);
    if bytes.len() > end && !padded {
        let message = format!("has {} bytes after its end", bytes.len() - end);
        return Err(MediaError::new(hidden, message));
    }
    let mut rest = bytes.get(12..end).ok_or_else(cut)?;
    let mut chunks = Vec::new();
    while !rest.is_empty() {
        let name = array(rest, 0).ok_or_else(cut)?;
        let length = array(rest, 4).map(u32::from_le_bytes).ok_or_else(cut)? as usize;
        let data = rest.get(8..).and_then(|rest| rest.get(..length)).ok_or_else(cut)?;
        rest = &rest[8 + length..];
        if length % 2 == 1
            && let Some((&padding, after)) = rest.split_first()
        {
            if padding != 0 {
                return Err(MediaError::new(hidden, "has a byte that belongs to no chunk"));
            }
            rest = after;
        }
        chunks.push((name, data));
        if chunks.len() > MAX_CHUNKS {
            return Err(MediaError::new(structure, "has more chunks than any program writes"));
        }
    }
    Ok(chunks)
}
