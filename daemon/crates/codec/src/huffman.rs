//! Prefix (Huffman) codes of limited length and their run-length encoded descriptions, for DEFLATE (RFC 1951, 3.2.7) and VP8L (RFC 9649).

use super::bits::BitWriter;

/// The longest code word of either format, in bits.
const MAX_BITS: u8 = 15;
/// The longest word of a code-length code, in bits.
const MAX_CODE_LENGTH_BITS: u8 = 7;
/// The size of DEFLATE's literal and length alphabet; VP8L's alphabets are smaller.
const MAX_SYMBOLS: usize = 288;
/// The size of the alphabet of code lengths.
pub const CODE_LENGTH_SYMBOLS: usize = 19;

/// A canonical prefix code for the symbols that were counted.
pub struct PrefixCode {
    /// The code word in the lowest 16 bits, its length above; 0 for symbols that do not occur.
    words: [u32; MAX_SYMBOLS],
    /// The size of the alphabet.
    symbols: usize,
    /// The number of symbols that occur.
    used: usize,
}

impl PrefixCode {
    /// The code for an alphabet with these counts. A symbol that is alone has a word of one bit.
    pub fn from_counts(counts: &[u32]) -> Self {
        Self::with_max_bits(counts, MAX_BITS)
    }

    fn with_max_bits(counts: &[u32], max_bits: u8) -> Self {
        let mut lengths = [0_u8; MAX_SYMBOLS];
        let used = find_lengths(counts, max_bits, &mut lengths);
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

    /// The size of the alphabet.
    pub fn symbols(&self) -> usize {
        self.symbols
    }

    /// The number of symbols that occur.
    pub fn used(&self) -> usize {
        self.used
    }

    /// The length of a symbol's word in bits; 0 when it does not occur.
    pub fn length(&self, symbol: usize) -> u8 {
        (self.words[symbol] >> 16) as u8
    }

    /// The lengths of all words up to the last symbol that occurs, `least` or more.
    pub fn lengths(&self, least: usize) -> impl Iterator<Item = u8> + '_ {
        let last = self.words[..self.symbols].iter().rposition(|&word| word != 0);
        let count = last.map_or(least, |last| (last + 1).max(least));
        self.words[..count].iter().map(|word| (word >> 16) as u8)
    }

    /// Writes one symbol.
    #[inline]
    pub fn put(&self, bits: &mut BitWriter<'_>, symbol: usize) {
        let word = self.words[symbol];
        bits.put(word & 0xFFFF, word >> 16);
    }

    /// The symbols that occur, in ascending order.
    pub fn used_symbols(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.symbols).filter(|&symbol| self.words[symbol] != 0)
    }
}

/// A symbol of the code-length alphabet with its extra bits.
#[derive(Clone, Copy)]
struct Run {
    symbol: u8,
    extra: u8,
    extra_bits: u8,
}

/// The run-length encoded lengths of a code, and the prefix code of those.
pub struct CodeLengths {
    runs: Vec<Run>,
    code: PrefixCode,
}

impl CodeLengths {
    /// Symbol 16 repeats the last length 3 to 6 times, 17 stands for 3 to 10 zeros, 18 for 11 to 138 zeros.
    pub fn from_lengths(lengths: impl Iterator<Item = u8>) -> Self {
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
        let mut counts = [0; CODE_LENGTH_SYMBOLS];
        runs.iter().for_each(|run| counts[usize::from(run.symbol)] += 1);
        let code = PrefixCode::with_max_bits(&counts, MAX_CODE_LENGTH_BITS);
        Self { runs, code }
    }

    /// Writes the code-length code: the number of its lengths less 4, and the lengths in the format's order.
    pub fn put_code(&self, bits: &mut BitWriter<'_>, order: &[usize; CODE_LENGTH_SYMBOLS]) {
        let last = order.iter().rposition(|&symbol| self.code.length(symbol) > 0);
        let count = last.map_or(4, |last| (last + 1).max(4));
        bits.put(count as u32 - 4, 4);
        order[..count]
            .iter()
            .for_each(|&symbol| bits.put(u32::from(self.code.length(symbol)), 3));
    }

    /// Writes the lengths of the code.
    pub fn put(&self, bits: &mut BitWriter<'_>, single: SingleSymbol) {
        let silent = single == SingleSymbol::NoBits && self.code.used() <= 1;
        for run in &self.runs {
            if !silent {
                self.code.put(bits, usize::from(run.symbol));
            }
            bits.put(u32::from(run.extra), u32::from(run.extra_bits));
        }
    }
}

/// The bits taken by a symbol that is the only one of its code.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum SingleSymbol {
    /// VP8L.
    NoBits,
    /// DEFLATE.
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

/// Sets Huffman code lengths of at most `max_bits`; returns the number of symbols that occur.
fn find_lengths(counts: &[u32], max_bits: u8, lengths: &mut [u8; MAX_SYMBOLS]) -> usize {
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
    let mut length_counts = [0_u32; MAX_SYMBOLS];
    depths[..used]
        .iter()
        .for_each(|&depth| length_counts[depth as usize] += 1);
    limit_lengths(&mut length_counts, usize::from(max_bits));
    // The rarest symbols have the longest words.
    let mut symbols = sorted.iter().map(|key| (key & 0xFFFF) as usize);
    for length in (1..=max_bits).rev() {
        for symbol in symbols.by_ref().take(length_counts[usize::from(length)] as usize) {
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

/// The second and third pass: turns parents into depths of inner nodes, and those into depths of leaves.
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

/// Shortens words over `max_bits`, and lengthens others until all have room again.
fn limit_lengths(length_counts: &mut [u32; MAX_SYMBOLS], max_bits: usize) {
    let long: u32 = length_counts[max_bits + 1..].iter().sum();
    if long == 0 {
        return;
    }
    length_counts[max_bits + 1..].fill(0);
    length_counts[max_bits] += long;
    let mut taken: u64 = (1..=max_bits)
        .map(|length| u64::from(length_counts[length]) << (max_bits - length))
        .sum();
    while taken > 1 << max_bits {
        // One of the longest joins a shorter word that is split in two.
        length_counts[max_bits] -= 1;
        if let Some(length) = (1..max_bits).rev().find(|&length| length_counts[length] > 0) {
            length_counts[length] -= 1;
            length_counts[length + 1] += 2;
        }
        taken -= 1;
    }
}

/// Canonical code words, reversed because the stream begins with the lowest bit.
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

/// A number as a prefix symbol and extra bits, as DEFLATE codes distances and VP8L codes lengths.
pub struct PrefixValue {
    pub symbol: usize,
    pub extra: u32,
    pub extra_bits: u32,
}

impl PrefixValue {
    /// Splits a number of at least 1.
    #[inline]
    pub fn new(value: usize) -> Self {
        let value = value as u32 - 1;
        if value < 4 {
            return Self {
                symbol: value as usize,
                extra: 0,
                extra_bits: 0,
            };
        }
        let highest = value.ilog2();
        let extra_bits = highest - 1;
        Self {
            symbol: (2 * highest + ((value >> extra_bits) & 1)) as usize,
            extra: value & ((1 << extra_bits) - 1),
            extra_bits,
        }
    }
}
