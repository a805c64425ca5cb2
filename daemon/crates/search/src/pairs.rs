//! Words that occur together: from pairs of what is said and what is meant, a bounded table of related words.

use std::collections::HashMap;

use crate::alike::{Together, alike};

/// Counts of words in texts, and of pairs of words. A source is what a person may type, a target what a document has.
#[derive(Default)]
pub struct Pairs {
    ids: HashMap<String, u32>,
    words: Vec<String>,
    sources: Vec<f32>,
    targets: Vec<f32>,
    pairs: HashMap<(u32, u32), f32>,
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
    /// Pairs that are counted in all: about 400 MB.
    const MAX_PAIRS: usize = 8_000_000;

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

    /// The table: for each source its related words.
    pub fn table(&self, significance: &Significance) -> HashMap<String, Related> {
        let mut rows: HashMap<u32, Vec<(u32, f32)>> = HashMap::new();
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
            rows.entry(source).or_default().push((target, strength));
        }
        rows.into_iter()
            .map(|(source, row)| (self.words[source as usize].clone(), self.strongest(row, significance)))
            .collect()
    }

    /// Adds to each word of a table the words that are like it, as much as they are.
    pub fn widen(&self, table: &mut HashMap<String, Related>, significance: &Significance) {
        let together = Together {
            texts: &self.sources,
            pairs: &self.pairs,
        };
        for (word, found) in self.words.iter().zip(alike(&together)) {
            let related = table.entry(word.clone()).or_default();
            for (other, likeness) in found {
                let (other, strength) = (&self.words[other as usize], (Self::LIKENESS * likeness).sqrt());
                match related.iter_mut().find(|(known, _)| known == other) {
                    Some((_, known)) => *known = known.max(strength),
                    None => related.push((other.clone(), strength)),
                }
            }
            related.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
            related.truncate(significance.related);
        }
        table.retain(|_, related| !related.is_empty());
    }

    /// Texts that have a word as a source.
    pub fn frequencies(&self) -> HashMap<String, u32> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "whole numbers of texts"
        )]
        self.words
            .iter()
            .zip(&self.sources)
            .map(|(word, texts)| (word.clone(), *texts as u32))
            .collect()
    }

    fn strongest(&self, mut row: Vec<(u32, f32)>, significance: &Significance) -> Related {
        row.sort_by(|a, b| {
            b.1.total_cmp(&a.1)
                .then_with(|| self.words[a.0 as usize].cmp(&self.words[b.0 as usize]))
        });
        row.truncate(significance.related);
        let best = match significance.strength {
            Strength::OfSource => row.first().map_or(1.0, |(_, strength)| *strength),
            Strength::OfTarget => 1.0,
        };
        row.into_iter()
            .map(|(target, strength)| (self.words[target as usize].clone(), strength / best))
            .collect()
    }
}
