//! Extra fields: those that change what a member is, where it lies or what it is called.

use super::bytes::{RecordReader, has_signature};

const ZIP64: u16 = 0x0001;
const STRONG_ENCRYPTION: u16 = 0x0017;
const AES: u16 = 0x9901;
const UNICODE_PATH: u16 = 0x7075;
/// PKWARE's for Unix: twelve bytes, then a link's target or a device's numbers.
const PKWARE_UNIX: u16 = 0x000d;
/// ASi's for Unix: a checksum, then the mode.
const ASI_UNIX: u16 = 0x756e;

/// The extra fields of one header.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct ExtraFields<'a> {
    pub zip64: Option<&'a [u8]>,
    pub unicode_path: Option<&'a [u8]>,
    pub encrypted: bool,
    /// A link or a device by another way than the attributes.
    pub special: bool,
}

/// Takes them apart; the error completes the sentence "the file ...".
pub(super) fn parse(bytes: &[u8]) -> Result<ExtraFields<'_>, &'static str> {
    if has_signature(bytes) {
        return Err("has records of another ZIP in its extra fields");
    }
    let mut extra = ExtraFields::default();
    let mut fields = RecordReader(bytes);
    // Alignment of stored data (zipalign) may leave up to three zeros at the end.
    while fields.0.len() >= 4 || fields.0.iter().any(|&byte| byte != 0) {
        let field = fields.u16().zip(fields.u16());
        let Some((id, data)) = field.and_then(|(id, length)| Some((id, fields.take(length.into())?))) else {
            return Err("has an extra field that is cut off");
        };
        let slot = match id {
            ZIP64 => &mut extra.zip64,
            UNICODE_PATH => &mut extra.unicode_path,
            STRONG_ENCRYPTION | AES => {
                extra.encrypted = true;
                continue;
            }
            PKWARE_UNIX => {
                extra.special |= data.len() > 12;
                continue;
            }
            ASI_UNIX => {
                extra.special |= data.get(4..6).is_some_and(|mode| !plain_mode(mode));
                continue;
            }
            _ => continue,
        };
        if slot.replace(data).is_some() {
            return Err("has an extra field twice");
        }
    }
    Ok(extra)
}

fn plain_mode(mode: &[u8]) -> bool {
    // The type is in the upper half: 0, a folder or a file.
    matches!(mode.get(1).map(|upper| upper & 0xf0), Some(0 | 0x40 | 0x80))
}

/// A header's sizes and offset, each in 64 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sizes64 {
    pub inflated_bytes: u64,
    pub packed_bytes: u64,
    pub offset: u64,
    /// The inflated size in a redundant ZIP64 field when it is not that of the header.
    pub contradicted: Option<u64>,
    /// The size that the ZIP64 field replaces and the other one not, though it would fit into the header.
    pub alone: Option<Size>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Size {
    Inflated,
    Packed,
}

/// Readers (minizip, fflate, BusyBox) then take another size for it, and show other contents. Only Info-ZIP writes it (`-fz`): the inflated size in the
/// directory, while the local header leaves both to its field.
pub(super) const ONE_SIZE: &str = "has a ZIP64 extra field for one of its sizes without need, which readers take in different ways: save it without ZIP64";

/// The fields of a header that ZIP64 may replace.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sizes32 {
    pub inflated_bytes: u32,
    pub packed_bytes: u32,
    /// 0 in a local header, which has none.
    pub offset: u32,
}

/// Takes from the ZIP64 field what the header leaves to it. Some archivers write all three values whatever the header says: then those that the
/// header has as well must be the same, and come after those that it leaves out, so that no reader can take one for another.
pub(super) fn widen(zip64: Option<&[u8]>, narrow: Sizes32) -> Result<Sizes64, &'static str> {
    const LENGTH: &str = "has a ZIP64 extra field of the wrong length";
    let values = [narrow.inflated_bytes, narrow.packed_bytes, narrow.offset];
    let mut wide = values.map(u64::from);
    let left_out: Vec<usize> = (0..3).filter(|&place| values[place] == u32::MAX).collect();
    let mut contradicted = None;
    if let Some(data) = zip64 {
        let mut fields = RecordReader(data);
        for &place in &left_out {
            wide[place] = fields.u64().ok_or(LENGTH)?;
        }
        if !fields.0.is_empty() {
            let in_front = left_out.iter().enumerate().all(|(index, &place)| index == place);
            if !in_front || ![16, 24, 28].contains(&data.len()) {
                return Err(LENGTH);
            }
            contradicted = repeated(&mut fields, &wide[left_out.len()..])?;
        }
    } else if !left_out.is_empty() {
        return Err("needs a ZIP64 extra field for its sizes or its offset, which is missing");
    }
    Ok(Sizes64 {
        inflated_bytes: wide[0],
        packed_bytes: wide[1],
        offset: wide[2],
        contradicted,
        alone: alone(narrow, wide),
    })
}

/// The size that the field replaces alone.
fn alone(narrow: Sizes32, [inflated_bytes, packed_bytes, _]: [u64; 3]) -> Option<Size> {
    let is_left_out = [narrow.inflated_bytes == u32::MAX, narrow.packed_bytes == u32::MAX];
    let is_small = |bytes: u64| bytes < u64::from(u32::MAX);
    match is_left_out {
        [true, false] if is_small(inflated_bytes) => Some(Size::Inflated),
        [false, true] if is_small(packed_bytes) => Some(Size::Packed),
        _ => None,
    }
}

/// The end of the data must be certain here; a second inflated size, which is returned, is left to the contents to refute.
fn repeated(fields: &mut RecordReader<'_>, header: &[u64]) -> Result<Option<u64>, &'static str> {
    let mut contradicted = None;
    for (index, &expected) in header.iter().enumerate() {
        match fields.u64() {
            Some(value) if value == expected => {}
            // The inflated size is the first of all three values.
            Some(value) if index == 0 && header.len() == 3 => contradicted = Some(value),
            Some(_) => return Err("has a ZIP64 extra field that differs from its header"),
            None => break,
        }
    }
    Ok(contradicted)
}

/// True when the Unicode path of Info-ZIP repeats the name, or is not there.
pub(super) fn repeats_name(field: Option<&[u8]>, name: &[u8]) -> bool {
    let Some(field) = field else { return true };
    let mut fields = RecordReader(field);
    fields.take(1) == Some(&[1]) && fields.u32() == Some(crc32fast::hash(name)) && fields.0 == name
}
