//! Prefix codes of limited length, for deflate and VP8L alike, and how both tell them: as lengths with their repetitions.

use super::bits::Bits;

/// The longest word of either format, in bits.
pub const MAX_BITS: u8 = 15;
/// Of the code in which a code's lengths are told.
const MAX_LENGTH_BITS: u8 = 7;
/// As many symbols as deflate's larger alphabet; VP8L's has fewer.
pub const MAX_SYMBOLS: usize = 288;
/// Of the alphabet of lengths.
pub const LENGTH_SYMBOLS: usize = 19;

/// A code for the symbols that were counted.
pub struct Code {
    /// The word in the lowest 16 bits, its length above; 0 for symbols that do not occur.
    words: [u32; MAX_SYMBOLS],
    /// Of the alphabet.
    symbols: usize,
    /// How many symbols occur.
    used: usize,
}

impl Code {
    /// A good code for these counts, at most [`MAX_SYMBOLS`] of them. A symbol that is alone has a word of one bit.
    pub fn of(counts: &[u32]) -> Self {
        Self::limited(counts, MAX_BITS)
    }

    fn limited(counts: &[u32], most: u8) -> Self {
        let mut lengths = [0_u8; MAX_SYMBOLS];
        let used = find_lengths(counts, most, &mut lengths);
        let mut words = [0; MAX_SYMBOLS];
        if used > 0 {
            find_words(&lengths[..counts.len()], &mut words);
        }
        Self {
            words,
            symbols: counts.len(),
            used,
        }
    }

    /// How many symbols the alphabet has.
    pub fn symbols(&self) -> usize {
        self.symbols
    }

    /// How many symbols occur.
    pub fn used(&self) -> usize {
        self.used
    }

    /// In bits; 0 for what does not occur.
    pub fn length(&self, symbol: usize) -> u8 {
        (self.words[symbol] >> 16) as u8
    }

    /// The lengths of all words up to the last that occurs, at least so many.
    pub fn lengths(&self, least: usize) -> impl Iterator<Item = u8> + '_ {
        let last = self.words[..self.symbols].iter().rposition(|&word| word != 0);
        let told = last.map_or(least, |last| (last + 1).max(least));
        self.words[..told].iter().map(|word| (word >> 16) as u8)
    }

    /// Writes one symbol.
    #[inline]
    pub fn put(&self, bits: &mut Bits<'_>, symbol: usize) {
        let word = self.words[symbol];
        bits.put(word & 0xFFFF, word >> 16);
    }

    /// The symbols that occur, in ascending order.
    pub fn occurring(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.symbols).filter(|&symbol| self.words[symbol] != 0)
    }
}

/// A length, or a repetition of lengths.
#[derive(Clone, Copy)]
pub struct Run {
    pub symbol: u8,
    pub extra: u8,
    pub extra_bits: u8,
}

/// Lengths with their repetitions, and the code for those.
pub struct Lengths {
    runs: Vec<Run>,
    code: Code,
}

impl Lengths {
    /// 16 repeats the last length 3 to 6 times, 17 is 3 to 10 zeros, 18 is 11 to 138 zeros.
    pub fn of(lengths: impl Iterator<Item = u8>) -> Self {
        let mut runs = Vec::with_capacity(64);
        let mut lengths = lengths.peekable();
        while let Some(length) = lengths.next() {
            let mut count = 1;
            while lengths.next_if_eq(&length).is_some() {
                count += 1;
            }
            if length == 0 {
                put_zeros(&mut runs, count);
            } else {
                put_repeated(&mut runs, length, count);
            }
        }
        let mut counts = [0; LENGTH_SYMBOLS];
        runs.iter().for_each(|run| counts[usize::from(run.symbol)] += 1);
        let code = Code::limited(&counts, MAX_LENGTH_BITS);
        Self { runs, code }
    }

    /// The code of the lengths.
    pub fn code(&self) -> &Code {
        &self.code
    }

    /// Writes all lengths; a code of one symbol takes `alone` bits a symbol, which the formats see differently.
    pub fn put(&self, bits: &mut Bits<'_>, alone: Alone) {
        let silent = alone == Alone::NoBits && self.code.used() <= 1;
        for run in &self.runs {
            if !silent {
                self.code.put(bits, usize::from(run.symbol));
            }
            bits.put(u32::from(run.extra), u32::from(run.extra_bits));
        }
    }
}

/// What a symbol costs that is the only one of its code.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Alone {
    NoBits,
    OneBit,
}

fn put_zeros(runs: &mut Vec<Run>, mut count: usize) {
    while count > 0 {
        let (symbol, taken, base, extra_bits) = match count {
            1..=2 => (0, 1, 1, 0),
            3..=10 => (17, count, 3, 3),
            _ => (18, count.min(138), 11, 7),
        };
        runs.push(Run {
            symbol,
            extra: (taken - base) as u8,
            extra_bits,
        });
        count -= taken;
    }
}

