//! All that a query finds: its best hits, their number, and a sample that facets are counted of.

use std::sync::Arc;

use tantivy::collector::sort_key::NaturalComparator;
use tantivy::collector::{Collector, SegmentCollector, TopNComputer};
use tantivy::columnar::ColumnValues;
use tantivy::{DocAddress, DocId, Score, SegmentOrdinal, SegmentReader};

use crate::fields::standing_factor;

/// Collects the best hits, by relevance, popularity and standing.
pub struct Best {
    pub hits: usize,
    /// Documents of a segment that facets are counted of.
    pub sample: usize,
    /// Gain of a document for each factor of e in popularity.
    pub popularity: Score,
}

/// The answer of [`Best`].
pub struct Found {
    pub hits: Vec<(Score, DocAddress)>,
    pub total: u64,
    pub samples: Vec<(SegmentOrdinal, Sample)>,
}

/// Some of the documents that were found in a segment; all, if they are few.
pub struct Sample {
    pub documents: Vec<DocId>,
    /// Documents that are kept; half of them go when there are more.
    most: usize,
    /// Bits that are 0 in the hashes of those that are kept: neighbours are alike, so every nth would be no fair sample.
    zeros: u32,
    seen: u64,
}

impl Sample {
    fn push(&mut self, document: DocId) {
        self.seen += 1;
        if !self.has(document) {
            return;
        }
        self.documents.push(document);
        while self.documents.len() > self.most {
            self.zeros += 1;
            let mut documents = std::mem::take(&mut self.documents);
            documents.retain(|document| self.has(*document));
            self.documents = documents;
        }
    }

    fn has(&self, document: DocId) -> bool {
        document.wrapping_mul(0x9e37_79b1).leading_zeros() >= self.zeros
    }

    pub fn is_whole(&self) -> bool {
        self.zeros == 0
    }

    /// From a number of documents of the sample to that of all that were found.
    pub fn scaled(&self, count: u32) -> u64 {
        u64::from(count) * self.seen / (self.documents.len() as u64).max(1)
    }
}

impl Collector for Best {
    type Fruit = Found;
    type Child = BestOfSegment;

    fn for_segment(&self, segment: SegmentOrdinal, reader: &SegmentReader) -> tantivy::Result<BestOfSegment> {
        let columns = reader.fast_fields();
        let popularity: Arc<dyn ColumnValues<u64>> = columns.column_first_or_default("popularity")?;
        let standing: Arc<dyn ColumnValues<i64>> = columns.column_first_or_default("standing")?;
        let gains: [Score; 65] = std::array::from_fn(|doublings| gain(self.popularity, doublings));
        Ok(BestOfSegment {
            segment,
            best: TopNComputer::new_with_comparator(self.hits, NaturalComparator),
            sample: Sample {
                documents: Vec::new(),
                most: self.sample.max(1),
                zeros: 0,
                seen: 0,
            },
            most_gain: gains[doublings(popularity.max_value())] * standing_factor(standing.max_value()),
            popularity,
            standing,
            gains,
        })
    }

    fn requires_scoring(&self) -> bool {
        true
    }

    fn merge_fruits(&self, segments: Vec<BestOfSegment>) -> tantivy::Result<Found> {
        let (mut hits, mut total, mut samples) = (Vec::new(), 0, Vec::new());
        for found in segments {
            let best = found.best.into_vec().into_iter();
            hits.extend(best.map(|hit| (hit.sort_key, DocAddress::new(found.segment, hit.doc))));
            total += found.sample.seen;
            samples.push((found.segment, found.sample));
        }
        hits.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        hits.truncate(self.hits);
        Ok(Found { hits, total, samples })
    }
}

/// The part of [`Found`] of a segment.
pub struct BestOfSegment {
    segment: SegmentOrdinal,
    best: TopNComputer<Score, DocId, NaturalComparator>,
    sample: Sample,
    popularity: Arc<dyn ColumnValues<u64>>,
    standing: Arc<dyn ColumnValues<i64>>,
    /// The factor of a document's score by the doublings of its popularity.
    gains: [Score; 65],
    /// The factor of no document is greater.
    most_gain: Score,
}

impl SegmentCollector for BestOfSegment {
    type Fruit = Self;

    fn collect(&mut self, document: DocId, score: Score) {
        self.sample.push(document);
        // Most documents can not be among the best, whatever their popularity.
        if self.best.threshold.is_some_and(|least| score * self.most_gain <= least) {
            return;
        }
        let gain = self.gains[doublings(self.popularity.get_val(document))];
        let standing = standing_factor(self.standing.get_val(document));
        self.best.push(score * gain * standing, document);
    }

    fn harvest(self) -> Self {
        self
    }
}

/// The factor of a document's score by the doublings of its popularity.
#[expect(clippy::cast_precision_loss, reason = "doublings, of which there are 64 at most")]
pub fn gain(weight: Score, doublings: usize) -> Score {
    1.0 + weight * doublings as Score * std::f32::consts::LN_2
}

pub fn doublings(popularity: u64) -> usize {
    popularity.saturating_add(1).ilog2() as usize
}
