//! The chunks of RIFF, in which WebP and WAV are kept.

use super::{MediaError, array};

/// More than any program writes.
const MAX_CHUNKS: usize = 4_096;

/// A chunk's name and contents.
pub(super) type Chunk<'a> = ([u8; 4], &'a [u8]);

/// The rules of a form, and what it tolerates.
pub(super) struct Form {
    pub structure: &'static str,
    pub hidden: &'static str,
    pub padding: Padding,
}

/// The byte that makes the length of a chunk even.
#[derive(PartialEq, Eq)]
pub(super) enum Padding {
    /// It must be zero.
    Zero,
    /// Some writers leave there what was in memory; all readers skip it.
    Any,
}

/// The chunks of a form.
pub(super) struct Chunks<'a> {
    pub list: Vec<Chunk<'a>>,
    /// A padding byte is not zero.
    pub is_padded_oddly: bool,
}

/// All chunks of the form; they fill the file from its header to its end.
pub(super) fn chunks<'a>(bytes: &'a [u8], form: &Form) -> Result<Chunks<'a>, MediaError> {
    let declared = array(bytes, 4).map_or(0, u32::from_le_bytes);
    chunks_to(bytes, 8 + declared as usize, form)
}

/// The same for a form that ends at `end`, whatever its header says.
pub(super) fn chunks_to<'a>(bytes: &'a [u8], end: usize, form: &Form) -> Result<Chunks<'a>, MediaError> {
    let (structure, hidden) = (form.structure, form.hidden);
    let cut = || {
        MediaError::new(
            structure,
            "is cut off, or its size is not what its header says: save it again",
        )
    };
    // The byte that makes the size even may be left out of it, or not be there at all.
    let padded = end % 2 == 1 && bytes.get(end..) == Some(&[0]);
    if bytes.len() > end && !padded {
        let message = format!(
            "has {} bytes after its end: save it again without them",
            bytes.len() - end
        );
        return Err(MediaError::new(hidden, message));
    }
    let mut rest = bytes.get(12..end).ok_or_else(cut)?;
    let (mut chunks, mut is_padded_oddly) = (Vec::new(), false);
    while !rest.is_empty() {
        let name = array(rest, 0).ok_or_else(cut)?;
        let length = array(rest, 4).map(u32::from_le_bytes).ok_or_else(cut)? as usize;
        let data = rest.get(8..).and_then(|rest| rest.get(..length)).ok_or_else(cut)?;
        rest = &rest[8 + length..];
        if length % 2 == 1
            && let Some((&padding, after)) = rest.split_first()
        {
            if padding != 0 && form.padding == Padding::Any {
                is_padded_oddly = true;
            } else if padding != 0 {
                return Err(MediaError::new(hidden, "has a byte that belongs to no chunk"));
            }
            rest = after;
        }
        chunks.push((name, data));
        if chunks.len() > MAX_CHUNKS {
            return Err(MediaError::new(structure, "has more chunks than any program writes"));
        }
    }
    Ok(Chunks {
        list: chunks,
        is_padded_oddly,
    })
}
