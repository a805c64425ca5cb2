//! The bits of a FLAC frame: how long its samples are, without decoding them (RFC 9639, section 9.2).

/// Reads bits from the most significant one on.
pub(super) struct BitReader<'a> {
    bytes: &'a [u8],
    /// In bits.
    at: usize,
}

impl<'a> BitReader<'a> {
    /// Begins at a byte.
    pub fn new(bytes: &'a [u8], byte: usize) -> Self {
        Self { bytes, at: byte * 8 }
    }

    /// The byte that begins at the position or behind it.
    pub fn byte(&self) -> usize {
        self.at.div_ceil(8)
    }

    /// Skips the samples of one channel. `None`: they are cut off or not valid.
    pub fn skip_subframe(&mut self, samples: usize, bits: u32) -> Option<()> {
        let (zero, kind, has_wasted_bits) = (self.read(1)?, self.read(6)?, self.read(1)?);
        if zero != 0 {
            return None;
        }
        let wasted = if has_wasted_bits == 1 {
            self.unary()? as u32 + 1
        } else {
            0
        };
        let bits = bits.checked_sub(wasted).filter(|&bits| bits > 0)? as usize;
        match kind {
            0 => self.skip(bits),
            1 => self.skip(bits * samples),
            8..=12 => {
                let order = kind as usize - 8;
                self.skip(bits * order)?;
                self.skip_residual(samples, order)
            }
            32..=63 => {
                let order = kind as usize - 31;
                self.skip(bits * order)?;
                let precision = self.read(4)? as usize + 1;
                if precision == 16 {
                    return None;
                }
                const SHIFT_BITS: usize = 5;
                self.skip(SHIFT_BITS + precision * order)?;
                self.skip_residual(samples, order)
            }
            _ => None,
        }
    }

    /// Skips partitions of Rice codes.
    fn skip_residual(&mut self, samples: usize, order: usize) -> Option<()> {
        let parameter_bits = match self.read(2)? {
            0 => 4,
            1 => 5,
            _ => return None,
        };
        let escape = (1 << parameter_bits) - 1;
        let partitions = 1_usize << self.read(4)?;
        if !samples.is_multiple_of(partitions) {
            return None;
        }
        for partition in 0..partitions {
            let first = if partition == 0 { order } else { 0 };
            let count = (samples / partitions).checked_sub(first)?;
            let parameter = self.read(parameter_bits)?;
            if parameter == escape {
                let raw_bits = self.read(5)? as usize;
                self.skip(raw_bits * count)?;
            } else {
                for _ in 0..count {
                    self.unary()?;
                    self.at += parameter as usize;
                }
                self.skip(0)?;
            }
        }
        Some(())
    }

    fn skip(&mut self, bits: usize) -> Option<()> {
        self.at = self.at.checked_add(bits)?;
        (self.at <= self.bytes.len() * 8).then_some(())
    }

    /// Reads up to 32 bits.
    fn read(&mut self, bits: u32) -> Option<u32> {
        let value = self.next_64() >> (64 - bits);
        self.skip(bits as usize)?;
        Some(value as u32)
    }

    /// Reads zeros and the one behind them; the number of zeros.
    fn unary(&mut self) -> Option<usize> {
        let start = self.at;
        loop {
            if self.at >= self.bytes.len() * 8 {
                return None;
            }
            let zeros = self.next_64().leading_zeros() as usize;
            // The lowest bits of the 64 may be missing.
            if zeros < SURE_BITS {
                self.skip(zeros + 1)?;
                return Some(self.at - 1 - start);
            }
            self.at += SURE_BITS;
        }
    }

    /// The next bits, the first [`SURE_BITS`] of them for sure; zeros behind the end.
    fn next_64(&self) -> u64 {
        let rest = self.bytes.get(self.at / 8..).unwrap_or_default();
        let word = match rest.first_chunk() {
            Some(word) => *word,
            None => {
                let mut word = [0; 8];
                word[..rest.len()].copy_from_slice(rest);
                word
            }
        };
        u64::from_be_bytes(word) << (self.at % 8)
    }
}

/// Bits of 64 that are there at every position within a byte.
const SURE_BITS: usize = 57;
