//! Alerts as rows: the overview and its subcommand show them too.

use tradepost_common::overview::{Alert, Severity};

use crate::format;
use crate::table::{Cell, Column, Key, Row, Width};
use crate::theme::Tone;

/// The alerts, the worst and then the oldest first.
pub fn sorted(alerts: &[Alert]) -> Vec<Alert> {
    let mut alerts = alerts.to_vec();
    alerts.sort_by_key(|a| (std::cmp::Reverse(a.severity), a.since));
    alerts
}

/// The word and tone of a severity; capitals for what cannot wait.
pub fn severity(severity: Severity) -> Cell {
    match severity {
        Severity::Critical => Cell::new("CRITICAL", Tone::Bad),
        Severity::Warning => Cell::new("WARNING", Tone::Warn),
        Severity::Info => Cell::dim("info"),
    }
}

impl Row for Alert {
    type Id = String;

    fn id(&self) -> String {
        self.code.clone()
    }

    fn columns() -> &'static [Column<Self>] {
        &COLUMNS
    }
}

type Col = Column<Alert>;

static COLUMNS: [Col; 5] = [
    Col::left(
        "SEVERITY",
        Width::Fixed(8),
        |a, _| severity(a.severity),
        |a| Key::count(a.severity as i64),
    ),
    Col::left(
        "CODE",
        Width::Grow(12),
        |a, _| Cell::plain(&a.code),
        |a| Key::text(&a.code),
    ),
    Col::right(
        "ACTIVE",
        Width::Fixed(6),
        |a, now| Cell::dim(format::ago(a.since, now)),
        |a| Key::time(a.since),
    ),
    Col::left(
        "ACK BY",
        Width::Grow(7),
        |a, _| match &a.acknowledged_by {
            Some(by) => Cell::plain(by),
            None => Cell::dim("-"),
        },
        |a| Key::text(a.acknowledged_by.clone().unwrap_or_default()),
    ),
    Col::left(
        "MESSAGE",
        Width::Grow(24),
        |a, _| Cell::plain(&a.message),
        |a| Key::text(&a.message),
    ),
];
