//! Collects the faults of a pack, so that the contributor gets all of them at once.

use tradepost_base::{Finding, FindingSeverity};

use crate::text::clean;

/// The most faults that are listed; of the rest only the number is given.
pub const MAX_FAULTS: usize = 2_000;

/// The path of the manifest, at the root of the pack.
pub const MANIFEST_PATH: &str = "manifest.json";
/// The rule of faults of the manifest.
pub const MANIFEST_RULE: &str = "manifest";
/// The rule of faults of the ZIP or one of its members.
pub const PACK_RULE: &str = "pack";

/// A growing list of faults. Each one refuses the pack.
#[derive(Debug, Default)]
pub struct Faults {
    list: Vec<Finding>,
    unlisted: usize,
}

impl Faults {
    /// Adds a fault of one file, or of the pack itself.
    pub fn add(&mut self, rule: &str, file: Option<&str>, message: impl Into<String>) {
        if self.list.len() >= MAX_FAULTS {
            self.unlisted += 1;
            return;
        }
        self.list.push(Finding {
            file: file.map(|path| clean(path, 255)),
            rule: rule.to_owned(),
            severity: FindingSeverity::Blocking,
            message: clean(&message.into(), 500),
            line: None,
            column: None,
            excerpt: None,
        });
    }

    /// Adds a fault of the manifest; `pointer` is a JSON pointer (RFC 6901), empty for the whole document.
    pub fn add_manifest(&mut self, pointer: &str, message: impl std::fmt::Display) {
        let place = if pointer.is_empty() {
            String::new()
        } else {
            format!("{pointer}: ")
        };
        self.add(MANIFEST_RULE, Some(MANIFEST_PATH), format!("{place}{message}"));
    }

    /// Adds a fault of the manifest's text itself.
    pub fn add_syntax(&mut self, line: usize, column: usize, message: impl std::fmt::Display) {
        self.add_manifest("", message);
        if let Some(finding) = self.list.last_mut() {
            finding.line = i32::try_from(line).ok();
            finding.column = i32::try_from(column).ok();
        }
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The number of faults, listed or not.
    pub fn len(&self) -> usize {
        self.list.len() + self.unlisted
    }

    /// The list, with a last entry that says how many more there are.
    pub fn into_findings(mut self) -> Vec<Finding> {
        if self.unlisted > 0 {
            let message = format!("{} more faults are not listed", self.unlisted);
            let last = Finding {
                file: None,
                rule: PACK_RULE.to_owned(),
                severity: FindingSeverity::Blocking,
                message,
                line: None,
                column: None,
                excerpt: None,
            };
            self.list.push(last);
        }
        self.list
    }
}
