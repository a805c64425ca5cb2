//! Cursors of lists of cases.

use time::OffsetDateTime;
use tradepost_common::review::CaseRow;
use tradepost_common::uploads::FindingSeverity;
use uuid::Uuid;

use super::queries::list::CaseKey;

/// The parts of the list of open cases, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    Queue,
    /// Cases that the moderator skipped.
    Skipped,
}

/// Position in a list of cases: `<0|1>.<rank>.<microseconds>.<case>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CaseCursor {
    pub section: Section,
    pub after: CaseKey,
}

impl CaseCursor {
    /// The start of the list.
    pub const START: Self = Self {
        section: Section::Queue,
        after: CaseKey {
            rank: -1,
            due_at: OffsetDateTime::UNIX_EPOCH,
            id: Uuid::nil(),
        },
    };

    /// The position after that row.
    pub fn after(row: &CaseRow, section: Section) -> Self {
        let rank = match row.severity {
            FindingSeverity::Blocking => 0,
            FindingSeverity::Warning => 1,
            FindingSeverity::Info => 2,
        };
        let (due_at, id) = (row.due_at, row.id.0);
        Self {
            section,
            after: CaseKey { rank, due_at, id },
        }
    }

    /// Parses a cursor; `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let section = match parts.next()? {
            "1" => Section::Skipped,
            _ => Section::Queue,
        };
        let rank = parts.next()?.parse().ok()?;
        // The database knows no time long before Christ.
        let micros: i64 = parts.next()?.parse().ok().filter(|micros| *micros >= 0)?;
        let due_at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000).ok()?;
        let id = parts.next()?.parse().ok()?;
        let after = CaseKey { rank, due_at, id };
        parts.next().is_none().then_some(Self { section, after })
    }
}

impl std::fmt::Display for CaseCursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let micros = self.after.due_at.unix_timestamp_nanos() / 1_000;
        let CaseKey { rank, id, .. } = self.after;
        write!(f, "{}.{rank}.{micros}.{}", self.section as u8, id.simple())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursor_reads_what_it_wrote_and_nothing_else() {
        let cursor = CaseCursor {
            section: Section::Skipped,
            after: CaseKey {
                rank: 1,
                due_at: OffsetDateTime::from_unix_timestamp_nanos(1_790_000_000_123_456_000).unwrap(),
                id: Uuid::now_v7(),
            },
        };
        assert_eq!(CaseCursor::parse(&cursor.to_string()), Some(cursor));
        for text in [
            "",
            "1",
            "0.0.0",
            "0.x.0.0",
            "0.1.99999999999999999999.0",
            "0.1.9223372036854775807.00000000000000000000000000000000",
        ] {
            assert_eq!(CaseCursor::parse(text), None, "{text}");
        }
    }
}
