//! A picture of at most 256 colours as PNG stores it: indices, several in a byte where they fit, and a zero before each row.

/// Rows of indices; the zero before each is the number of PNG's filter that does nothing.
#[derive(Default)]
pub struct Plane {
    pub width: u32,
    pub height: u32,
    /// Of one index: 1, 2, 4 or 8.
    pub bits: u32,
    /// `height` rows of [`Plane::stride`] bytes.
    pub bytes: Vec<u8>,
}

impl Plane {
    /// Bytes of a row with the zero before it.
    pub fn stride(&self) -> usize {
        self.row_bytes() + 1
    }

    /// Bytes of a row.
    pub fn row_bytes(&self) -> usize {
        (self.width as usize * self.bits as usize).div_ceil(8)
    }

    /// Becomes the picture whose indices are what `index` makes of each value; `colours` is how many there are.
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

    /// Becomes the picture of values that are sixteenths of 256, the last of them 255; the index is how many. Returns whether they all are:
    /// the widest drawings of one colour mostly are, and then no table is needed.
    pub fn fill_sixteenths(&mut self, values: &[u8], width: u32) -> bool {
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

    fn reset(&mut self, pixels: usize, width: u32, colours: usize) {
        self.width = width;
        self.height = (pixels / width as usize) as u32;
        self.bits = match colours {
            0..=2 => 1,
            3..=4 => 2,
            5..=16 => 4,
            _ => 8,
        };
        let bytes = self.stride() * self.height as usize;
        // Everything but the zeros before the rows is written over.
        self.bytes.clear();
        self.bytes.resize(bytes, 0);
    }
}

/// From none to sixteen.
pub const SIXTEENTHS: usize = 17;

/// So many sixteenths of 256, the last of them 255.
#[inline]
pub fn sixteenths(count: u8) -> u8 {
    (count << 4).wrapping_sub(count >> 4)
}

/// Drawings are mostly long runs: eight values at once where they are the same.
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

/// The first index lies in the highest bits.
fn pack_row(row: &[u8], index: &[u8; 256], bits: usize, target: &mut [u8]) {
    let per_byte = 8 / bits;
    // All indices of a byte the same: one multiplication makes the byte.
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
