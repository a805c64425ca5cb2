//! The index on the disk: written in batches, read by searches, rebuilt beside itself.

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, RwLock};

use anyhow::Context;
use tantivy::collector::TopDocs;
use tantivy::schema::Value;
use tantivy::{IndexWriter, TantivyDocument, Term};

use crate::facets::counts;
use crate::found::Best;
use crate::generation::{CURRENT, Generation, WRITER_BYTES};
use crate::meanings::Reader;
use crate::ranking::Ranking;
use crate::thesaurus::Translations;
use crate::words::{Stems, split};
use crate::{Document, Filter, Hit, Page, Stats};

/// Translations are the same for all indexes, and made when the first query needs them.
static TRANSLATIONS: LazyLock<Translations> = LazyLock::new(|| Translations::new(&mut Stems::new()));

/// An index in a folder. One process has it open.
pub struct Index {
    folder: PathBuf,
    stems: Mutex<Stems>,
    state: RwLock<Arc<Generation>>,
    ranking: Ranking,
    /// One writes at a time.
    writing: Mutex<()>,
}

impl Index {
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

    /// Replaces and deletes documents; searches see it when this returns, and it survives a crash.
    pub fn apply(&self, replaced: &[Document], deleted: &[String]) -> anyhow::Result<()> {
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

    /// Builds the index again from all documents, beside the one in use, and takes its place. `documents` is read once; the caller
    /// applies what changed meanwhile.
    pub fn rebuild(&self, documents: impl Iterator<Item = anyhow::Result<Document>>) -> anyhow::Result<()> {
        let _writing = lock(&self.writing);
        let number = self.generation().number + 1;
        let generation = Generation::build(&self.folder, number, documents)?;
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(generation);
        self.remove_others()
    }

    /// Another one after each change of the index.
    pub fn version(&self) -> String {
        let generation = self.generation();
        let searcher = generation.reader.searcher();
        format!("{}.{}", generation.number, searcher.generation().generation_id())
    }

    /// A page of hits; an empty text finds all that the filters let through, the most popular first.
    pub fn search(&self, text: &str, filters: &[Filter], offset: usize, limit: usize) -> anyhow::Result<Page> {
        /// Hits that can be paged through.
        const MAX_HITS: usize = 10_000;
        /// Hits that facets are counted of; of more, a sample.
        const MAX_COUNTED: usize = 10_000;
        let generation = self.generation();
        let searcher = generation.reader.searcher();
        let query = self
            .reader(&generation, &searcher)
            .query(text, filters, &mut lock(&self.stems));
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

    /// The arithmetic of a document's score for a text, as JSON; `None` if there is no such document.
    pub fn explain(&self, text: &str, id: &str) -> anyhow::Result<Option<String>> {
        let generation = self.generation();
        let searcher = generation.reader.searcher();
        let query = self
            .reader(&generation, &searcher)
            .query(text, &[], &mut lock(&self.stems));
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

    /// Words and tags that complete a text as it is typed, the most frequent first; if there are none, corrections of it.
    pub fn suggest(&self, text: &str, limit: usize) -> Vec<String> {
        let generation = self.generation();
        let typed = split(text).join(" ");
        let vocabulary = &generation.vocabulary;
        let complete = vocabulary.complete(&typed, limit);
        let mut found: Vec<&str> = complete.into_iter().map(|(word, _)| word).collect();
        if found.is_empty() {
            found = vocabulary.correct(&typed, limit);
        }
        found.into_iter().map(str::to_owned).collect()
    }

    /// More documents came than the synonyms were mined from by a fifth, and more than a few.
    pub fn is_outgrown(&self) -> bool {
        let generation = self.generation();
        let mined = generation.synonyms.documents;
        generation.reader.searcher().num_docs() > mined + mined / 5 + 20
    }

    /// Every id in the index, sorted.
    pub fn ids(&self) -> anyhow::Result<Vec<String>> {
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

    pub fn stats(&self) -> anyhow::Result<Stats> {
        let generation = self.generation();
        let searcher = generation.reader.searcher();
        Ok(Stats {
            documents: searcher.num_docs(),
            segments: searcher.segment_readers().len() as u64,
            size_bytes: generation.size_bytes(&self.folder)?,
            synonyms: generation.synonyms.len() as u64,
        })
    }

    fn generation(&self) -> Arc<Generation> {
        self.state.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn reader<'a>(&'a self, generation: &'a Generation, searcher: &'a tantivy::Searcher) -> Reader<'a> {
        Reader {
            fields: &generation.fields,
            searcher,
            synonyms: &generation.synonyms,
            translations: &TRANSLATIONS,
            vocabulary: &generation.vocabulary,
            ranking: self.ranking,
            frequencies: RefCell::default(),
        }
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

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
