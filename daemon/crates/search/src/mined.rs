//! The words that were mined from a catalogue: in memory as long as its index is in use.

use std::fs;
use std::path::Path;

use crate::synonyms::Synonyms;
use crate::vocabulary::Vocabulary;
use crate::words::split;

/// Synonyms, and the words that people can type.
#[derive(Default)]
pub struct Mined {
    pub synonyms: Synonyms,
    pub vocabulary: Vocabulary,
}

impl Mined {
    /// Reads the file that [`write`] wrote.
    pub fn read(file: &Path) -> anyhow::Result<Self> {
        let mut synonyms: Synonyms = serde_json::from_slice(&fs::read(file)?)?;
        let vocabulary = Vocabulary::new(std::mem::take(&mut synonyms.counts));
        Ok(Self { synonyms, vocabulary })
    }

    /// Words and tags that complete a text as it is typed, the most frequent first; if there are none, corrections of it.
    pub fn suggest(&self, text: &str, limit: usize) -> Vec<String> {
        let typed = split(text).join(" ");
        let complete = self.vocabulary.complete(&typed, limit);
        let mut found: Vec<&str> = complete.into_iter().map(|(word, _)| word).collect();
        if found.is_empty() {
            found = self.vocabulary.correct(&typed, limit);
        }
        found.into_iter().map(str::to_owned).collect()
    }

    /// There are more documents than they were mined from by a fifth, and more than a few.
    pub fn is_outgrown(&self, documents: u64) -> bool {
        let mined = self.synonyms.documents;
        documents > mined + mined / 5 + 20
    }
}

/// Writes what a miner found. The file is whole or not there.
pub fn write(file: &Path, mined: &Synonyms) -> anyhow::Result<()> {
    let new = file.with_extension("new");
    fs::write(&new, serde_json::to_vec(mined)?)?;
    Ok(fs::rename(new, file)?)
}
