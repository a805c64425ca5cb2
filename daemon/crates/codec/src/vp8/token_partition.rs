//! The partition of coefficient tokens: branches are kept until their probabilities are counted (RFC 6386, 13).

use super::bool_coder::BoolCoder;
use super::cost::{self, Branch};
use super::quantize::QuantizedBlock;
use super::tables::coefficients::DEFAULT;
use super::tables::updates::NO_UPDATE;
use super::tables::{COEFFICIENT_BANDS, COEFFICIENT_PROBABILITIES, CoefficientProbabilities};

/// Branches that are counted at most; with more, the first ones fix the probabilities.
const MAX_BRANCHES: usize = 8 << 20;

/// A branch of constant probability, which is in the lower bits; else they are its number among all coefficient probabilities.
const FIXED: u16 = 1 << 14;
const SET: u16 = 1 << 15;

/// Branches with their bits, and how often each bit occurred.
pub struct TokenPartition {
    branches: Vec<u16>,
    /// The zeros and ones of each branch.
    counts: Box<[[u32; 2]; COEFFICIENT_PROBABILITIES]>,
    probabilities: Option<CoefficientProbabilities>,
    coder: BoolCoder,
    max_branches: usize,
}

impl Default for TokenPartition {
    fn default() -> Self {
        Self::with_max_branches(MAX_BRANCHES)
    }
}

impl TokenPartition {
    /// Keeps so many branches (or a few more) before the probabilities are fixed.
    pub fn with_max_branches(max_branches: usize) -> Self {
        Self {
            branches: Vec::new(),
            counts: Box::new([[0; 2]; COEFFICIENT_PROBABILITIES]),
            probabilities: None,
            coder: BoolCoder::default(),
            max_branches,
        }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.branches.clear();
        self.counts.fill([0; 2]);
        self.probabilities = None;
        self.coder = BoolCoder::default();
    }

    /// Adds the levels of a block from the n-th on, by its type and context.
    pub fn put(&mut self, block_type: usize, from: usize, context: usize, block: &QuantizedBlock) {
        let tree = |at: usize, context: usize| ((block_type * 8 + COEFFICIENT_BANDS[at]) * 3 + context) * 11;
        let mut base = tree(from, context);
        self.push(base, block.count != 0);
        let mut at = from;
        while at < block.count {
            let level = block.levels[at];
            let size = level.unsigned_abs();
            self.push_level(base, size);
            at += 1;
            base = tree(at, usize::from(size.min(2)));
            if size != 0 {
                self.branches.push(FIXED | 128 | if level < 0 { SET } else { 0 });
                if at < 16 {
                    self.push(base, at < block.count);
                }
            }
        }
        if self.branches.len() > self.max_branches {
            self.encode();
        }
    }

    #[inline]
    fn push_level(&mut self, base: usize, size: u16) {
        cost::level_branches(size, |branch, set| match branch {
            Branch::Tree(place) => self.push(base + place, set),
            Branch::Fixed(zero) => self.branches.push(FIXED | u16::from(zero) | if set { SET } else { 0 }),
        });
    }

    fn push(&mut self, branch: usize, set: bool) {
        self.counts[branch][usize::from(set)] += 1;
        self.branches.push(branch as u16 | if set { SET } else { 0 });
    }

    /// The encoded partition and its probabilities.
    pub fn finish(&mut self) -> (Vec<u8>, CoefficientProbabilities) {
        self.encode();
        let coder = std::mem::take(&mut self.coder);
        (coder.finish(), self.probabilities.take().unwrap_or(DEFAULT))
    }

    /// Encodes the branches kept so far.
    fn encode(&mut self) {
        let Self {
            branches,
            counts,
            probabilities,
            coder,
            ..
        } = self;
        let probabilities = probabilities.get_or_insert_with(|| counted_probabilities(counts));
        let flat = probabilities.as_flattened().as_flattened().as_flattened();
        for branch in branches.drain(..) {
            let zero = match branch & FIXED {
                0 => flat[usize::from(branch & 0x7ff)],
                _ => branch as u8,
            };
            coder.put(branch & SET != 0, zero);
        }
    }
}

/// The probability of each branch as counted, where the update costs less than it saves.
fn counted_probabilities(counts: &[[u32; 2]; COEFFICIENT_PROBABILITIES]) -> CoefficientProbabilities {
    let mut probabilities = DEFAULT;
    let flat = probabilities.as_flattened_mut().as_flattened_mut().as_flattened_mut();
    let no_update = NO_UPDATE.as_flattened().as_flattened().as_flattened();
    for ((probability, &[zeros, ones]), &no_update) in flat.iter_mut().zip(counts).zip(no_update) {
        let total = zeros.saturating_add(ones);
        if total == 0 {
            continue;
        }
        let counted = (u64::from(zeros) * 256 / u64::from(total)).clamp(1, 255) as u8;
        let cost = |zero: u8| {
            u64::from(zeros) * u64::from(cost::bit(false, zero)) + u64::from(ones) * u64::from(cost::bit(true, zero))
        };
        if cost(counted) + u64::from(cost::update(no_update)) < cost(*probability) {
            *probability = counted;
        }
    }
    probabilities
}
