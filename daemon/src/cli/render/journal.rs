//! What a run has done, written beside its output: a run that was ended at any time is taken up where it was.
//!
//! ```text
//! tradepost-render 1 <hash of the presets> <folder|tar>
//! <end of its entries in the tar> <size> <time or check sum> <name>
//! ```
//! Tabs between, one line for each file that was drawn. A line is written after the pictures; one that was cut off does not count.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::hash::{BuildHasher as _, RandomState};
use std::io::{BufRead as _, BufReader, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use anyhow::{Context as _, bail, ensure};

const MAGIC: &str = "tradepost-render 1";

/// What a file was when it was drawn: its size in bytes, and its time (nanoseconds) or check sum.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Stamp {
    pub size_bytes: u64,
    pub mark: u64,
}

/// The files that were drawn already: eight bytes for each, so that a million fit anywhere.
#[derive(Debug, Default)]
pub struct Done {
    hashes: HashSet<u64>,
    hasher: RandomState,
}

impl Done {
    /// Whether this very file was drawn.
    pub fn contains(&self, name: &str, stamp: Stamp) -> bool {
        !self.hashes.is_empty() && self.hashes.contains(&self.hasher.hash_one((name, stamp)))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.hashes.len()
    }

    fn insert(&mut self, name: &str, stamp: Stamp) {
        self.hashes.insert(self.hasher.hash_one((name, stamp)));
    }
}

/// The journal of a run, open at its end. Nobody else has it.
#[derive(Debug)]
pub struct Journal {
    file: File,
}

/// What a journal told.
#[derive(Debug)]
pub struct Found {
    pub journal: Journal,
    pub done: Done,
    /// Where in the tar the last whole entry ends.
    pub tar_bytes: u64,
}

/// What a journal must say to be taken up again.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    pub presets_hash: &'a str,
    /// `folder` or `tar`.
    pub layout: &'a str,
}

impl Journal {
    /// Opens the journal, or begins one; what it says is believed when the terms are the same.
    ///
    /// # Errors
    /// When the terms differ, a line of it makes no sense, another run has it, or the disk does not take it.
    pub fn open(path: &Path, terms: Terms<'_>) -> anyhow::Result<Found> {
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
        Ok(Found {
            journal,
            done,
            tar_bytes,
        })
    }

    /// Adds lines that [`line`] made.
    ///
    /// # Errors
    /// When the disk does not take them.
    pub fn append(&mut self, lines: &str) -> anyhow::Result<()> {
        self.file.write_all(lines.as_bytes()).context("writing the journal")
    }

    /// Reads every whole line and cuts off what is behind.
    fn read(&mut self, terms: Terms<'_>) -> anyhow::Result<(Done, u64)> {
        let expected = format!("{MAGIC}\t{}\t{}\n", terms.presets_hash, terms.layout);
        let mut from = BufReader::with_capacity(1 << 18, &self.file);
        let (mut done, mut tar_bytes, mut whole_bytes) = (Done::default(), 0, 0);
        let mut line = String::new();
        for number in 1_u64.. {
            line.clear();
            let bytes = from.read_line(&mut line).with_context(|| format!("line {number}"))?;
            let Some(told) = line.strip_suffix('\n') else {
                break;
            };
            whole_bytes += bytes as u64;
            if number == 1 {
                same_terms(&line, &expected)?;
                continue;
            }
            let (end, stamp, name) = parse(told)
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

fn same_terms(line: &str, expected: &str) -> anyhow::Result<()> {
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

/// The line for one file; `tar_end` is 0 outside of a tar.
pub fn line(tar_end: u64, stamp: Stamp, name: &str) -> String {
    let Stamp { size_bytes, mark } = stamp;
    format!("{tar_end}\t{size_bytes}\t{mark}\t{}\n", escape(name))
}

/// A name as one field of one line.
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
        layout: "tar",
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
