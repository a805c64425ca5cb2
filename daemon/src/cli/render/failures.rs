//! Files that there are no pictures of: each in a list, and grouped for whoever reads the end of a run.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::PathBuf;

use anyhow::Context as _;
use serde::Serialize;

use super::journal::escape;
use tradepost_jail::JailError;

/// Groups that are told apart; what is beyond them is counted together.
const MAX_GROUPS: usize = 100;
const EXAMPLES: usize = 3;
const MAX_REASON: usize = 300;

/// Why there are no pictures of a file.
#[derive(Debug, Clone)]
pub struct Failure {
    /// `refused`, `timeout`, `memory`, `crash`, `broken`, `unreadable`, `unwritable` or `no-picture`.
    pub kind: &'static str,
    pub reason: String,
    /// What it has in common with others.
    group: String,
}

impl Failure {
    /// A failure that is told apart by its kind only.
    pub fn new(kind: &'static str, reason: String) -> Self {
        Self {
            kind,
            reason,
            group: String::new(),
        }
    }
}

impl From<JailError> for Failure {
    fn from(error: JailError) -> Self {
        let kind = match &error {
            JailError::Timeout { .. } => "timeout",
            JailError::Memory => "memory",
            JailError::Crash { .. } => "crash",
            JailError::Refused(findings) => {
                let told =
                    |finding: &tradepost_common::uploads::Finding| format!("{}: {}", finding.rule, finding.message);
                let reasons: Vec<String> = findings.iter().take(EXAMPLES).map(told).collect();
                return Self {
                    kind: "refused",
                    reason: reasons.join("; "),
                    group: findings.first().map_or(String::new(), |finding| finding.rule.clone()),
                };
            }
            JailError::Deferred | JailError::Broken(_) => "broken",
        };
        Self::new(kind, error.to_string())
    }
}

/// All failures of a run.
#[derive(Debug)]
pub struct Failures {
    path: Option<PathBuf>,
    list: Option<BufWriter<File>>,
    groups: BTreeMap<(String, String), Group>,
}

/// Failures that have something in common.
#[derive(Debug, Default, Clone, Serialize)]
pub struct Group {
    pub kind: String,
    pub rule: String,
    pub files: u64,
    /// Names and reasons of the first of them.
    pub examples: Vec<(String, String)>,
}

impl Failures {
    /// Each is listed in this file, which is made with the first; what an earlier run listed is forgotten.
    pub fn new(path: Option<PathBuf>) -> Self {
        if let Some(path) = &path {
            // It may not be there.
            let _ = std::fs::remove_file(path);
        }
        Self {
            path,
            list: None,
            groups: BTreeMap::new(),
        }
    }

    /// Lists one.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn add(&mut self, name: &str, failure: &Failure) -> anyhow::Result<()> {
        let mut key = (failure.kind.to_owned(), failure.group.clone());
        if self.groups.len() >= MAX_GROUPS && !self.groups.contains_key(&key) {
            key = ("other".to_owned(), String::new());
        }
        let group = self.groups.entry(key.clone()).or_default();
        (group.kind, group.rule) = key;
        group.files += 1;
        let reason = tradepost_inspect::text::clean(&failure.reason, MAX_REASON);
        if group.examples.len() < EXAMPLES {
            group.examples.push((escape(name), reason.clone()));
        }
        let Some(path) = &self.path else { return Ok(()) };
        let list = match &mut self.list {
            Some(list) => list,
            None => {
                let file = File::create(path).with_context(|| format!("making {}", path.display()))?;
                self.list.insert(BufWriter::new(file))
            }
        };
        let written = writeln!(list, "{}\t{}\t{}", escape(name), failure.kind, escape(&reason));
        written
            .and_then(|()| list.flush())
            .with_context(|| format!("writing {}", path.display()))
    }

    /// The largest group first.
    pub fn groups(&self) -> Vec<Group> {
        let mut groups: Vec<Group> = self.groups.values().cloned().collect();
        groups.sort_by_key(|group| std::cmp::Reverse(group.files));
        groups
    }

    /// Where they are all listed; `None` when there are none, or nowhere.
    pub fn list(&self) -> Option<&PathBuf> {
        self.path.as_ref().filter(|_| self.list.is_some())
    }
}
