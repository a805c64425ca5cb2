//! From what somebody typed to a query.

use tantivy::query::{BooleanQuery, BoostQuery, ConstScoreQuery, DisjunctionMaxQuery, Occur, Query, TermQuery};
use tantivy::schema::IndexRecordOption;
use tantivy::{Searcher, Term};

use crate::Filter;
use crate::fields::Fields;
use crate::thesaurus::{Synonyms, Translations, is_stop_word};
use crate::vocabulary::Vocabulary;
use crate::words::{Stems, split};

/// The weights of a ranking; [`Ranking::default`] is the one in use.
#[derive(Clone, Copy, Debug)]
pub struct Ranking {
    /// Weight of the strongest synonym; that of the word itself is 1.
    pub synonyms: f32,
    /// Synonyms of a word that are searched for.
    pub related: usize,
    /// Weight of a translation.
    pub translations: f32,
    /// Weight of a corrected word.
    pub corrections: f32,
    /// Weight of a completed word.
    pub completions: f32,
    /// The share of the weaker ones among the meanings of a word that a document has.
    pub tie: f32,
    /// Gain of a document for each factor of e in popularity.
    pub popularity: f32,
}

impl Default for Ranking {
    fn default() -> Self {
        Self {
            synonyms: 0.5,
            related: 30,
            translations: 0.8,
            corrections: 0.8,
            completions: 0.4,
            tie: 0.6,
            popularity: 0.02,
        }
    }
}

impl Ranking {
    /// Sets a weight by its name, for measurements; an unknown name is left out.
    pub fn set(&mut self, name: &str, value: f32) {
        match name {
            "synonyms" => self.synonyms = value,
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small count")]
            "related" => self.related = value as usize,
            "translations" => self.translations = value,
            "corrections" => self.corrections = value,
            "completions" => self.completions = value,
            "tie" => self.tie = value,
            _ => {}
        }
    }

    /// BM25 of the words as typed.
    pub const PLAIN: Self = Self {
        synonyms: 0.0,
        related: 0,
        translations: 0.0,
        corrections: 0.0,
        completions: 0.0,
        tie: 0.0,
        popularity: 0.0,
    };
}

/// The meanings of a word of the query: stems with their weights, the greatest weight of each.
#[derive(Default)]
struct Meanings(Vec<(String, f32)>);

impl Meanings {
    fn add(&mut self, stem: &str, weight: f32) {
        match self.0.iter_mut().find(|(known, _)| known == stem) {
            Some((_, known)) => *known = known.max(weight),
            None => self.0.push((stem.to_owned(), weight)),
        }
    }
}

/// The last word may be unfinished.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Place {
    Before,
    Last,
}

/// Looked up as it is, or else in parts.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Form {
    Whole,
    Parts,
}

/// Everything that gives a word its meanings.
pub struct Reader<'a> {
    pub fields: &'a Fields,
    pub searcher: &'a Searcher,
    pub synonyms: &'a Synonyms,
    pub translations: &'a Translations,
    pub vocabulary: &'a Vocabulary,
    pub ranking: Ranking,
}

