//! One index on the disk with the words that were mined with it: built once, then opened.

use std::fs;
use std::path::Path;

use tantivy::{IndexReader, IndexWriter};

use crate::Document;
use crate::fields::Fields;
use crate::thesaurus::{Miner, Synonyms};
use crate::vocabulary::Vocabulary;
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
    pub synonyms: Synonyms,
    pub vocabulary: Vocabulary,
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
        let mut stems = Stems::new();
        let mut miner = Miner::default();
        for document in documents {
            let document = document?;
            miner.add(&document, &mut stems);
            writer.add_document(fields.document(&document, &mut stems))?;
        }
        writer.commit()?;
        writer.wait_merging_threads()?;
        fs::write(own.join(SYNONYMS), serde_json::to_vec(&miner.finish(&mut stems))?)?;
        let opened = Self::open(folder, number)?;
        let next = folder.join("current.new");
        fs::write(&next, number.to_string())?;
        fs::rename(&next, folder.join(CURRENT))?;
        Ok(opened)
    }

    pub fn open(folder: &Path, number: u64) -> anyhow::Result<Self> {
        let own = folder.join(number.to_string());
        let synonyms: Synonyms = serde_json::from_slice(&fs::read(own.join(SYNONYMS))?)?;
        let index = tantivy::Index::open_in_dir(&own)?;
        let fields = Fields::new();
        anyhow::ensure!(index.schema() == fields.schema, "the index is of another version");
        let reader = index
            .reader_builder()
            .reload_policy(tantivy::ReloadPolicy::Manual)
            .try_into()?;
        let vocabulary = Vocabulary::new(synonyms.counts.clone());
        Ok(Self {
            number,
            fields,
            index,
            reader,
            synonyms,
            vocabulary,
        })
    }
}
