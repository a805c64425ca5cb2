//! Words that occur together: from pairs of what is said and what is meant, a bounded table of related words.

use std::collections::HashMap;

use rustc_hash::FxHashMap;

use crate::alike::{Row, Together, alike, strongest};

/// Counts of words in texts, and of pairs of words. A source is what a person may type, a target what a document has.
#[derive(Default)]
pub struct Pairs {
    ids: FxHashMap<String, u32>,
    pub words: Vec<String>,
    /// Texts that have a word as a source.
    pub sources: Vec<f32>,
    targets: Vec<f32>,
    pairs: FxHashMap<(u32, u32), f32>,
    texts: f32,
}

/// Related words of a word, the strongest first; strengths are 0 to 1.
pub type Related = Vec<(String, f32)>;

/// The number that says how strongly two words are related.
#[derive(Clone, Copy)]
pub enum Strength {
    /// The share of the source's texts that have the target, beside that of the strongest target: what a foreign term means.
    OfSource,
    /// The root of the share of the target's texts that have the source: how much a target promises what somebody looks for.
    OfTarget,
}

/// The rule that lets a pair into the table.
pub struct Significance {
    /// The least log-likelihood gain over chance, in nats.
    pub gain: f32,
    /// Related words that are kept of a word.
    pub related: usize,
    pub strength: Strength,
}

impl Pairs {
    /// Words that are counted of one text.
    const MAX_OF_TEXT: usize = 32;
    /// Texts without the source that a target is thought to have besides those counted, so that rare words promise little.
    const DOUBT: f32 = 6.0;
    /// The share of what a word promises that a word just like it promises.
    const LIKENESS: f32 = 0.6;
    /// Pairs that are counted in all: as many as fit into the table of about 110 MB, which would double after them.
    const MAX_PAIRS: usize = 7_000_000;

    /// Counts a text: each source with each target, by the weight of the target.
    pub fn add(&mut self, sources: &[String], targets: &[(String, f32)]) {
        let sources: Vec<u32> = sources
            .iter()
            .take(Self::MAX_OF_TEXT)
            .map(|word| self.id(word))
            .collect();
        let targets: Vec<(u32, f32)> = targets
            .iter()
            .take(Self::MAX_OF_TEXT)
            .map(|(word, weight)| (self.id(word), *weight))
            .collect();
        self.texts += 1.0;
        for source in &sources {
            self.sources[*source as usize] += 1.0;
        }
        for (target, weight) in &targets {
            self.targets[*target as usize] += weight;
            for source in &sources {
                if source == target
                    || (self.pairs.len() >= Self::MAX_PAIRS && !self.pairs.contains_key(&(*source, *target)))
                {
                    continue;
                }
                *self.pairs.entry((*source, *target)).or_default() += weight;
            }
        }
    }

    fn id(&mut self, word: &str) -> u32 {
        if let Some(id) = self.ids.get(word) {
            return *id;
        }
        let id = u32::try_from(self.words.len()).expect("words are bounded by pairs");
        self.ids.insert(word.to_owned(), id);
        self.words.push(word.to_owned());
        self.sources.push(0.0);
        self.targets.push(0.0);
        id
    }

    /// For each word, the words that are related to it as a source, by number.
    pub fn rows(&self, significance: &Significance) -> Vec<Row> {
        let mut rows: Vec<Row> = vec![Row::new(); self.words.len()];
        for (&(source, target), &count) in &self.pairs {
            let texts = self.sources[source as usize];
            let lift = (count / texts / ((self.targets[target as usize] + 0.5) / self.texts)).ln();
            if count * lift < significance.gain {
                continue;
            }
            let strength = match significance.strength {
                Strength::OfSource => count / (texts + 2.0) * lift,
                Strength::OfTarget => (count / (self.targets[target as usize] + Self::DOUBT)).sqrt(),
            };
            rows[source as usize].push((target, strength));
        }
        for row in &mut rows {
            strongest(row, significance.related);
            if let (Strength::OfSource, Some((_, best))) = (significance.strength, row.first().copied()) {
                row.iter_mut().for_each(|(_, strength)| *strength /= best);
            }
        }
        rows
    }

    /// The table: for each source its related words.
    pub fn table(&self, significance: &Significance) -> HashMap<String, Related> {
        let named = |row: Row| {
            row.into_iter()
                .map(|(word, strength)| (self.words[word as usize].clone(), strength))
                .collect()
        };
        let rows = self.words.iter().zip(self.rows(significance));
        rows.filter(|(_, row)| !row.is_empty())
            .map(|(word, row)| (word.clone(), named(row)))
            .collect()
    }

    /// Adds to each word the words that are like it, as much as they are.
    pub fn widen(&self, rows: &mut [Row], significance: &Significance) {
        let together = Together {
            texts: &self.sources,
            pairs: &self.pairs,
        };
        for (related, found) in rows.iter_mut().zip(alike(&together)) {
            for (other, likeness) in found {
                let strength = (Self::LIKENESS * likeness).sqrt();
                match related.iter_mut().find(|(known, _)| *known == other) {
                    Some((_, known)) => *known = known.max(strength),
                    None => related.push((other, strength)),
                }
            }
            strongest(related, significance.related);
        }
    }
}
