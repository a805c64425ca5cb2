//! The meanings of a word that somebody typed.

use std::cell::RefCell;
use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use crate::mined::Mined;
use crate::pairs::Related;
use crate::ranking::Ranking;
use crate::thesaurus::Translations;
use crate::vocabulary::{one_error_away, plausibility};
use crate::words::{Stems, split};

/// Translations are the same for all indexes, and made when the first query needs them.
static TRANSLATIONS: LazyLock<Translations> = LazyLock::new(|| Translations::new(&mut Stems::new()));

/// The meanings of a word of the query: stems with their weights, the greatest weight of each.
#[derive(Default)]
pub struct Meanings(Vec<(String, f32)>);

impl Meanings {
    fn add(&mut self, stem: &str, weight: f32) {
        match self.0.iter_mut().find(|(known, _)| known == stem) {
            Some((_, known)) => *known = known.max(weight),
            None => self.0.push((stem.to_owned(), weight)),
        }
    }
}

impl IntoIterator for Meanings {
    type Item = (String, f32);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// The last word may be unfinished.
#[derive(Clone, Copy, Eq, PartialEq)]
pub enum Place {
    Before,
    Last,
}

/// A word that somebody may have meant.
struct Correction<'a> {
    stem: String,
    /// As the vocabulary has it.
    word: Option<&'a str>,
    plausibility: f32,
}

/// Numbers of documents in an index.
pub trait DocumentCounts {
    fn all(&self) -> u64;
    /// Documents that have a stem.
    fn with(&self, stem: &str) -> u64;
}

/// Everything that gives a word its meanings.
pub struct Reader<'a> {
    pub documents: &'a dyn DocumentCounts,
    pub mined: &'a Mined,
    pub translations: &'a Translations,
    pub ranking: Ranking,
    /// Documents that have a stem, of those that were asked for.
    pub frequencies: RefCell<FxHashMap<String, u64>>,
}

impl<'a> Reader<'a> {
    pub fn new(mined: &'a Mined, documents: &'a dyn DocumentCounts, ranking: Ranking) -> Self {
        Self {
            documents,
            mined,
            translations: &TRANSLATIONS,
            ranking,
            frequencies: RefCell::default(),
        }
    }
}

