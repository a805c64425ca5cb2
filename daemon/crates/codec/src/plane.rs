//! An image of at most 256 colours as PNG stores it: palette indices, several in a byte where they fit, and a zero before each row.

/// Rows of palette indices; the zero before each is PNG's filter None.
#[derive(Default)]
pub struct IndexPlane {
    pub width: u32,
    pub height: u32,
    /// The size of one index: 1, 2, 4 or 8.
    pub bits: u32,
    /// `height` rows of [`IndexPlane::stride`] bytes.
    pub bytes: Vec<u8>,
}

impl IndexPlane {
    /// Bytes of a row with the zero before it.
    pub fn stride(&self) -> usize {
        (self.width as usize * self.bits as usize).div_ceil(8) + 1
    }

    /// Maps each value to its index; `colours` is the size of the palette.
    pub fn fill(&mut self, values: &[u8], width: u32, index: &[u8; 256], colours: usize) {
        self.reset(values.len(), width, colours);
        let stride = self.stride();
        let rows = self
            .bytes
            .chunks_exact_mut(stride)
            .zip(values.chunks_exact(width as usize));
        match self.bits {
            8 => rows.for_each(|(target, row)| map_row(row, index, &mut target[1..])),
            bits => rows.for_each(|(target, row)| pack_row(row, index, bits as usize, &mut target[1..])),
        }
    }

    /// Maps each of the 17 values of [`sixteenths`] to its index. Returns `false` when there is another value; the widest drawings of one
    /// colour rarely have one, and then need no table of values.
    pub fn try_fill_sixteenths(&mut self, values: &[u8], width: u32) -> bool {
        self.reset(values.len(), width, SIXTEENTHS);
        let stride = self.stride();
        let mut rows = self
            .bytes
            .chunks_exact_mut(stride)
            .zip(values.chunks_exact(width as usize));
        rows.all(|(target, row)| {
            let mut rest = 0;
            for (index, &value) in target[1..].iter_mut().zip(row) {
                *index = (value >> 4) + u8::from(value & 15 != 0);
                rest |= sixteenths(*index) ^ value;
            }
            rest == 0
        })
    }

    /// Makes room for indices of a larger palette.
    pub fn widen(&mut self, colours: usize) {
        if index_bits(colours) == self.bits {
            return;
        }
        let values: Vec<u8> = self
            .bytes
            .chunks_exact(self.stride())
            .flat_map(|row| unpack_row(&row[1..], self.bits as usize).take(self.width as usize))
            .collect();
        self.fill(&values, self.width, &std::array::from_fn(|index| index as u8), colours);
    }

    /// Sets pixels of one row to an index.
    pub fn set(&mut self, start: usize, length: usize, index: u8) {
        let (row, column) = (start / self.width as usize, start % self.width as usize);
        let row = row * self.stride() + 1;
        let bits = self.bits as usize;
        if bits == 8 {
            self.bytes[row + column..][..length].fill(index);
            return;
        }
        for place in column..column + length {
            let shift = 8 - bits - place * bits % 8;
            let byte = &mut self.bytes[row + place * bits / 8];
            *byte = *byte & !(((1 << bits) - 1) << shift) | index << shift;
        }
    }

    fn reset(&mut self, pixels: usize, width: u32, colours: usize) {
        self.width = width;
        self.height = (pixels / width as usize) as u32;
        self.bits = index_bits(colours);
        let bytes = self.stride() * self.height as usize;
        // Everything but the zeros before the rows is overwritten.
        self.bytes.clear();
        self.bytes.resize(bytes, 0);
    }
}

/// The number of values of [`sixteenths`].
pub const SIXTEENTHS: usize = 17;

/// A number of sixteenths of 256; sixteen of them are 255.
#[inline]
pub fn sixteenths(count: u8) -> u8 {
    (count << 4).wrapping_sub(count >> 4)
}

/// Maps eight values at once where they are the same: drawings are mostly long runs.
fn map_row(row: &[u8], index: &[u8; 256], target: &mut [u8]) {
    let (words, rest) = row.as_chunks::<8>();
    let (targets, rest_target) = target.as_chunks_mut::<8>();
    for (word, target) in words.iter().zip(targets) {
        if *word == [word[0]; 8] {
            *target = [index[usize::from(word[0])]; 8];
        } else {
            *target = word.map(|value| index[usize::from(value)]);
        }
    }
    for (value, target) in rest.iter().zip(rest_target) {
        *target = index[usize::from(*value)];
    }
}

/// The size of an index into a palette.
fn index_bits(colours: usize) -> u32 {
    match colours {
        0..=2 => 1,
        3..=4 => 2,
        5..=16 => 4,
        _ => 8,
    }
}

/// The indices in the bytes of a row, those of its padding included.
fn unpack_row(row: &[u8], bits: usize) -> impl Iterator<Item = u8> + '_ {
    let unpack = move |byte: u8| (0..8 / bits).map(move |at| byte << (bits * at) >> (8 - bits));
    row.iter().flat_map(move |&byte| unpack(byte))
}

/// Packs several indices into a byte, the first into the highest bits.
fn pack_row(row: &[u8], index: &[u8; 256], bits: usize, target: &mut [u8]) {
    let per_byte = 8 / bits;
    // One multiplication fills a byte with the same index.
    let all: u8 = match bits {
        1 => 0xFF,
        2 => 0x55,
        _ => 0x11,
    };
    let groups = row.chunks_exact(per_byte);
    let rest = groups.remainder();
    let pack = |group: &[u8]| {
        group.iter().enumerate().fold(0, |byte, (at, value)| {
            byte | index[usize::from(*value)] << (8 - bits * (at + 1))
        })
    };
    for (group, target) in groups.zip(&mut *target) {
        let first = group[0];
        *target = if group.iter().all(|&value| value == first) {
            index[usize::from(first)] * all
        } else {
            pack(group)
        };
    }
    if let (false, Some(last)) = (rest.is_empty(), target.last_mut()) {
        *last = pack(rest);
    }
}
