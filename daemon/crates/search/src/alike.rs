//! Words that keep the same company: from pairs of words, those whose partners are the same.
//!
//! Two words that never occur together mean nearly the same if they occur with the same words. Each word has a row of its strongest
//! partners, by mutual information; the likeness of two words is the cosine of their rows.

use rustc_hash::FxHashMap;

/// Partners that are kept of a word.
const PARTNERS: usize = 60;
/// Alike words that are kept of a word.
const ALIKE: usize = 60;
/// The least likeness that is kept.
const MIN_LIKENESS: f32 = 0.1;
/// A partner that occurred this often together with the word has half of its weight.
const DOUBT: f32 = 1.0;
/// Words that are compared, the most frequent; it bounds the time.
const MAX_WORDS: usize = 20_000;

/// Counts of words that occurred together, by their numbers, in both orders.
pub struct Together<'a> {
    /// Texts that have a word.
    pub texts: &'a [f32],
    pub pairs: &'a FxHashMap<(u32, u32), f32>,
}

/// Words by their numbers, with weights.
pub type Row = Vec<(u32, f32)>;

/// The words that are like each word, the likest first, by number.
pub fn alike(together: &Together<'_>) -> Vec<Row> {
    let rows = rows(together);
    let mut columns: Vec<Row> = vec![Vec::new(); rows.len()];
    for (word, row) in (0..).zip(&rows) {
        for (partner, weight) in row {
            columns[*partner as usize].push((word, *weight));
        }
    }
    let mut sums = vec![0.0_f32; rows.len()];
    let mut touched: Vec<u32> = Vec::new();
    (0..)
        .zip(&rows)
        .map(|(word, row): (u32, &Row)| {
            for (partner, weight) in row {
                for (other, shared) in &columns[*partner as usize] {
                    let sum = &mut sums[*other as usize];
                    if *sum == 0.0 {
                        touched.push(*other);
                    }
                    *sum += weight * shared;
                }
            }
            let mut found: Row = touched
                .drain(..)
                .map(|other| (other, std::mem::take(&mut sums[other as usize])))
                .filter(|(other, likeness)| *other != word && *likeness >= MIN_LIKENESS)
                .collect();
            strongest(&mut found, ALIKE);
            found
        })
        .collect()
}

/// The strongest partners of each word, as rows of length 1.
fn rows(together: &Together<'_>) -> Vec<Row> {
    let mut least = 0.0;
    if together.texts.len() > MAX_WORDS {
        let mut texts = together.texts.to_vec();
        texts.sort_unstable_by(|a, b| b.total_cmp(a));
        least = texts[MAX_WORDS];
    }
    let is_compared = |word: u32| together.texts[word as usize] > least;
    // A word is its own best partner: so words that occur together are alike, too.
    let mut sums = together.texts.to_vec();
    for (&(word, _), count) in together.pairs {
        sums[word as usize] += count;
    }
    let all: f32 = sums.iter().sum();
    let mut rows: Vec<Row> = vec![Vec::new(); sums.len()];
    let own = (0..).zip(together.texts).map(|(word, texts)| ((word, word), *texts));
    let pairs = together.pairs.iter().map(|(pair, count)| (*pair, *count));
    for ((word, partner), count) in pairs.chain(own) {
        let information = (count * all / (sums[word as usize] * sums[partner as usize])).ln();
        if information > 0.0 && is_compared(word) && is_compared(partner) {
            rows[word as usize].push((partner, information * count / (count + DOUBT)));
        }
    }
    for row in &mut rows {
        strongest(row, PARTNERS);
        let length = row.iter().map(|(_, weight)| weight * weight).sum::<f32>().sqrt();
        for (_, weight) in row {
            *weight /= length;
        }
    }
    rows
}

/// Keeps so many of a row, in order.
pub fn strongest(row: &mut Row, most: usize) {
    row.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    row.truncate(most);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_with_the_same_partners_are_alike() {
        // Nobody writes both shield (0) and armour (1); both come with the same five words. Sun (7) comes with sky (8).
        let texts = [8.0, 8.0, 16.0, 16.0, 16.0, 16.0, 16.0, 8.0, 8.0];
        let partners = (2..7).flat_map(|partner| [(0, partner), (1, partner)]);
        let pairs: FxHashMap<(u32, u32), f32> = partners
            .chain([(7, 8)])
            .flat_map(|(a, b)| [((a, b), 8.0), ((b, a), 8.0)])
            .collect();
        let found = alike(&Together {
            texts: &texts,
            pairs: &pairs,
        });
        assert_eq!(found[0].first().map(|(word, _)| *word), Some(1), "{found:?}");
        assert!(found[0].iter().all(|(word, _)| *word < 7), "{found:?}");
        assert!(found[7].iter().all(|(word, _)| *word > 6), "{found:?}");
    }
}