impl Reader<'_> {
    /// Corrections of a word, completions of the last.
    const MAX_OTHERS: usize = 4;
    /// Documents that have a word that may be a typing error, and the times that a correction is more frequent.
    const RARE: u64 = 2;
    const RARER: u64 = 10;
    /// Characters of such a word.
    const MIN_DOUBTED: usize = 4;
    /// The weight of a correction of a word that exists.
    const DOUBT: f32 = 0.5;
    /// Translations of a word whose synonyms are searched for, too.
    const MAX_TRANSLATIONS: usize = 3;
    /// Characters of a part of a word that means something by itself, beside another such part, and alone.
    const MIN_PART: usize = 3;
    const MIN_LONE_PART: usize = 5;
    /// The weight of the parts of a word, and of a part that is known alone.
    const PARTS: f32 = 0.7;
    const LONE_PART: f32 = 0.5;

    pub fn meanings(&self, word: &str, place: Place, stems: &mut Stems) -> Meanings {
        let mut meanings = Meanings::default();
        let ranking = self.ranking;
        let stem = stems.stem(word);
        self.add_word(&mut meanings, &stem, 1.0, ranking.related);
        let is_english = self.is_known(&stem);
        // A foreign word that looks like an English one is more likely the English one.
        let weight = ranking.translations * if is_english { 0.5 } else { 1.0 };
        let whole: Vec<(&Related, f32)> = self
            .translations
            .get(word)
            .map(|related| (related, 1.0))
            .into_iter()
            .collect();
        let is_foreign = self.translate(&mut meanings, &whole, weight);
        let documents = self.known_documents(&stem);
        // A word that shares only its stem with a foreign one may as well be a typing error.
        let is_corrected = !self.translations.has(word) && self.correct(&mut meanings, word, documents, stems);
        if is_english || is_foreign {
            return meanings;
        }
        if place == Place::Last && ranking.completions > 0.0 {
            for (complete, _) in self.mined.vocabulary.complete(word, Self::MAX_OTHERS) {
                for stem in stems.stems_in(complete).iter() {
                    self.add_word(&mut meanings, stem, ranking.completions, ranking.related);
                }
            }
        }
        if !is_corrected
            && !self.translate(&mut meanings, &self.translations.parts(word), weight)
            && ranking.synonyms > 0.0
        {
            self.add_parts(&mut meanings, word, stems);
        }
        meanings
    }

    /// The meaning of two words that are written as one in the catalogue.
    pub fn joined(&self, word: &str, stems: &mut Stems) -> Option<Meanings> {
        let stem = stems.stem(word);
        let mut meanings = Meanings::default();
        self.is_known(&stem).then(|| {
            self.add_word(&mut meanings, &stem, 1.0, self.ranking.related);
            meanings
        })
    }

    /// The meanings of foreign terms of several words.
    pub fn phrases(&self, text: &str) -> Option<Meanings> {
        let words = split(text);
        let longest = words.len().min(Translations::MAX_TERM_WORDS);
        (2..=longest).rev().find_map(|n| {
            let related = words
                .windows(n)
                .find_map(|term| self.translations.get(&term.join(" ")))?;
            let mut meanings = Meanings::default();
            self.translate(&mut meanings, &[(related, 1.0)], self.ranking.translations);
            Some(meanings)
        })
    }

    /// Documents that have a stem. Every synonym is asked for more than once.
    pub fn documents_with(&self, stem: &str) -> u64 {
        if let Some(documents) = self.frequencies.borrow().get(stem) {
            return *documents;
        }
        let documents = self.documents.with(stem);
        self.frequencies.borrow_mut().insert(stem.to_owned(), documents);
        documents
    }

    /// Documents that have a stem, or had it when the synonyms were mined.
    fn known_documents(&self, stem: &str) -> u64 {
        self.documents_with(stem).max(self.mined.synonyms.documents_with(stem))
    }

    /// The rarity of a stem that so many documents have, as BM25 counts it.
    #[expect(clippy::cast_precision_loss, reason = "its logarithm needs no precision")]
    pub fn rarity(&self, documents: u64) -> f32 {
        let (all, documents) = (self.documents.all().max(documents) as f32, documents as f32);
        (1.0 + (all - documents + 0.5) / (documents + 0.5)).ln()
    }

    fn is_known(&self, stem: &str) -> bool {
        self.mined.synonyms.has(stem) || self.documents_with(stem) > 0
    }

    /// Adds a stem and the synonyms that documents have.
    fn add_word(&self, meanings: &mut Meanings, stem: &str, weight: f32, related: usize) {
        let documents = self.known_documents(stem);
        let weight = weight * self.rarity(documents).powf(self.ranking.rarity);
        meanings.add(stem, weight);
        if related == 0 {
            return;
        }
        for (other, strength) in self
            .mined
            .synonyms
            .related(stem)
            .filter(|(other, _)| self.documents_with(other) > 0)
            .take(related)
        {
            meanings.add(other, weight * self.ranking.synonyms * strength);
        }
    }

    /// Adds words that differ by one typing error, as they are plausible; false if there are none. A word that few documents have is doubted if
    /// many have another.
    fn correct(&self, meanings: &mut Meanings, word: &str, documents: u64, stems: &mut Stems) -> bool {
        let doubt = match documents {
            _ if self.ranking.corrections == 0.0 => return false,
            0 => 1.0,
            1..=Self::RARE if word.chars().count() >= Self::MIN_DOUBTED => Self::DOUBT,
            _ => return false,
        };
        let found = self.corrections(word, documents, stems);
        let best = found.first().map_or(0.0, |best| best.plausibility);
        for (place, correction) in found.iter().enumerate() {
            let weight = doubt * self.ranking.corrections * (correction.plausibility / best).sqrt();
            self.add_word(meanings, &correction.stem, weight, self.ranking.related / (place + 1));
            if let Some(related) = correction.word.and_then(|word| self.translations.get(word)) {
                self.translate(meanings, &[(related, 1.0)], weight * self.ranking.translations);
            }
        }
        !found.is_empty()
    }

    /// The corrections of a word that so many documents have, the most plausible first: of the vocabulary, or else other forms of its
    /// words and words that came to the index after it was made.
    fn corrections(&self, word: &str, documents: u64, stems: &mut Stems) -> Vec<Correction<'_>> {
        let mut found: Vec<Correction<'_>> = Vec::new();
        for (known, count) in self.mined.vocabulary.close_to(word) {
            let stem = stems.stem(known);
            let count = self.documents_with(&stem).max(count.into());
            let plausibility = plausibility(word, known, count);
            match found.iter_mut().find(|correction| correction.stem == stem) {
                _ if count < documents * Self::RARER => {}
                Some(correction) => correction.plausibility += plausibility,
                None => found.push(Correction {
                    stem,
                    word: Some(known),
                    plausibility,
                }),
            }
        }
        if found.is_empty() && documents == 0 {
            let typed = stems.stem(word);
            found = one_error_away(&typed)
                .map(|stem| (self.known_documents(&stem), stem))
                .filter(|(documents, _)| *documents > 0)
                .map(|(documents, stem)| Correction {
                    plausibility: plausibility(&typed, &stem, documents),
                    stem,
                    word: None,
                })
                .collect();
        }
        found.sort_by(|a, b| b.plausibility.total_cmp(&a.plausibility));
        found.dedup_by(|a, b| a.stem == b.stem);
        found.truncate(Self::MAX_OTHERS);
        found
    }

    /// Adds the known words of which a word is made: two, or else the longest at one of its ends.
    fn add_parts(&self, meanings: &mut Meanings, word: &str, stems: &mut Stems) {
        let places: Vec<usize> = word
            .char_indices()
            .map(|(place, _)| place)
            .skip(Self::MIN_PART)
            .filter(|place| word[*place..].chars().count() >= Self::MIN_PART)
            .collect();
        let parts = places.iter().map(|place| word.split_at(*place));
        let mut known = |part: &str| Some(stems.stem(part)).filter(|stem| self.is_known(stem));
        if let Some(both) = parts
            .clone()
            .find_map(|(head, tail)| Some([known(head)?, known(tail)?]))
        {
            for stem in both {
                self.add_word(meanings, &stem, Self::PARTS, self.ranking.related);
            }
            return;
        }
        let tails = parts.clone().map(|(_, tail)| tail);
        let heads = parts.rev().map(|(head, _)| head);
        let lone = tails
            .chain(heads)
            .filter(|part| part.chars().count() >= Self::MIN_LONE_PART)
            .find_map(known);
        if let Some(stem) = lone {
            self.add_word(meanings, &stem, Self::LONE_PART, self.ranking.related);
        }
    }

    /// Adds the meanings of foreign terms, each with its share of the weight; false if there are none.
    fn translate(&self, meanings: &mut Meanings, found: &[(&Related, f32)], weight: f32) -> bool {
        if weight == 0.0 {
            return false;
        }
        for (related, share) in found {
            for (place, (stem, strength)) in related.iter().enumerate() {
                let synonyms = if place < Self::MAX_TRANSLATIONS {
                    self.ranking.related / 3
                } else {
                    0
                };
                self.add_word(meanings, stem, weight * share * strength, synonyms);
            }
        }
        !found.is_empty()
    }
}
