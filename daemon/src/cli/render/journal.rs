//! Journal of a run beside its output: a run that was ended at any time continues where it was.
//!
//! ```text
//! tradepost-render 1 <hash of the presets> <folder|tar>
//! <end of its entries in the tar> <size> <time or checksum> <name>
//! ```
//! Tabs separate the fields; one line for each file that was drawn. A line is written after the images; an incomplete one does not count.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::hash::{BuildHasher as _, RandomState};
use std::io::{BufRead as _, BufReader, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use anyhow::{Context as _, bail, ensure};

const MAGIC: &str = "tradepost-render 1";

/// Version of a file: its size, and its modification time in nanoseconds or its checksum.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Stamp {
    pub size_bytes: u64,
    pub mark: u64,
}

/// Files that an earlier run has drawn: eight bytes for each.
#[derive(Debug, Default)]
pub struct Done {
    hashes: HashSet<u64>,
    hasher: RandomState,
}

impl Done {
    /// True if this version of the file was drawn.
    pub fn contains(&self, name: &str, stamp: Stamp) -> bool {
        !self.hashes.is_empty() && self.hashes.contains(&self.hasher.hash_one((name, stamp)))
    }

    /// Number of files.
    pub fn len(&self) -> usize {
        self.hashes.len()
    }

    fn insert(&mut self, name: &str, stamp: Stamp) {
        self.hashes.insert(self.hasher.hash_one((name, stamp)));
    }
}

/// Journal of a run, open at its end and locked.
#[derive(Debug)]
pub struct Journal {
    file: File,
}

/// An open journal with its content.
#[derive(Debug)]
pub struct OpenedJournal {
    pub journal: Journal,
    pub done: Done,
    /// End of the last whole entry in the tar.
    pub tar_bytes: u64,
}

/// Kind of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    Folder,
    Tar,
}

impl Layout {
    fn as_str(self) -> &'static str {
        match self {
            Self::Folder => "folder",
            Self::Tar => "tar",
        }
    }
}

/// Conditions under which a journal is continued.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    pub presets_hash: &'a str,
    pub layout: Layout,
}

impl Journal {
    /// Opens or creates the journal.
    ///
    /// # Errors
    /// Its settings differ, a line is invalid, or another run has it.
    pub fn open(path: &Path, terms: Terms<'_>) -> anyhow::Result<OpenedJournal> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .with_context(|| format!("opening the journal {}", path.display()))?;
        ensure!(
            file.try_lock().is_ok(),
            "another run is writing there: it has {}",
            path.display()
        );
        let mut journal = Self { file };
        let (done, tar_bytes) = journal
            .read(terms)
            .with_context(|| format!("the journal {}", path.display()))?;
        Ok(OpenedJournal {
            journal,
            done,
            tar_bytes,
        })
    }

    /// Appends lines that [`line`] made.
    pub fn append(&mut self, lines: &str) -> anyhow::Result<()> {
        self.file.write_all(lines.as_bytes()).context("writing the journal")
    }

    /// Reads every whole line and truncates the rest.
    fn read(&mut self, terms: Terms<'_>) -> anyhow::Result<(Done, u64)> {
        let expected = format!("{MAGIC}\t{}\t{}\n", terms.presets_hash, terms.layout.as_str());
        let mut from = BufReader::with_capacity(1 << 18, &self.file);
        let (mut done, mut tar_bytes, mut whole_bytes) = (Done::default(), 0, 0);
        let mut line = String::new();
        for number in 1_u64.. {
            line.clear();
            let bytes = from.read_line(&mut line).with_context(|| format!("line {number}"))?;
            let Some(fields) = line.strip_suffix('\n') else {
                break;
            };
            whole_bytes += bytes as u64;
            if number == 1 {
                check_terms(&line, &expected)?;
                continue;
            }
            let (end, stamp, name) = parse(fields)
                .with_context(|| format!("line {number} makes no sense: --fresh starts over and overwrites"))?;
            tar_bytes = end;
            done.insert(&name, stamp);
        }
        self.file.set_len(whole_bytes).context("cutting off a torn line")?;
        self.file.seek(SeekFrom::End(0))?;
        if whole_bytes == 0 {
            self.append(&expected)?;
        }
        Ok((done, tar_bytes))
    }
}

