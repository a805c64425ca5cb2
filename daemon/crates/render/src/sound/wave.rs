//! WAV files for the decoder: the format and the samples alone. It trips over notes that are honest but odd.

/// The file without its notes; `None` when it is no WAV, or cut off.
pub fn plain(bytes: &[u8]) -> Option<Vec<u8>> {
    let name = |at: usize| bytes.get(at..at.checked_add(4)?);
    if name(0)? != b"RIFF" || name(8)? != b"WAVE" {
        return None;
    }
    let mut out = b"RIFF\0\0\0\0WAVE".to_vec();
    let mut at = 12;
    while let Some(kind) = name(at) {
        let length = name(at + 4)?.try_into().map(u32::from_le_bytes).ok()? as usize;
        let end = at.checked_add(8)?.checked_add(length)?;
        if matches!(kind, b"fmt " | b"fact" | b"data") {
            out.extend(bytes.get(at..end)?);
            out.resize(out.len().next_multiple_of(2), 0);
        }
        at = end.next_multiple_of(2);
    }
    let size = u32::try_from(out.len() - 8).ok()?;
    out[4..8].copy_from_slice(&size.to_le_bytes());
    Some(out)
}
