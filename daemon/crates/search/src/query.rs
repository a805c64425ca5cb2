//! From what somebody typed to a query.

use tantivy::Term;
use tantivy::query::{BooleanQuery, BoostQuery, ConstScoreQuery, DisjunctionMaxQuery, Occur, Query, TermQuery};
use tantivy::schema::IndexRecordOption;

use crate::Filter;
use crate::meanings::{Meanings, Place, Reader};
use crate::thesaurus::is_stop_word;
use crate::words::{Stems, split};

impl Reader<'_> {
    /// Words of a query that count.
    const MAX_WORDS: usize = 12;
    /// Documents with the meanings of a word, beyond which no lighter meaning is searched for.
    const ENOUGH_DOCUMENTS: u64 = 50_000;

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

    /// BM25 multiplies by the rarity of each stem; a synonym is worth what it promises about the word of the query instead, however rare it is.
    /// Once the heavier meanings have enough documents, lighter ones are left out: they would be behind them, and cost time.
    fn slot(&self, meanings: Meanings) -> Box<dyn Query> {
        let mut meanings: Vec<(String, f32)> = meanings.into_iter().collect();
        meanings.sort_by(|a, b| b.1.total_cmp(&a.1));
        let mut seen = 0;
        let mut terms: Vec<Box<dyn Query>> = Vec::new();
        for (stem, weight) in meanings {
            let documents = self.documents_with(&stem);
            let term = TermQuery::new(self.term(&stem), IndexRecordOption::WithFreqs);
            terms.push(Box::new(BoostQuery::new(
                Box::new(term),
                weight / self.rarity(documents),
            )));
            seen += documents;
            if seen > Self::ENOUGH_DOCUMENTS {
                break;
            }
        }
        Box::new(DisjunctionMaxQuery::with_tie_breaker(terms, self.ranking.tie))
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
