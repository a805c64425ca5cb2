//! Other words for a word: synonyms mined from names and tags, and translations from the emoji keywords of CLDR.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::Document;
use crate::pairs::{Pairs, Related, Significance};
use crate::words::{Stems, is_unspaced, split};

/// A line for each emoji, a column for each language, English first; `make/cldr` makes it.
const ANNOTATIONS: &str = include_str!("../data/annotations.tsv");

const SYNONYMS: Significance = Significance { gain: 2.0, related: 40 };
const TRANSLATIONS: Significance = Significance { gain: 0.0, related: 12 };
/// The weight of a tag beside a word of the name, as the meaning of a word.
const TAG_WEIGHT: f32 = 0.5;

/// Synonyms of English stems, mined with the index.
#[derive(Default, Deserialize, Serialize)]
pub struct Synonyms {
    pub table: HashMap<String, Related>,
    /// Documents that have a word or a tag.
    pub counts: HashMap<String, u32>,
    /// Documents that it was mined from.
    pub documents: u64,
}

/// Counts documents for [`Synonyms`].
#[derive(Default)]
pub struct Miner {
    pairs: Pairs,
    counts: HashMap<String, u32>,
    seen: u64,
}

impl Miner {
    /// Documents that pairs are counted of; words are counted in all.
    const MAX_DOCUMENTS: u64 = 200_000;

    pub fn add(&mut self, document: &Document, stems: &mut Stems) {
        self.seen += 1;
        if self.seen <= Self::MAX_DOCUMENTS {
            self.add_pairs(&document.title, &document.tags, stems);
        }
        let mut words = split(&document.title);
        for tag in &document.tags {
            let tag = split(tag);
            if tag.len() > 1 {
                words.push(tag.join(" "));
            }
            words.extend(tag);
        }
        words.sort_unstable();
        words.dedup();
        for word in words {
            *self.counts.entry(word).or_default() += 1;
        }
    }

    fn add_pairs(&mut self, title: &str, tags: &[String], stems: &mut Stems) {
        let mut sources = stems.of_text(title);
        let mut targets: Vec<(String, f32)> = sources.iter().map(|stem| (stem.clone(), 1.0)).collect();
        for stem in tags.iter().flat_map(|tag| stems.of_text(tag)) {
            if !sources.contains(&stem) {
                targets.push((stem.clone(), TAG_WEIGHT));
                sources.push(stem);
            }
        }
        self.pairs.add(&sources, &targets);
    }

    /// The synonyms of the documents and of CLDR; none of no documents.
    pub fn finish(mut self, stems: &mut Stems) -> Synonyms {
        if self.seen == 0 {
            return Synonyms::default();
        }
        for line in annotations() {
            let mut terms = line[0].split('|').map(str::to_owned);
            let title = terms.next().unwrap_or_default();
            self.add_pairs(&title, &terms.collect::<Vec<_>>(), stems);
        }
        Synonyms {
            table: self.pairs.table(&SYNONYMS),
            counts: self.counts,
            documents: self.seen,
        }
    }
}

/// Translations of German, French, Spanish and Japanese terms into English stems.
pub struct Translations {
    table: HashMap<String, Related>,
    longest_unspaced: usize,
}

impl Translations {
    /// Words of a term that is looked up as a whole.
    pub const MAX_TERM_WORDS: usize = 4;
    /// A part of a German compound.
    const MIN_PART: usize = 4;

    pub fn new(stems: &mut Stems) -> Self {
        let mut pairs = Pairs::default();
        for line in annotations() {
            let mut targets: Vec<(String, f32)> = Vec::new();
            for (place, term) in line[0].split('|').enumerate() {
                let weight = if place == 0 { 1.0 } else { TAG_WEIGHT };
                for stem in stems.of_text(term) {
                    if !targets.iter().any(|(known, _)| *known == stem) {
                        targets.push((stem, weight));
                    }
                }
            }
            for column in &line[1..] {
                pairs.add(&sources(column), &targets);
            }
        }
        let table = pairs.table(&TRANSLATIONS);
        let longest_unspaced = table
            .keys()
            .filter(|term| term.chars().all(is_unspaced))
            .map(|term| term.chars().count())
            .max()
            .unwrap_or(0);
        Self {
            table,
            longest_unspaced,
        }
    }

    pub fn get(&self, term: &str) -> Option<&Related> {
        self.table.get(term)
    }

    /// The terms of which a word is made: of Japanese text, the longest from the left; of a compound, two.
    pub fn parts(&self, word: &str) -> Vec<&Related> {
        let chars: Vec<char> = word.chars().collect();
        if chars.first().copied().is_some_and(is_unspaced) {
            return self.unspaced_parts(&chars);
        }
        let text = |range: &[char]| range.iter().collect::<String>();
        (Self::MIN_PART..chars.len().saturating_sub(Self::MIN_PART - 1))
            .rev()
            .find_map(|at| {
                let head = text(&chars[..at]);
                let head = self.get(&head).or_else(|| self.get(head.trim_end_matches('s')))?;
                let tail = self.get(&text(&chars[at..]));
                Some([Some(head), tail].into_iter().flatten().collect())
            })
            .unwrap_or_default()
    }

    fn unspaced_parts(&self, chars: &[char]) -> Vec<&Related> {
        let mut parts = Vec::new();
        let mut at = 0;
        while at < chars.len() {
            let longest = self.longest_unspaced.min(chars.len() - at);
            let found = (1..=longest)
                .rev()
                .find_map(|n| Some((n, self.get(&chars[at..at + n].iter().collect::<String>())?)));
            at += found.map_or(1, |(n, related)| {
                parts.push(related);
                n
            });
        }
        parts
    }
}

/// The terms of a column, whole and word by word.
fn sources(column: &str) -> Vec<String> {
    /// Characters of a word that means something by itself.
    const MIN_CHARS: usize = 3;
    let mut sources = Vec::new();
    for term in column.split('|') {
        let words = split(term);
        sources.push(words.join(" "));
        sources.extend(
            words
                .into_iter()
                .filter(|word| word.chars().count() >= MIN_CHARS && !is_stop_word(word)),
        );
    }
    sources.retain(|source| !source.is_empty());
    sources.sort_unstable();
    sources.dedup();
    sources
}

fn annotations() -> impl Iterator<Item = Vec<&'static str>> {
    ANNOTATIONS
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split('\t').collect())
}

/// Articles and prepositions, which mean nothing in the name of a picture.
pub fn is_stop_word(word: &str) -> bool {
    const STOP_WORDS: &str = " a an and at by for in of on or the to with der die das den dem des ein eine einer und mit von fur im am auf zu zum zur \
        le la les l d de du et un une au aux avec pour sur dans en el los las y con por para del al una uno sin ";
    STOP_WORDS.contains(&format!(" {word} "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_of_four_languages_are_translated() {
        let mut stems = Stems::new();
        let translations = Translations::new(&mut stems);
        for (term, english) in [
            ("fahrrad", "bicycl"),
            ("velo", "bicycl"),
            ("bicicleta", "bicycl"),
            ("自転車", "bicycl"),
        ] {
            let related = translations.get(term).unwrap();
            assert!(related.iter().any(|(stem, _)| stem == english), "{term}: {related:?}");
        }
        assert!(!translations.parts("fahrradhelm").is_empty());
        assert!(translations.parts("赤い自転車").len() >= 2);
    }
}
