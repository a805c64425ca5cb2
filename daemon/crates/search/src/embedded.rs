//! The index on the disk: written in batches, read by searches, rebuilt beside itself.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use anyhow::Context;
use tantivy::collector::TopDocs;
use tantivy::query::{
    AllQuery, BooleanQuery, BoostQuery, ConstScoreQuery, DisjunctionMaxQuery, Occur, Query, TermQuery,
};
use tantivy::schema::{IndexRecordOption, Value};
use tantivy::{IndexWriter, Searcher, TantivyDocument, Term};

use crate::facets::counts;
use crate::found::Best;
use crate::generation::{CURRENT, Generation, Searched, WRITER_BYTES};
use crate::index::{Documents, Index, MAX_HITS};
use crate::meanings::Reader;
use crate::query::Slot;
use crate::ranking::Ranking;
use crate::words::{Stems, lock};
use crate::{Document, Filter, Hit, Page, Stats};

/// An index in a folder. One process has it open.
pub struct Embedded {
    folder: PathBuf,
    stems: Mutex<Stems>,
    state: RwLock<Arc<Generation>>,
    ranking: Ranking,
    /// One writes at a time.
    writing: Mutex<()>,
}

impl Embedded {
    /// Opens the index of a folder; a folder without one gets an empty one.
    pub fn open(folder: &Path, ranking: Ranking) -> anyhow::Result<Self> {
        fs::create_dir_all(folder).context("make the folder of the search index")?;
        let number = fs::read_to_string(folder.join(CURRENT))
            .ok()
            .and_then(|text| text.trim().parse().ok());
        let opened = number.and_then(|number| Generation::open(folder, number).ok());
        let generation = match opened {
            Some(generation) => generation,
            None => Generation::build(folder, number.unwrap_or(0) + 1, std::iter::empty())?,
        };
        let index = Self {
            folder: folder.to_owned(),
            stems: Mutex::new(Stems::new()),
            state: RwLock::new(Arc::new(generation)),
            ranking,
            writing: Mutex::new(()),
        };
        index.remove_others()?;
        Ok(index)
    }

    fn generation(&self) -> Arc<Generation> {
        self.state.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn query(&self, generation: &Generation, searcher: &Searcher, text: &str, filters: &[Filter]) -> Box<dyn Query> {
        let is_blank = text.trim().is_empty();
        if is_blank && filters.is_empty() {
            return Box::new(AllQuery);
        }
        // Popularity multiplies a score, which must not be zero: without a text, it is that of the filters.
        let score = if is_blank { 1.0 } else { 0.0 };
        let mut clauses: Vec<(Occur, Box<dyn Query>)> = filters
            .iter()
            .map(|filter| (Occur::Must, of_value(generation, filter, score)))
            .collect();
        if !is_blank {
            let counts = Searched(&generation.fields, searcher);
            let reader = Reader::new(&generation.mined, &counts, self.ranking);
            let slots = reader.query(text, &mut lock(&self.stems));
            let words = slots
                .into_iter()
                .map(|slot| (Occur::Should, of_slot(generation, &reader, slot)))
                .collect();
            clauses.push((Occur::Must, Box::new(BooleanQuery::new(words))));
        }
        Box::new(BooleanQuery::new(clauses))
    }

    /// Removes the folders of generations that are not in use, such as a rebuild that was killed.
    fn remove_others(&self) -> anyhow::Result<()> {
        let current = self.generation().number.to_string();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() && entry.file_name() != *current {
                fs::remove_dir_all(entry.path())?;
            }
        }
        Ok(())
    }
}

impl Index for Embedded {
    fn apply(&self, replaced: &[Document], deleted: &[String], _version: i64) -> anyhow::Result<()> {
        let _writing = lock(&self.writing);
        let generation = self.generation();
        let mut writer: IndexWriter = generation.index.writer_with_num_threads(1, WRITER_BYTES)?;
        for id in deleted.iter().chain(replaced.iter().map(|document| &document.id)) {
            writer.delete_term(Term::from_field_text(generation.fields.id, id));
        }
        for document in replaced {
            writer.add_document(generation.fields.document(document, &mut lock(&self.stems)))?;
        }
        writer.commit().context("commit to the search index")?;
        writer.wait_merging_threads()?;
        generation.reader.reload()?;
        Ok(())
    }

    fn rebuild(&self, documents: Documents<'_>, _version: i64) -> anyhow::Result<()> {
        let _writing = lock(&self.writing);
        let number = self.generation().number + 1;
        let generation = Generation::build(&self.folder, number, documents)?;
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(generation);
        self.remove_others()
    }

    fn is_missing(&self) -> anyhow::Result<bool> {
        Ok(false)
    }

