//! `manifest.json`: the contributor's description of a pack. `docs/MANIFEST.md` documents it, `docs/manifest.schema.json` is its schema.

mod read;
#[cfg(test)]
mod tests;
mod value;
mod words;

use serde::{Deserialize, Serialize};
use tradepost_base::Kind;

pub use self::read::parse;
pub use self::words::{Currency, Description, FilePath, LicenceId, PackName, Tag, Title};

/// The largest manifest that is read.
pub const MAX_BYTES: u64 = 4 << 20;
pub const MAX_FILES: usize = 2_000;
pub const MAX_TAGS: usize = 20;
/// In minor units: a million of a currency with cents.
pub const MAX_PRICE_MINOR: i64 = 100_000_000;

/// A manifest without a fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub family: Named,
    pub set: Named,
    pub kind: Kind,
    pub licence: Licence,
    pub price: Price,
    /// The tags of the whole set, in the order given, no duplicates.
    pub tags: Vec<Tag>,
    /// At least one, every path once.
    pub files: Vec<FileEntry>,
}

/// A family or a set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    pub name: PackName,
    pub description: Option<Description>,
}

/// Under which terms the items are sold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Licence {
    /// Like an SPDX identifier: `ISC`, `CC-BY-4.0`.
    pub id: LicenceId,
    /// The name to credit.
    pub attribution: Option<Description>,
    /// Origin of the files: `lucide-static 1.62.0`.
    pub source: Option<Description>,
}

/// The price of the set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// In the currency's minor unit; 0 to [`MAX_PRICE_MINOR`].
    pub amount_minor: i64,
    pub currency: Currency,
}

/// One file of the pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    pub path: FilePath,
    /// Made of the file's name where the manifest gives none.
    pub title: Title,
    pub tags: Vec<Tag>,
}
