//! Counts of values among all that was found.

use std::cmp::Reverse;
use std::collections::HashMap;

use tantivy::{Searcher, SegmentOrdinal};

use crate::Facet;
use crate::found::Sample;

/// Values that are counted of a facet.
const MAX_VALUES: usize = 20;
/// Values that are taken of each of several segments: a value may be frequent in one and rare in another.
const MAX_OF_SEGMENT: usize = 40;

/// Values with their counts, by facet.
type Counts = Vec<(Facet, Vec<(String, u64)>)>;

/// The values of every facet with their counts, the most frequent first. Those of a part are multiplied up to the whole.
pub fn counts(searcher: &Searcher, samples: &[(SegmentOrdinal, Sample)]) -> tantivy::Result<Counts> {
    let counted = |facet| Ok((facet, values(searcher, samples, facet)?));
    Facet::ALL.into_iter().map(counted).collect()
}

fn values(
    searcher: &Searcher,
    samples: &[(SegmentOrdinal, Sample)],
    facet: Facet,
) -> tantivy::Result<Vec<(String, u64)>> {
    let most = if samples.len() == 1 { MAX_VALUES } else { MAX_OF_SEGMENT };
    let mut sums: HashMap<String, u64> = HashMap::new();
    for (segment, sample) in samples.iter().filter(|(_, sample)| !sample.documents.is_empty()) {
        let columns = searcher.segment_reader(*segment).fast_fields();
        let Some(column) = columns.str(facet.name())? else {
            continue;
        };
        let mut counts = vec![0_u32; column.num_terms()];
        for document in &sample.documents {
            for value in column.term_ords(*document) {
                counts[value as usize] += 1;
            }
        }
        let mut counted: Vec<(u64, u32)> = (0..).zip(counts).filter(|(_, count)| *count > 0).collect();
        // Values are numbered in their order.
        let rank = |(value, count): &(u64, u32)| (Reverse(*count), *value);
        if counted.len() > most {
            counted.select_nth_unstable_by_key(most, rank);
            counted.truncate(most);
        }
        let mut name = String::new();
        for (value, count) in counted {
            column.ord_to_str(value, &mut name)?;
            *sums.entry(name.clone()).or_default() += sample.scaled(count);
        }
    }
    let mut values: Vec<(String, u64)> = sums.into_iter().collect();
    values.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    values.truncate(MAX_VALUES);
    Ok(values)
}