    fn lacks_synonyms(&self) -> anyhow::Result<bool> {
        Ok(false)
    }

    fn mine_synonyms(&self, _documents: Documents<'_>) -> anyhow::Result<()> {
        anyhow::bail!("synonyms are mined with each rebuild")
    }

    fn is_outgrown(&self) -> anyhow::Result<bool> {
        let generation = self.generation();
        Ok(generation.mined.is_outgrown(generation.reader.searcher().num_docs()))
    }

    fn version(&self) -> Option<String> {
        let generation = self.generation();
        let searcher = generation.reader.searcher();
        Some(format!(
            "{}.{}",
            generation.number,
            searcher.generation().generation_id()
        ))
    }

    fn search(&self, text: &str, filters: &[Filter], offset: usize, limit: usize) -> anyhow::Result<Page> {
        /// Hits that facets are counted of; of more, a sample.
        const MAX_COUNTED: usize = 10_000;
        let generation = self.generation();
        let searcher = generation.reader.searcher();
        let query = self.query(&generation, &searcher, text, filters);
        let offset = offset.min(MAX_HITS);
        let best = Best {
            hits: offset + limit.clamp(1, MAX_HITS),
            sample: MAX_COUNTED / searcher.segment_readers().len().max(1),
            popularity: self.ranking.popularity,
        };
        let found = searcher.search(&query, &best)?;
        let mut hits = Vec::new();
        for (score, address) in found.hits.into_iter().skip(offset) {
            let row: TantivyDocument = searcher.doc(address)?;
            let id = row
                .get_first(generation.fields.id)
                .and_then(|value| value.as_str())
                .context("a document without id")?;
            hits.push(Hit {
                id: id.to_owned(),
                score,
            });
        }
        Ok(Page {
            hits,
            total: found.total,
            is_sampled: !found.samples.iter().all(|(_, sample)| sample.is_whole()),
            facets: counts(&searcher, &found.samples)?,
        })
    }

    fn explain(&self, text: &str, id: &str) -> anyhow::Result<Option<String>> {
        let generation = self.generation();
        let searcher = generation.reader.searcher();
        let query = self.query(&generation, &searcher, text, &[]);
        let of_id = tantivy::query::TermQuery::new(
            Term::from_field_text(generation.fields.id, id),
            tantivy::schema::IndexRecordOption::Basic,
        );
        let found = searcher.search(&of_id, &TopDocs::with_limit(1).order_by_score())?;
        let Some((_, address)) = found.first() else {
            return Ok(None);
        };
        Ok(query
            .explain(&searcher, *address)
            .ok()
            .map(|explanation| explanation.to_pretty_json()))
    }

    fn suggest(&self, text: &str, limit: usize) -> Vec<String> {
        self.generation().mined.suggest(text, limit)
    }

    fn ids(&self) -> anyhow::Result<Vec<String>> {
        let generation = self.generation();
        let searcher = generation.reader.searcher();
        let mut ids = Vec::new();
        for segment in searcher.segment_readers() {
            let store = segment.get_store_reader(1)?;
            for row in store.iter::<TantivyDocument>(segment.alive_bitset()) {
                ids.extend(
                    row?.get_first(generation.fields.id)
                        .and_then(|id| id.as_str())
                        .map(str::to_owned),
                );
            }
        }
        ids.sort_unstable();
        Ok(ids)
    }

    fn stats(&self) -> anyhow::Result<Stats> {
        let generation = self.generation();
        let searcher = generation.reader.searcher();
        Ok(Stats {
            documents: searcher.num_docs(),
            segments: searcher.segment_readers().len() as u64,
            size_bytes: generation.size_bytes(&self.folder),
            synonyms: generation.mined.synonyms.len() as u64,
        })
    }
}

fn of_value(generation: &Generation, filter: &Filter, score: f32) -> Box<dyn Query> {
    let term = Term::from_field_text(generation.fields.facet(filter.facet), &filter.value);
    Box::new(ConstScoreQuery::new(
        Box::new(TermQuery::new(term, IndexRecordOption::Basic)),
        score,
    ))
}

/// BM25 multiplies by the rarity of each stem, which is taken out again: the weight has it already.
fn of_slot(generation: &Generation, reader: &Reader<'_>, Slot(stems): Slot) -> Box<dyn Query> {
    let terms = stems.into_iter().map(|known| -> Box<dyn Query> {
        let term = TermQuery::new(generation.fields.term(&known.stem), IndexRecordOption::WithFreqs);
        Box::new(BoostQuery::new(
            Box::new(term),
            known.weight / reader.rarity(known.documents),
        ))
    });
    Box::new(DisjunctionMaxQuery::with_tie_breaker(
        terms.collect(),
        reader.ranking.tie,
    ))
}
