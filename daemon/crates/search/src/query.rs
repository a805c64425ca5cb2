//! From what somebody typed to the stems that a document may have.

use crate::meanings::{Meanings, Place, Reader};
use crate::thesaurus::is_stop_word;
use crate::words::{Stems, split};

/// The meanings of a word of the query, the heaviest first: a document has any of them. The score of a stem is its weight, however rare it is.
pub struct Slot(pub Vec<WeighedStem>);

pub struct WeighedStem {
    pub stem: String,
    pub weight: f32,
    /// Documents that have it.
    pub documents: u64,
}

impl Reader<'_> {
    /// Words of a query that count.
    const MAX_WORDS: usize = 12;
    /// Documents with the meanings of a word, beyond which no lighter meaning is searched for.
    const ENOUGH_DOCUMENTS: u64 = 50_000;

    /// The words of a query; a document matches that has any meaning of any word.
    pub fn query(&self, text: &str, stems: &mut Stems) -> Vec<Slot> {
        self.slots(text, stems)
            .into_iter()
            .map(|meanings| self.slot(meanings))
            .collect()
    }

    /// Once the heavier meanings have enough documents, lighter ones are left out: they would be behind them, and cost time.
    fn slot(&self, meanings: Meanings) -> Slot {
        let mut meanings: Vec<(String, f32)> = meanings.into_iter().collect();
        meanings.sort_by(|a, b| b.1.total_cmp(&a.1));
        let mut seen = 0;
        let mut slot = Vec::new();
        for (stem, weight) in meanings {
            let documents = self.documents_with(&stem);
            slot.push(WeighedStem {
                stem,
                weight,
                documents,
            });
            seen += documents;
            if seen > Self::ENOUGH_DOCUMENTS {
                break;
            }
        }
        Slot(slot)
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
        if self.ranking.synonyms > 0.0 {
            slots.extend(words.windows(2).filter_map(|pair| self.joined(&pair.concat(), stems)));
        }
        if self.ranking.translations > 0.0 {
            slots.extend(self.phrases(text));
        }
        slots
    }
}