impl Reader<'_> {
    /// Words of a query that count.
    const MAX_WORDS: usize = 12;
    /// Corrections of a word, completions of the last.
    const MAX_OTHERS: usize = 3;

    /// The query for a text: documents that have any meaning of any word, and all filters.
    pub fn query(&self, text: &str, filters: &[Filter], stems: &mut Stems) -> Box<dyn Query> {
        let mut clauses: Vec<(Occur, Box<dyn Query>)> = filters
            .iter()
            .map(|filter| (Occur::Must, self.filter(filter)))
            .collect();
        if !text.trim().is_empty() {
            let words = self
                .slots(text, stems)
                .into_iter()
                .map(|slot| (Occur::Should, self.slot(slot)))
                .collect();
            clauses.push((Occur::Must, Box::new(BooleanQuery::new(words))));
        } else if clauses.is_empty() {
            return Box::new(tantivy::query::AllQuery);
        }
        Box::new(BooleanQuery::new(clauses))
    }

    fn filter(&self, filter: &Filter) -> Box<dyn Query> {
        let term = Term::from_field_text(self.fields.facet(filter.facet), &filter.value);
        Box::new(ConstScoreQuery::new(
            Box::new(TermQuery::new(term, IndexRecordOption::Basic)),
            0.0,
        ))
    }

    fn slot(&self, meanings: Meanings) -> Box<dyn Query> {
        let terms = meanings.0.into_iter().map(|(stem, weight)| {
            let term = TermQuery::new(
                Term::from_field_text(self.fields.text, &stem),
                IndexRecordOption::WithFreqs,
            );
            Box::new(BoostQuery::new(Box::new(term), weight)) as Box<dyn Query>
        });
        Box::new(DisjunctionMaxQuery::with_tie_breaker(terms.collect(), self.ranking.tie))
    }

    fn slots(&self, text: &str, stems: &mut Stems) -> Vec<Meanings> {
        let mut words = split(text);
        if words.iter().any(|word| !is_stop_word(word)) {
            words.retain(|word| !is_stop_word(word));
        }
        words.truncate(Self::MAX_WORDS);
        let last = words.len().saturating_sub(1);
        let mut slots: Vec<Meanings> = words
            .iter()
            .enumerate()
            .map(|(place, word)| self.meanings(word, if place == last { Place::Last } else { Place::Before }, stems))
            .collect();
        if self.ranking.translations > 0.0 {
            slots.extend(self.phrases(text));
        }
        slots
    }

    /// The meanings of foreign terms of several words.
    fn phrases(&self, text: &str) -> Option<Meanings> {
        let words = split(text);
        let longest = words.len().min(Translations::MAX_TERM_WORDS);
        (2..=longest).rev().find_map(|n| {
            let related = words
                .windows(n)
                .find_map(|term| self.translations.get(&term.join(" ")))?;
            let mut meanings = Meanings::default();
            for (stem, strength) in related {
                meanings.add(stem, self.ranking.translations * strength);
            }
            Some(meanings)
        })
    }

    fn meanings(&self, word: &str, place: Place, stems: &mut Stems) -> Meanings {
        let mut meanings = Meanings::default();
        let ranking = self.ranking;
        let stem = stems.stem(word);
        self.add_word(&mut meanings, &stem, 1.0);
        let is_english = self.is_known(&stem);
        // A foreign word that looks like an English one is more likely the English one.
        let weight = if is_english {
            ranking.translations * 0.5
        } else {
            ranking.translations
        };
        let is_foreign = weight > 0.0
            && self.translate(
                &mut meanings,
                word,
                weight,
                if is_english { Form::Whole } else { Form::Parts },
            );
        if is_english || is_foreign {
            return meanings;
        }
        if ranking.corrections > 0.0 {
            for (nth, (correct, _)) in (1u8..).zip(self.vocabulary.correct(word, Self::MAX_OTHERS)) {
                let weight = ranking.corrections / f32::from(nth);
                self.add_word(&mut meanings, &stems.stem(correct), weight);
                self.translate(&mut meanings, correct, weight * ranking.translations, Form::Whole);
            }
        }
        if place == Place::Last && ranking.completions > 0.0 {
            for (complete, _) in self.vocabulary.complete(word, Self::MAX_OTHERS) {
                for stem in stems.of_text(complete) {
                    self.add_word(&mut meanings, &stem, ranking.completions);
                }
            }
        }
        meanings
    }

    fn is_known(&self, stem: &str) -> bool {
        self.synonyms.table.contains_key(stem)
            || self
                .searcher
                .doc_freq(&Term::from_field_text(self.fields.text, stem))
                .is_ok_and(|documents| documents > 0)
    }

    fn add_word(&self, meanings: &mut Meanings, stem: &str, weight: f32) {
        meanings.add(stem, weight);
        for (other, strength) in self
            .synonyms
            .table
            .get(stem)
            .into_iter()
            .flatten()
            .take(self.ranking.related)
        {
            meanings.add(other, weight * self.ranking.synonyms * strength);
        }
    }

    /// Adds the translations of a word, or of its parts; false if there are none.
    fn translate(&self, meanings: &mut Meanings, word: &str, weight: f32, form: Form) -> bool {
        let found = match self.translations.get(word) {
            Some(related) => vec![related],
            None if form == Form::Parts => self.translations.parts(word),
            None => Vec::new(),
        };
        for (stem, strength) in found.iter().copied().flatten() {
            meanings.add(stem, weight * strength);
            if *strength > 0.7 {
                for (other, further) in self
                    .synonyms
                    .table
                    .get(stem)
                    .into_iter()
                    .flatten()
                    .take(self.ranking.related / 3)
                {
                    meanings.add(other, weight * strength * self.ranking.synonyms * further);
                }
            }
        }
        !found.is_empty()
    }
}
