//! The boolean entropy encoder (RFC 6386, 7).

/// An arithmetic encoder of bits of known probability.
pub struct BoolCoder {
    bytes: Vec<u8>,
    /// The part of the number that can still change: `8 + pending` bits, and one for a carry.
    low: u64,
    /// The width of the interval: 128 to 255.
    range: u32,
    pending: u32,
}

impl Default for BoolCoder {
    fn default() -> Self {
        Self {
            bytes: Vec::new(),
            low: 0,
            range: 255,
            pending: 0,
        }
    }
}

impl BoolCoder {
    /// Writes a bit that is zero with a probability of `zero` out of 256, which is not 0.
    #[inline]
    pub fn put(&mut self, bit: bool, zero: u8) {
        let split = 1 + (((self.range - 1) * u32::from(zero)) >> 8);
        // Without a branch, because the bits are close to random.
        let (skipped, range) = if bit { (split, self.range - split) } else { (0, split) };
        self.low += u64::from(skipped);
        let shift = range.leading_zeros() - 24;
        self.range = range << shift;
        self.low <<= shift;
        self.pending += shift;
        if self.pending >= 40 {
            self.flush();
        }
    }

    /// Writes a number of so many bits, the highest first, at even probability.
    pub fn put_literal(&mut self, number: u32, bits: u32) {
        for bit in (0..bits).rev() {
            self.put(number >> bit & 1 == 1, 128);
        }
    }

    /// Writes a flag for not zero, and where it is set the magnitude in so many bits and the sign.
    pub fn put_signed(&mut self, number: i32, bits: u32) {
        self.put(number != 0, 128);
        if number != 0 {
            self.put_literal(number.unsigned_abs(), bits);
            self.put(number < 0, 128);
        }
    }

    /// The encoded bytes.
    pub fn finish(mut self) -> Vec<u8> {
        // A decoder reads zeros after the end.
        let bits = self.pending + 8;
        let whole = bits.next_multiple_of(8);
        let rest = self.low << (whole - bits);
        if rest >> whole != 0 {
            self.carry();
        }
        let count = (whole / 8) as usize;
        self.bytes.extend_from_slice(&rest.to_be_bytes()[8 - count..]);
        self.bytes
    }

    /// Moves the highest 32 bits to the output.
    fn flush(&mut self) {
        let rest = self.pending - 24;
        let highest = self.low >> rest;
        if highest >> 32 != 0 {
            self.carry();
        }
        self.bytes.extend_from_slice(&(highest as u32).to_be_bytes());
        self.low &= (1 << rest) - 1;
        self.pending -= 32;
    }

    fn carry(&mut self) {
        for byte in self.bytes.iter_mut().rev() {
            *byte = byte.wrapping_add(1);
            if *byte != 0 {
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The decoder of RFC 6386, 7.3.
    struct Decoder<'a> {
        bytes: std::slice::Iter<'a, u8>,
        value: u32,
        range: u32,
        shifted: u32,
    }

    impl Decoder<'_> {
        fn get(&mut self, zero: u8) -> bool {
            let split = 1 + (((self.range - 1) * u32::from(zero)) >> 8);
            let bit = self.value >= split << 8;
            if bit {
                self.range -= split;
                self.value -= split << 8;
            } else {
                self.range = split;
            }
            while self.range < 128 {
                self.value <<= 1;
                self.range <<= 1;
                self.shifted += 1;
                if self.shifted == 8 {
                    self.shifted = 0;
                    self.value |= u32::from(*self.bytes.next().unwrap_or(&0));
                }
            }
            bit
        }
    }

    #[test]
    fn bits_decode_at_every_probability() {
        let mut state = 1_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state >> 8
        };
        for count in [0, 1, 2, 7, 100, 10_000] {
            // Likely bits make the coder carry over long runs.
            let bits: Vec<(bool, u8)> = (0..count)
                .map(|_| {
                    let zero = match next() % 3 {
                        0 => 255,
                        1 => 1,
                        _ => (next() % 255 + 1) as u8,
                    };
                    (next() % 256 >= u32::from(zero), zero)
                })
                .collect();
            let mut coder = BoolCoder::default();
            bits.iter().for_each(|&(bit, zero)| coder.put(bit, zero));
            let bytes = coder.finish();
            let mut left = bytes.iter();
            let value = u32::from(*left.next().unwrap_or(&0)) << 8 | u32::from(*left.next().unwrap_or(&0));
            let mut decoder = Decoder {
                bytes: left,
                value,
                range: 255,
                shifted: 0,
            };
            for &(bit, zero) in &bits {
                assert_eq!(decoder.get(zero), bit);
            }
        }
    }
}
