//! Findings as rows, in the trace of an upload and in a case.

use tradepost_common::uploads::{Finding, FindingSeverity};

use crate::table::{Cell, Column, Key, Row, Width};
use crate::theme::Tone;

/// A finding and its place in the daemon's order.
#[derive(Debug, Clone, PartialEq)]
pub struct FindingRow {
    pub index: usize,
    pub finding: Finding,
}

impl FindingRow {
    pub fn all(findings: &[Finding]) -> Vec<Self> {
        findings
            .iter()
            .cloned()
            .enumerate()
            .map(|(index, finding)| Self { index, finding })
            .collect()
    }
}

/// The word and tone of a severity; capitals for what stops a file.
pub fn severity(severity: FindingSeverity) -> Cell {
    match severity {
        FindingSeverity::Blocking => Cell::new("BLOCKING", Tone::Bad),
        FindingSeverity::Warning => Cell::new("warning", Tone::Warn),
        FindingSeverity::Info => Cell::dim("info"),
    }
}

/// `12:5`, `12` or nothing.
pub fn place(finding: &Finding) -> String {
    match (finding.line, finding.column) {
        (Some(line), Some(column)) => format!("{line}:{column}"),
        (Some(line), None) => line.to_string(),
        _ => String::new(),
    }
}

impl Row for FindingRow {
    type Id = usize;

    fn id(&self) -> usize {
        self.index
    }

    fn columns() -> &'static [Column<Self>] {
        &COLUMNS
    }
}

type Col = Column<FindingRow>;

static COLUMNS: [Col; 5] = [
    Col::left(
        "SEVERITY",
        Width::Fixed(8),
        |r, _| severity(r.finding.severity),
        |r| Key::Number(f64::from(r.finding.severity as u8)),
    ),
    Col::left(
        "RULE",
        Width::Grow(15),
        |r, _| Cell::plain(&r.finding.rule),
        |r| Key::Text(r.finding.rule.clone()),
    ),
    Col::left(
        "FILE",
        Width::GrowPath(15),
        |r, _| match &r.finding.file {
            Some(file) => Cell::plain(file),
            None => Cell::dim("(the pack)"),
        },
        |r| Key::Text(r.finding.file.clone().unwrap_or_default()),
    ),
    Col::right(
        "LINE",
        Width::Fixed(7),
        |r, _| Cell::dim(place(&r.finding)),
        |r| Key::Number(f64::from(r.finding.line.unwrap_or(0))),
    )
    .rank(2),
    Col::left(
        "MESSAGE",
        Width::Grow(24),
        |r, _| Cell::plain(&r.finding.message),
        |r| Key::Text(r.finding.message.clone()),
    )
    .rank(3),
];
