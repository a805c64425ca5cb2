//! Where a page of cases starts.

use time::OffsetDateTime;
use tradepost_common::review::CaseRow;
use tradepost_common::uploads::FindingSeverity;
use uuid::Uuid;

use super::queries::After;

/// A place in a list of cases, and its cursor: `<0|1>.<rank>.<microseconds>.<case>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub skipped: bool,
    pub after: After,
}

impl Place {
    /// Before everything.
    pub const START: Self = Self {
        skipped: false,
        after: After {
            rank: -1,
            due_at: OffsetDateTime::UNIX_EPOCH,
            id: Uuid::nil(),
        },
    };

    /// After that row.
    pub fn of(row: &CaseRow, skipped: bool) -> Self {
        let rank = match row.severity {
            FindingSeverity::Blocking => 0,
            FindingSeverity::Warning => 1,
            FindingSeverity::Info => 2,
        };
        let (due_at, id) = (row.due_at, row.id.0);
        Self {
            skipped,
            after: After { rank, due_at, id },
        }
    }

    /// Reads a cursor; `None` when it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let skipped = parts.next()? == "1";
        let rank = parts.next()?.parse().ok()?;
        let micros: i64 = parts.next()?.parse().ok()?;
        let due_at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000).ok()?;
        let id = parts.next()?.parse().ok()?;
        let after = After { rank, due_at, id };
        parts.next().is_none().then_some(Self { skipped, after })
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let micros = self.after.due_at.unix_timestamp_nanos() / 1_000;
        let After { rank, id, .. } = self.after;
        write!(f, "{}.{rank}.{micros}.{}", i32::from(self.skipped), id.simple())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursor_reads_what_it_wrote_and_nothing_else() {
        let place = Place {
            skipped: true,
            after: After {
                rank: 1,
                due_at: OffsetDateTime::from_unix_timestamp_nanos(1_790_000_000_123_456_000).unwrap(),
                id: Uuid::now_v7(),
            },
        };
        assert_eq!(Place::parse(&place.to_string()), Some(place));
        for text in [
            "",
            "1",
            "0.0.0",
            "0.x.0.0",
            "0.1.99999999999999999999.0",
            "0.1.9223372036854775807.00000000000000000000000000000000",
        ] {
            assert_eq!(Place::parse(text), None, "{text}");
        }
    }
}
