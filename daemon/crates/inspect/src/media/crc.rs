//! The CRCs of FLAC and Ogg: most significant bit first, nothing inverted.

/// A table for a polynomial of up to 32 bits, which stands at the top of the word.
const fn table(polynomial: u32) -> [u32; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut value = (byte as u32) << 24;
        let mut bit = 0;
        while bit < 8 {
            value = if value & 0x8000_0000 == 0 {
                value << 1
            } else {
                (value << 1) ^ polynomial
            };
            bit += 1;
        }
        table[byte] = value;
        byte += 1;
    }
    table
}

static FLAC_HEADER: [u32; 256] = table(0x07 << 24);
static FLAC_FRAME: [u32; 256] = table(0x8005 << 16);
static OGG: [u32; 256] = table(0x04c1_1db7);

fn step(table: &[u32; 256], value: u32, byte: u8) -> u32 {
    (value << 8) ^ table[((value >> 24) as u8 ^ byte) as usize]
}

/// The CRC of the header of a FLAC frame; 0 when the bytes include the right CRC.
pub(super) fn flac_header(bytes: &[u8]) -> u8 {
    (bytes.iter().fold(0, |value, &byte| step(&FLAC_HEADER, value, byte)) >> 24) as u8
}

/// Updates the CRC of a FLAC frame, which is in the upper half; 0 at the end of a complete frame.
pub(super) fn flac_frame(value: u32, byte: u8) -> u32 {
    step(&FLAC_FRAME, value, byte)
}

/// The CRC of a page of Ogg, in which its own CRC counts as zeros.
pub(super) fn ogg(parts: [&[u8]; 3]) -> u32 {
    parts
        .into_iter()
        .flatten()
        .fold(0, |value, &byte| step(&OGG, value, byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_check_sums_come_out() {
        let nine = b"123456789";
        assert_eq!(flac_header(nine), 0xf4);
        assert_eq!(
            nine.iter().fold(0, |value, &byte| flac_frame(value, byte)) >> 16,
            0xfee8
        );
        assert_eq!(ogg([nine, b"", b""]), 0x89a1_897f);
    }
}
