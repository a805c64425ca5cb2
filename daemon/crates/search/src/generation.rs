//! One index on the disk with the words that were mined with it: built once, then opened.

use std::fs;
use std::path::Path;

use tantivy::indexer::NoMergePolicy;
use tantivy::{IndexReader, IndexWriter};

use crate::Document;
use crate::fields::Fields;
use crate::meanings::DocumentCounts;
use crate::mined::{self, Mined};
use crate::thesaurus::Miner;
use crate::words::Stems;

/// Memory of a writer before it writes a segment.
pub const WRITER_BYTES: usize = 32 << 20;
/// The file that names the generation in use.
pub const CURRENT: &str = "current";
const SYNONYMS: &str = "synonyms.json";

/// One index with the words that were mined with it.
pub struct Generation {
    pub number: u64,
    pub fields: Fields,
    pub index: tantivy::Index,
    pub reader: IndexReader,
    pub mined: Mined,
}

impl Generation {
    /// Makes the next generation of all documents, and names it as the one in use.
    pub fn build(
        folder: &Path,
        number: u64,
        documents: impl Iterator<Item = anyhow::Result<Document>>,
    ) -> anyhow::Result<Self> {
        let own = folder.join(number.to_string());
        if own.exists() {
            fs::remove_dir_all(&own)?;
        }
        fs::create_dir_all(&own)?;
        let fields = Fields::new();
        let index = tantivy::Index::create_in_dir(&own, fields.schema.clone())?;
        let mut writer: IndexWriter = index.writer_with_num_threads(1, WRITER_BYTES)?;
        // All segments are merged into one in the end: a query looks into each.
        writer.set_merge_policy(Box::new(NoMergePolicy));
        let mut stems = Stems::new();
        let mut miner = Miner::default();
        for document in documents {
            let document = document?;
            miner.add(&document, &mut stems);
            writer.add_document(fields.document(&document, &mut stems))?;
        }
        writer.commit()?;
        let segments = index.searchable_segment_ids()?;
        if segments.len() > 1 {
            writer.merge(&segments).wait()?;
        }
        writer.wait_merging_threads()?;
        mined::write(&own.join(SYNONYMS), &miner.finish(&mut stems))?;
        let opened = Self::open(folder, number)?;
        let next = folder.join("current.new");
        fs::write(&next, number.to_string())?;
        fs::rename(&next, folder.join(CURRENT))?;
        Ok(opened)
    }

    pub fn open(folder: &Path, number: u64) -> anyhow::Result<Self> {
        let own = folder.join(number.to_string());
        let mined = Mined::read(&own.join(SYNONYMS))?;
        let index = tantivy::Index::open_in_dir(&own)?;
        let fields = Fields::new();
        anyhow::ensure!(index.schema() == fields.schema, "the index is of another version");
        let reader = index
            .reader_builder()
            .reload_policy(tantivy::ReloadPolicy::Manual)
            .try_into()?;
        Ok(Self {
            number,
            fields,
            index,
            reader,
            mined,
        })
    }

    /// All its files; those that a merge or the next generation removes meanwhile do not count.
    pub fn size_bytes(&self, folder: &Path) -> u64 {
        let files = fs::read_dir(folder.join(self.number.to_string()));
        let sizes = files.into_iter().flatten().flatten().map(|file| file.metadata());
        sizes.flatten().map(|known| known.len()).sum()
    }
}

/// Numbers of documents as a searcher sees them.
pub struct Searched<'a>(pub &'a Fields, pub &'a tantivy::Searcher);

impl DocumentCounts for Searched<'_> {
    fn all(&self) -> u64 {
        self.1.num_docs()
    }

    fn with(&self, stem: &str) -> u64 {
        self.1.doc_freq(&self.0.term(stem)).unwrap_or(0)
    }
}