fn put_repeated(runs: &mut Vec<Run>, length: u8, count: usize) {
    let plain = Run {
        symbol: length,
        extra: 0,
        extra_bits: 0,
    };
    runs.push(plain);
    let mut count = count - 1;
    while count > 0 {
        let taken = if count < 3 { 1 } else { count.min(6) };
        runs.push(match taken {
            1 => plain,
            _ => Run {
                symbol: 16,
                extra: (taken - 3) as u8,
                extra_bits: 2,
            },
        });
        count -= taken;
    }
}

/// Huffman's lengths, made shorter where they are over the limit; returns how many symbols occur.
fn find_lengths(counts: &[u32], most: u8, lengths: &mut [u8; MAX_SYMBOLS]) -> usize {
    // A count above its symbol: sorted by count, every symbol keeps its place.
    let mut sorted = [0_u64; MAX_SYMBOLS];
    let mut used = 0;
    for (symbol, &count) in counts.iter().enumerate() {
        if count > 0 {
            sorted[used] = u64::from(count) << 16 | symbol as u64;
            used += 1;
        }
    }
    let sorted = &mut sorted[..used];
    if used <= 1 {
        sorted.iter().for_each(|&only| lengths[(only & 0xFFFF) as usize] = 1);
        return used;
    }
    sorted.sort_unstable();
    let mut depths = [0_u64; MAX_SYMBOLS];
    for (depth, key) in depths.iter_mut().zip(&*sorted) {
        *depth = key >> 16;
    }
    minimum_redundancy(&mut depths[..used]);
    let mut of_length = [0_u32; MAX_SYMBOLS];
    depths[..used].iter().for_each(|&depth| of_length[depth as usize] += 1);
    limit(&mut of_length, usize::from(most));
    // The rarest symbols have the longest words.
    let mut symbols = sorted.iter().map(|key| (key & 0xFFFF) as usize);
    for length in (1..=most).rev() {
        for symbol in symbols.by_ref().take(of_length[usize::from(length)] as usize) {
            lengths[symbol] = length;
        }
    }
    used
}

/// Moffat and Katajainen's construction in place: ascending counts (two at least) become descending depths.
fn minimum_redundancy(values: &mut [u64]) {
    let count = values.len();
    values[0] += values[1];
    let (mut root, mut leaf) = (0, 2);
    for next in 1..count - 1 {
        // The two lightest of what is left, leaves or nodes, are joined; a node that is joined keeps its parent in place of its weight.
        let mut sum = 0;
        for second in [false, true] {
            let is_node = leaf >= count || ((!second || root < next) && values[root] < values[leaf]);
            if is_node {
                sum += values[root];
                values[root] = next as u64;
                root += 1;
            } else {
                sum += values[leaf];
                leaf += 1;
            }
        }
        values[next] = sum;
    }
    depths_of_parents(values);
}

/// The second and third pass: parents become depths of inner nodes, those become depths of leaves.
fn depths_of_parents(values: &mut [u64]) {
    let count = values.len();
    values[count - 2] = 0;
    for node in (0..count - 2).rev() {
        values[node] = values[values[node] as usize] + 1;
    }
    let (mut free, mut depth) = (1_usize, 0_u64);
    let (mut node, mut next) = (count as isize - 2, count as isize - 1);
    while free > 0 {
        let mut inner = 0;
        while node >= 0 && values[node as usize] == depth {
            inner += 1;
            node -= 1;
        }
        while free > inner {
            values[next as usize] = depth;
            next -= 1;
            free -= 1;
        }
        free = 2 * inner;
        depth += 1;
    }
}

/// Words that are too long become as long as allowed; others grow until all have room again.
fn limit(of_length: &mut [u32; MAX_SYMBOLS], most: usize) {
    let long: u32 = of_length[most + 1..].iter().sum();
    if long == 0 {
        return;
    }
    of_length[most + 1..].fill(0);
    of_length[most] += long;
    let mut taken: u64 = (1..=most)
        .map(|length| u64::from(of_length[length]) << (most - length))
        .sum();
    while taken > 1 << most {
        // One of the longest joins a shorter word that is split in two.
        of_length[most] -= 1;
        if let Some(length) = (1..most).rev().find(|&length| of_length[length] > 0) {
            of_length[length] -= 1;
            of_length[length + 1] += 2;
        }
        taken -= 1;
    }
}

/// Canonical words, turned round because the stream begins with the lowest bit.
fn find_words(lengths: &[u8], words: &mut [u32; MAX_SYMBOLS]) {
    let mut next = [0_u16; MAX_BITS as usize + 2];
    for &length in lengths.iter().filter(|&&length| length > 0) {
        next[usize::from(length) + 1] += 1;
    }
    for length in 1..next.len() {
        next[length] = next[length].wrapping_add(next[length - 1]) << 1;
    }
    for (&length, target) in lengths.iter().zip(words) {
        if length > 0 {
            let word = next[usize::from(length)];
            next[usize::from(length)] = word.wrapping_add(1);
            *target = u32::from(word.reverse_bits() >> (16 - u32::from(length))) | u32::from(length) << 16;
        }
    }
}
