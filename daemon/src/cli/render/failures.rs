//! Files without images: each in a list, and in groups for the summary.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::PathBuf;

use anyhow::Context as _;
use serde::Serialize;
use tradepost_common::uploads::Finding;
use tradepost_jail::JailError;

use super::journal::escape;

/// Most groups; failures beyond them are counted together.
const MAX_GROUPS: usize = 100;
const EXAMPLES: usize = 3;
const MAX_REASON: usize = 300;

/// Kind of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    Broken,
    Crash,
    Memory,
    NoPicture,
    /// Failures of the groups beyond the limit.
    Other,
    Refused,
    Timeout,
    Unreadable,
    Unwritable,
}

impl FailureKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Broken => "broken",
            Self::Crash => "crash",
            Self::Memory => "memory",
            Self::NoPicture => "no-picture",
            Self::Other => "other",
            Self::Refused => "refused",
            Self::Timeout => "timeout",
            Self::Unreadable => "unreadable",
            Self::Unwritable => "unwritable",
        }
    }
}

/// Reason why there are no images of a file.
#[derive(Debug, Clone)]
pub struct Failure {
    pub kind: FailureKind,
    pub reason: String,
    /// Rule of the first finding; empty without findings.
    rule: String,
}

impl Failure {
    /// A failure without findings.
    pub fn new(kind: FailureKind, reason: String) -> Self {
        Self {
            kind,
            reason,
            rule: String::new(),
        }
    }
}

impl From<JailError> for Failure {
    fn from(error: JailError) -> Self {
        let kind = match &error {
            JailError::Timeout { .. } => FailureKind::Timeout,
            JailError::Memory => FailureKind::Memory,
            JailError::Crash { .. } => FailureKind::Crash,
            JailError::Starved { .. } | JailError::Deferred | JailError::Broken(_) => FailureKind::Broken,
            JailError::Refused(findings) => {
                let text = |finding: &Finding| format!("{}: {}", finding.rule, finding.message);
                let reasons: Vec<String> = findings.iter().take(EXAMPLES).map(text).collect();
                return Self {
                    kind: FailureKind::Refused,
                    reason: reasons.join("; "),
                    rule: findings.first().map_or(String::new(), |finding| finding.rule.clone()),
                };
            }
        };
        Self::new(kind, error.to_string())
    }
}

/// All failures of a run.
#[derive(Debug)]
pub struct Failures {
    path: Option<PathBuf>,
    list: Option<BufWriter<File>>,
    groups: BTreeMap<(FailureKind, String), Group>,
}

/// Failures of one kind and rule.
#[derive(Debug, Clone, Serialize)]
pub struct Group {
    pub kind: FailureKind,
    pub rule: String,
    pub files: u64,
    /// Names and reasons of the first of them.
    pub examples: Vec<(String, String)>,
}

impl Failures {
    /// Lists failures in a file, which is made with the first. The list of an earlier run is deleted.
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

    /// Lists a failure.
    pub fn add(&mut self, name: &str, failure: &Failure) -> anyhow::Result<()> {
        let mut key = (failure.kind, failure.rule.clone());
        if self.groups.len() >= MAX_GROUPS && !self.groups.contains_key(&key) {
            key = (FailureKind::Other, String::new());
        }
        let (kind, rule) = key.clone();
        let group = self.groups.entry(key).or_insert_with(|| Group {
            kind,
            rule,
            files: 0,
            examples: Vec::new(),
        });
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
        let written = writeln!(list, "{}\t{}\t{}", escape(name), failure.kind.as_str(), escape(&reason));
        written
            .and_then(|()| list.flush())
            .with_context(|| format!("writing {}", path.display()))
    }

    /// Groups, the largest first.
    pub fn groups(&self) -> Vec<Group> {
        let mut groups: Vec<Group> = self.groups.values().cloned().collect();
        groups.sort_by_key(|group| std::cmp::Reverse(group.files));
        groups
    }

    /// Path of the list; `None` without failures, or without a list.
    pub fn list(&self) -> Option<&PathBuf> {
        self.path.as_ref().filter(|_| self.list.is_some())
    }
}