fn check_terms(line: &str, expected: &str) -> anyhow::Result<()> {
    if line == expected {
        return Ok(());
    }
    let is_ours = line.starts_with(MAGIC);
    ensure!(
        is_ours,
        "is not one of this program's, or of another version: --fresh starts over and overwrites"
    );
    bail!(
        "is of a run with other presets, another version of the engine, or another kind of output: ask for the same, choose another place, or start over with --fresh"
    )
}

/// Line for one file; `tar_end` is 0 outside of a tar.
pub fn line(tar_end: u64, stamp: Stamp, name: &str) -> String {
    let Stamp { size_bytes, mark } = stamp;
    format!("{tar_end}\t{size_bytes}\t{mark}\t{}\n", escape(name))
}

/// Escapes a name, so that it is one field of one line.
pub fn escape(name: &str) -> String {
    let special = |character| matches!(character, '\\' | '\n' | '\r' | '\t');
    if !name.contains(special) {
        return name.to_owned();
    }
    name.chars().fold(String::new(), |mut escaped, character| {
        match character {
            '\\' => escaped.push_str("\\\\"),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            character => escaped.push(character),
        }
        escaped
    })
}

fn parse(line: &str) -> anyhow::Result<(u64, Stamp, String)> {
    let mut fields = line.splitn(4, '\t');
    let mut number = || -> anyhow::Result<u64> { Ok(fields.next().context("a field is missing")?.parse()?) };
    let (end, size_bytes, mark) = (number()?, number()?, number()?);
    let name = unescape(fields.next().context("the name is missing")?)?;
    Ok((end, Stamp { size_bytes, mark }, name))
}

fn unescape(field: &str) -> anyhow::Result<String> {
    let mut name = String::with_capacity(field.len());
    let mut characters = field.chars();
    while let Some(character) = characters.next() {
        name.push(match character {
            '\\' => match characters.next() {
                Some('\\') => '\\',
                Some('n') => '\n',
                Some('r') => '\r',
                Some('t') => '\t',
                _ => bail!("a name ends in the middle"),
            },
            character => character,
        });
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TERMS: Terms<'static> = Terms {
        presets_hash: "ab",
        layout: Layout::Tar,
    };
    const STAMP: Stamp = Stamp { size_bytes: 3, mark: 4 };

    #[test]
    fn a_torn_last_line_does_not_count_and_is_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let mut found = Journal::open(&path, TERMS).unwrap();
        found.journal.append(&line(1024, STAMP, "a\tb\\.svg")).unwrap();
        found.journal.append("2048\t3\t4\tc.sv").unwrap();
        drop(found);
        let mut found = Journal::open(&path, TERMS).unwrap();
        assert_eq!((found.done.len(), found.tar_bytes), (1, 1024));
        assert!(found.done.contains("a\tb\\.svg", STAMP));
        assert!(!found.done.contains("a\tb\\.svg", Stamp { mark: 5, ..STAMP }));
        found.journal.append(&line(2048, STAMP, "c.svg")).unwrap();
        drop(found);
        assert_eq!(Journal::open(&path, TERMS).unwrap().done.len(), 2);
    }

    #[test]
    fn a_journal_of_other_presets_or_of_nonsense_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        drop(Journal::open(&path, TERMS).unwrap());
        let other = Terms {
            presets_hash: "cd",
            ..TERMS
        };
        let error = format!("{:#}", Journal::open(&path, other).unwrap_err());
        assert!(error.contains("other presets"), "{error}");
        std::fs::write(&path, "tradepost-render 1\tab\ttar\nnonsense\n").unwrap();
        let error = format!("{:#}", Journal::open(&path, TERMS).unwrap_err());
        assert!(error.contains("line 2 makes no sense"), "{error}");
        std::fs::write(&path, "hello\n").unwrap();
        let error = format!("{:#}", Journal::open(&path, TERMS).unwrap_err());
        assert!(error.contains("not one of this program's"), "{error}");
    }

    #[test]
    fn two_runs_do_not_share_a_journal() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let _first = Journal::open(&path, TERMS).unwrap();
        let error = Journal::open(&path, TERMS).unwrap_err().to_string();
        assert!(error.contains("another run"), "{error}");
    }
}
