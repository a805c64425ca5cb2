//! Issues as findings of an upload.

use tradepost_base::{Finding, FindingSeverity};

use super::{Issue, Report, Severity};
use crate::text::clean;

/// Nobody reads more about one model.
const MAX_FINDINGS: usize = 200;
const MAX_POINTER: usize = 200;

/// The issues of a report, errors first: errors block, warnings are worth knowing, and what is only information is left out.
pub fn to_findings(report: &Report) -> Vec<Finding> {
    let of = |severity| report.issues.iter().filter(move |issue| issue.severity == severity);
    of(Severity::Error)
        .chain(of(Severity::Warning))
        .take(MAX_FINDINGS)
        .map(|issue| finding(issue, &report.path))
        .collect()
}

fn finding(issue: &Issue, path: &str) -> Finding {
    let message = if issue.pointer.is_empty() {
        issue.message.clone()
    } else {
        format!("{}: {}", clean(&issue.pointer, MAX_POINTER), issue.message)
    };
    Finding {
        file: Some(path.to_owned()),
        rule: format!("model.{}", issue.code.to_ascii_lowercase().replace('_', "-")),
        severity: match issue.severity {
            Severity::Error => FindingSeverity::Blocking,
            Severity::Warning | Severity::Information => FindingSeverity::Info,
        },
        message,
        line: None,
        column: None,
        excerpt: None,
    }
}
