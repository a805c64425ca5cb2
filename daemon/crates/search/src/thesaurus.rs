//! Other words for a word: synonyms mined from names and tags, and translations from the emoji keywords of CLDR.

use std::collections::HashMap;

use rustc_hash::FxHashMap;
use tantivy::tokenizer::Language;

use crate::Document;
use crate::pairs::{Pairs, Related, Significance, Strength};
use crate::synonyms::Synonyms;
use crate::vocabulary::Vocabulary;
use crate::words::{Stems, is_unspaced, split};

/// A line for each emoji, a column for each language, English first; `make/cldr` makes it.
const ANNOTATIONS: &str = include_str!("../data/annotations.tsv");

/// More synonyms are kept than a query looks for: the index may have lost the documents of some.
const SYNONYMS: Significance = Significance {
    gain: 2.0,
    related: 200,
    strength: Strength::OfTarget,
};
const TRANSLATIONS: Significance = Significance {
    gain: 0.0,
    related: 12,
    strength: Strength::OfSource,
};
/// The weight of a tag beside a word of the name, as the meaning of a word.
const TAG_WEIGHT: f32 = 0.5;

/// Counts documents for [`Synonyms`].
#[derive(Default)]
pub struct Miner {
    pairs: Pairs,
    counts: FxHashMap<String, u32>,
    seen: u64,
}

impl Miner {
    /// Documents that pairs are counted of; words are counted in all.
    const MAX_DOCUMENTS: u64 = 200_000;
    /// Words that are counted at once; beyond, those that came once are forgotten.
    const MAX_WORDS: usize = 2 * Vocabulary::MAX_WORDS;

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
        if self.counts.len() > Self::MAX_WORDS {
            self.counts.retain(|_, documents| *documents > 1);
        }
    }

    fn add_pairs(&mut self, title: &str, tags: &[String], stems: &mut Stems) {
        let mut sources = stems.stems_in(title).to_vec();
        let mut targets: Vec<(String, f32)> = sources.iter().map(|stem| (stem.clone(), 1.0)).collect();
        for tag in tags {
            for stem in stems.stems_in(tag).iter() {
                if !sources.contains(stem) {
                    targets.push((stem.clone(), TAG_WEIGHT));
                    sources.push(stem.clone());
                }
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
            for word in line[0].split('|').flat_map(split) {
                self.counts.entry(word).or_default();
            }
        }
        let mut rows = self.pairs.rows(&SYNONYMS);
        self.pairs.widen(&mut rows, &SYNONYMS);
        let mut synonyms = Synonyms::new(&self.pairs.words, &rows, &self.pairs.sources);
        synonyms.counts = Vocabulary::most_frequent(self.counts.into_iter().collect());
        synonyms.documents = self.seen;
        synonyms
    }
}

/// Translations of German, French, Spanish and Japanese terms into English stems.
pub struct Translations {
    table: HashMap<String, Related>,
    stems: Vec<Stems>,
    longest_unspaced: usize,
}

impl Translations {
    /// Words of a term that is looked up as a whole.
    pub const MAX_TERM_WORDS: usize = 4;
    /// Characters of a part of a compound beside another one, and of one beside something unknown.
    const MIN_PART: usize = 4;
    const MIN_LONE_PART: usize = 4;
    /// The weight of the end of a compound whose whole is not made of known terms.
    const LONE_TAIL: f32 = 0.6;
    /// Languages of the columns that have stems.
    const STEMMED: [Language; 3] = [Language::German, Language::French, Language::Spanish];
    /// Stands before a stem in the table.
    const STEM: char = '~';

    pub fn new(english: &mut Stems) -> Self {
        let mut pairs = Pairs::default();
        let mut stems: Vec<Stems> = Self::STEMMED.map(Stems::of_language).into();
        for line in annotations() {
            let mut targets: Vec<(String, f32)> = Vec::new();
            for (place, term) in line[0].split('|').enumerate() {
                let weight = if place == 0 { 1.0 } else { TAG_WEIGHT };
                for stem in english.stems_in(term).iter() {
                    if !targets.iter().any(|(known, _)| known == stem) {
                        targets.push((stem.clone(), weight));
                    }
                }
            }
            for (place, column) in line[1..].iter().enumerate() {
                let mut terms = sources(column);
                if let Some(stems) = stems.get_mut(place) {
                    let mut stemmed: Vec<String> = terms.iter().map(|term| Self::stemmed(term, stems)).collect();
                    stemmed.sort_unstable();
                    stemmed.dedup();
                    terms.extend(stemmed);
                }
                pairs.add(&terms, &targets);
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
            stems,
            longest_unspaced,
        }
    }

    fn stemmed(term: &str, stems: &Stems) -> String {
        let words: Vec<String> = term.split(' ').map(|word| stems.stem_of(word)).collect();
        format!("{}{}", Self::STEM, words.join(" "))
    }

    /// The term is known as it is.
    pub fn has(&self, term: &str) -> bool {
        self.table.contains_key(term)
    }

    /// The English of a term, or else of one with the same stems in one of the languages.
    pub fn get(&self, term: &str) -> Option<&Related> {
        self.table.get(term).or_else(|| {
            self.stems
                .iter()
                .find_map(|stems| self.table.get(&Self::stemmed(term, stems)))
        })
    }

    /// The terms of which a word is made, with their weights: of Japanese text, the longest from the left; of a compound, two, or else
    /// the longest at its beginning and at its end.
    pub fn parts(&self, word: &str) -> Vec<(&Related, f32)> {
        let chars: Vec<char> = word.chars().collect();
        if chars.first().copied().is_some_and(is_unspaced) {
            return self.unspaced_parts(&chars);
        }
        let find = |range: &[char]| self.get(&range.iter().collect::<String>());
        let places = Self::MIN_PART..chars.len().saturating_sub(Self::MIN_PART - 1);
        let both = places
            .clone()
            .rev()
            .find_map(|at| Some(vec![(find(&chars[..at])?, 1.0), (find(&chars[at..])?, 1.0)]));
        // The end of a compound says the kind (a shop), its beginning which one (of books).
        let ends = || {
            let long = |part: &[char]| (part.len() >= Self::MIN_LONE_PART).then(|| find(part)).flatten();
            let head = places.clone().rev().find_map(|at| Some((at, long(&chars[..at])?)));
            let rest = head.map_or(0, |(at, _)| at).max(Self::MIN_PART);
            let tail = (rest..places.end).find_map(|at| long(&chars[at..]));
            let head = head.map(|(_, related)| (related, 1.0));
            head.into_iter()
                .chain(tail.map(|related| (related, Self::LONE_TAIL)))
                .collect()
        };
        both.unwrap_or_else(ends)
    }

    fn unspaced_parts(&self, chars: &[char]) -> Vec<(&Related, f32)> {
        let mut parts = Vec::new();
        let mut at = 0;
        while at < chars.len() {
            let longest = self.longest_unspaced.min(chars.len() - at);
            let found = (1..=longest)
                .rev()
                .find_map(|n| Some((n, self.table.get(&chars[at..at + n].iter().collect::<String>())?)));
            at += found.map_or(1, |(n, related)| {
                parts.push((related, 1.0));
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
