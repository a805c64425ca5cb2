//! Prefix codes as VP8L stores them.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::bits::Bits;

const MAX_BITS: u8 = 15;
/// Of the code in which a code's lengths are told.
const MAX_LENGTH_BITS: u8 = 7;
/// The order in which the lengths of that code are told.
const LENGTH_ORDER: [usize; 19] = [17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

/// A code for the symbols that were counted.
pub struct Code {
    /// Of each symbol in bits; 0 for those that do not occur.
    lengths: Vec<u8>,
    words: Vec<u16>,
    /// The only symbol takes no bits at all.
    alone: bool,
}

impl Code {
    /// The best code for these counts.
    pub fn of(counts: &[u32]) -> Self {
        Self::limited(counts, MAX_BITS)
    }

    fn limited(counts: &[u32], most: u8) -> Self {
        let lengths = lengths(counts, most);
        let words = words(&lengths);
        let alone = lengths.iter().filter(|&&length| length > 0).count() <= 1;
        Self { lengths, words, alone }
    }

    /// Writes one symbol.
    #[inline]
    pub fn put(&self, bits: &mut Bits, symbol: usize) {
        if !self.alone {
            bits.put(u32::from(self.words[symbol]), u32::from(self.lengths[symbol]));
        }
    }

    /// Writes the code itself.
    pub fn put_table(&self, bits: &mut Bits) {
        let used: Vec<usize> = (0..self.lengths.len())
            .filter(|&symbol| self.lengths[symbol] > 0)
            .collect();
        match *used {
            [] => put_simple(bits, &[0]),
            [only] if only < 256 => put_simple(bits, &[only as u32]),
            [first, second] if second < 256 => put_simple(bits, &[first as u32, second as u32]),
            _ => self.put_lengths(bits),
        }
    }

    /// Lengths with their repetitions, in a code of their own.
    fn put_lengths(&self, bits: &mut Bits) {
        let runs = runs(&self.lengths);
        let mut counts = [0; 19];
        runs.iter().for_each(|run| counts[run.symbol] += 1);
        let code = Self::limited(&counts, MAX_LENGTH_BITS);
        let told = LENGTH_ORDER
            .iter()
            .rposition(|&symbol| code.lengths[symbol] > 0)
            .map_or(4, |last| (last + 1).max(4));
        bits.put(0, 1);
        bits.put(told as u32 - 4, 4);
        LENGTH_ORDER[..told]
            .iter()
            .for_each(|&symbol| bits.put(u32::from(code.lengths[symbol]), 3));
        // All symbols are told.
        bits.put(0, 1);
        for run in runs {
            code.put(bits, run.symbol);
            bits.put(run.extra, run.extra_bits);
        }
    }
}

/// One or two symbols of a byte each, in ascending order.
fn put_simple(bits: &mut Bits, symbols: &[u32]) {
    bits.put(1, 1);
    bits.put(symbols.len() as u32 - 1, 1);
    if symbols[0] <= 1 {
        bits.put(0, 1);
        bits.put(symbols[0], 1);
    } else {
        bits.put(1, 1);
        bits.put(symbols[0], 8);
    }
    symbols[1..].iter().for_each(|&symbol| bits.put(symbol, 8));
}

struct Run {
    symbol: usize,
    extra: u32,
    extra_bits: u32,
}

/// 16 repeats the last length 3 to 6 times, 17 is 3 to 10 zeros, 18 is 11 to 138 zeros.
fn runs(lengths: &[u8]) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut at = 0;
    while at < lengths.len() {
        let length = lengths[at];
        let mut count = lengths[at..].iter().take_while(|&&other| other == length).count();
        at += count;
        if length > 0 {
            runs.push(Run {
                symbol: usize::from(length),
                extra: 0,
                extra_bits: 0,
            });
            count -= 1;
        }
        while count > 0 {
            let (run, taken) = match (length, count) {
                (_, 1..=2) => (
                    Run {
                        symbol: usize::from(length),
                        extra: 0,
                        extra_bits: 0,
                    },
                    1,
                ),
                (0, 3..=10) => (
                    Run {
                        symbol: 17,
                        extra: count as u32 - 3,
                        extra_bits: 3,
                    },
                    count,
                ),
                (0, _) => (
                    Run {
                        symbol: 18,
                        extra: count.min(138) as u32 - 11,
                        extra_bits: 7,
                    },
                    count.min(138),
                ),
                (_, _) => (
                    Run {
                        symbol: 16,
                        extra: count.min(6) as u32 - 3,
                        extra_bits: 2,
                    },
                    count.min(6),
                ),
            };
            runs.push(run);
            count -= taken;
        }
    }
    runs
}

/// Huffman's lengths; when one is too long, rare symbols are counted as less rare and it is done again.
fn lengths(counts: &[u32], most: u8) -> Vec<u8> {
    let mut least = 1;
    loop {
        let lengths = unlimited_lengths(counts, least);
        if lengths.iter().all(|&length| length <= most) {
            return lengths;
        }
        least *= 2;
    }
}

fn unlimited_lengths(counts: &[u32], least: u32) -> Vec<u8> {
    let mut lengths = vec![0; counts.len()];
    let used: Vec<usize> = (0..counts.len()).filter(|&symbol| counts[symbol] > 0).collect();
    if let [only] = *used {
        lengths[only] = 1;
        return lengths;
    }
    // Leaves first, then the nodes in the order in which they were joined.
    let mut heap: BinaryHeap<Reverse<(u64, usize)>> = used
        .iter()
        .enumerate()
        .map(|(leaf, &symbol)| Reverse((u64::from(counts[symbol].max(least)), leaf)))
        .collect();
    let mut parents = vec![0; used.len() * 2];
    let mut next = used.len();
    while let (Some(Reverse((light, first))), Some(Reverse((heavy, second)))) = (heap.pop(), heap.pop()) {
        parents[first] = next;
        parents[second] = next;
        heap.push(Reverse((light + heavy, next)));
        next += 1;
        if heap.len() == 1 {
            break;
        }
    }
    let mut depths = vec![0_u8; next];
    for node in (0..next.saturating_sub(1)).rev() {
        depths[node] = depths[parents[node]] + 1;
    }
    for (leaf, &symbol) in used.iter().enumerate() {
        lengths[symbol] = depths[leaf];
    }
    lengths
}

/// Canonical words, turned round because the stream begins with the lowest bit.
fn words(lengths: &[u8]) -> Vec<u16> {
    let mut next = [0_u16; MAX_BITS as usize + 2];
    for &length in lengths.iter().filter(|&&length| length > 0) {
        next[usize::from(length) + 1] += 1;
    }
    for length in 1..next.len() {
        next[length] = next[length].wrapping_add(next[length - 1]) << 1;
    }
    let word = |&length: &u8| {
        if length == 0 {
            return 0;
        }
        let word = next[usize::from(length)];
        next[usize::from(length)] = word.wrapping_add(1);
        word.reverse_bits() >> (16 - u32::from(length))
    };
    lengths.iter().map(word).collect()
}
