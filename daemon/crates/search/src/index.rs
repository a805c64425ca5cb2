//! The contract of an index: the same documents and questions, whatever keeps it.

use crate::{Document, Filter, Page, Stats};

/// Documents of a rebuild, read once.
pub type Documents<'a> = &'a mut dyn Iterator<Item = anyhow::Result<Document>>;

/// An index of a catalogue. Its calls wait for a disk or a server: they belong on a thread that may block.
pub trait Index: Send + Sync {
    /// Replaces and deletes documents; searches see it when this returns, and it survives a crash. `version` grows with each reading of the
    /// truth: where several processes write, what was read earlier does not replace what was read later.
    fn apply(&self, replaced: &[Document], deleted: &[String], version: i64) -> anyhow::Result<()>;

    /// Builds the index again from all documents, beside the one in use, and takes its place. The caller applies what changed meanwhile.
    fn rebuild(&self, documents: Documents<'_>, version: i64) -> anyhow::Result<()>;

    /// True if a server has no such index: it was never built, or is lost.
    fn is_missing(&self) -> anyhow::Result<bool>;

    /// True if another process has built the index, so that this one does not know its synonyms.
    fn lacks_synonyms(&self) -> anyhow::Result<bool>;

    /// Mines the synonyms from all documents, and leaves the index as it is.
    fn mine_synonyms(&self, documents: Documents<'_>) -> anyhow::Result<()>;

    /// More documents came than the synonyms were mined from by a fifth, and more than a few.
    fn is_outgrown(&self) -> anyhow::Result<bool>;

    /// Another one after each change of the index. `None`: other processes change it, too.
    fn version(&self) -> Option<String>;

    /// A page of hits; an empty text finds all that the filters let through, the most popular first.
    fn search(&self, text: &str, filters: &[Filter], offset: usize, limit: usize) -> anyhow::Result<Page>;

    /// The arithmetic of a document's score for a text, as JSON; `None` if there is no such document.
    fn explain(&self, text: &str, id: &str) -> anyhow::Result<Option<String>>;

    /// Words and tags that complete a text as it is typed, the most frequent first; if there are none, corrections of it.
    fn suggest(&self, text: &str, limit: usize) -> Vec<String>;

    /// Every id in the index, sorted.
    fn ids(&self) -> anyhow::Result<Vec<String>>;

    fn stats(&self) -> anyhow::Result<Stats>;
}

/// Hits that can be paged through.
pub const MAX_HITS: usize = 10_000;
