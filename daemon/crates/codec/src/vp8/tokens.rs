//! The levels of all blocks as decisions, kept until it is known how likely each is.

use super::bool_coder::BoolCoder;
use super::cost::{self, Branch};
use super::quantise::Levels;
use super::tables::coefficients::DEFAULT;
use super::tables::{BANDS, SLOTS, Slots};

/// When there are more, the likelihoods are settled by these.
const MOST: usize = 8 << 20;

/// A decision of fixed probability; the lower bits are the probability, else the slot.
const FIXED: u16 = 1 << 14;
const SET: u16 = 1 << 15;

/// The decisions and how often each was taken.
pub struct Tokens {
    tokens: Vec<u16>,
    /// How often each branch went to one, and was reached.
    counts: Box<[[u32; 2]; SLOTS]>,
    settled: Option<Slots>,
    coder: BoolCoder,
    most: usize,
}

impl Default for Tokens {
    fn default() -> Self {
        Self::keeping(MOST)
    }
}

impl Tokens {
    /// Keeps so many decisions (or a few more) before it settles how likely each is.
    pub fn keeping(most: usize) -> Self {
        Self {
            tokens: Vec::new(),
            counts: Box::new([[0; 2]; SLOTS]),
            settled: None,
            coder: BoolCoder::default(),
            most,
        }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.tokens.clear();
        self.counts.fill([0; 2]);
        self.settled = None;
        self.coder = BoolCoder::default();
    }

    /// Takes down a block of a kind, from its n-th level on. `context` is how many of its neighbours are not empty.
    pub fn put(&mut self, kind: usize, from: usize, context: usize, block: &Levels) {
        let slot = |at: usize, context: usize| ((kind * 8 + BANDS[at]) * 3 + context) * 11;
        let mut base = slot(from, context);
        self.decide(base, block.count != 0);
        let mut at = from;
        while at < block.count {
            let level = block.levels[at];
            let size = level.unsigned_abs();
            self.put_size(base, size);
            at += 1;
            base = slot(at, usize::from(size.min(2)));
            if size != 0 {
                self.tokens.push(FIXED | 128 | if level < 0 { SET } else { 0 });
                if at < 16 {
                    self.decide(base, at < block.count);
                }
            }
        }
        if self.tokens.len() > self.most {
            self.drain();
        }
    }

    #[inline]
    fn put_size(&mut self, base: usize, size: u16) {
        cost::branches(size, |branch, set| match branch {
            Branch::Slot(place) => self.decide(base + place, set),
            Branch::Fixed(zero) => self.tokens.push(FIXED | u16::from(zero) | if set { SET } else { 0 }),
        });
    }

    fn decide(&mut self, slot: usize, set: bool) {
        self.counts[slot][usize::from(set)] += 1;
        self.tokens.push(slot as u16 | if set { SET } else { 0 });
    }

    /// What the decisions come to, and how likely they were.
    pub fn finish(&mut self) -> (Vec<u8>, Slots) {
        self.drain();
        let coder = std::mem::take(&mut self.coder);
        (coder.finish(), self.settled.take().unwrap_or(DEFAULT))
    }

    fn drain(&mut self) {
        let Self {
            tokens,
            counts,
            settled,
            coder,
            ..
        } = self;
        let slots = settled.get_or_insert_with(|| likelihoods(counts));
        let slots = slots.as_flattened().as_flattened().as_flattened();
        for token in tokens.drain(..) {
            let zero = match token & FIXED {
                0 => slots[usize::from(token & 0x7ff)],
                _ => token as u8,
            };
            coder.put(token & SET != 0, zero);
        }
    }
}

/// How likely each branch goes to zero, where saying so costs less than it saves.
fn likelihoods(counts: &[[u32; 2]; SLOTS]) -> Slots {
    let mut slots = DEFAULT;
    let mut counts = counts.iter();
    for (kind, bands) in slots.iter_mut().enumerate() {
        for (band, contexts) in bands.iter_mut().enumerate() {
            for (context, places) in contexts.iter_mut().enumerate() {
                for (place, (zero, &[zeros, ones])) in places.iter_mut().zip(&mut counts).enumerate() {
                    let total = zeros.saturating_add(ones);
                    if total == 0 {
                        continue;
                    }
                    let counted = (u64::from(zeros) * 256 / u64::from(total)).clamp(1, 255) as u8;
                    let cost = |zero: u8| {
                        u64::from(zeros) * u64::from(cost::bit(false, zero))
                            + u64::from(ones) * u64::from(cost::bit(true, zero))
                    };
                    if cost(counted) + u64::from(cost::update(kind, band, context, place)) < cost(*zero) {
                        *zero = counted;
                    }
                }
            }
        }
    }
    slots
}
