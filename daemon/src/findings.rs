//! Findings of checks, kept with the upload they are about.

use sqlx::{PgConnection, PgExecutor};
use tradepost_common::Page;
use tradepost_common::ids::UploadId;
use tradepost_common::uploads::{Finding, FindingSeverity, RuleCount};

use tradepost_inspect::text::clean;
use tradepost_jail::JailError;

/// Characters of a text of a finding; hidden ones are replaced.
const MAX_CHARS: usize = 4_000;
/// Findings of an upload that are listed.
const MAX_LISTED: i64 = 500;

/// Adds findings in the caller's transaction.
pub async fn insert(tx: &mut PgConnection, upload: UploadId, findings: &[Finding]) -> sqlx::Result<()> {
    if findings.is_empty() {
        return Ok(());
    }
    fn column<'a, T>(findings: &'a [Finding], of: impl Fn(&'a Finding) -> T) -> Vec<T> {
        findings.iter().map(of).collect()
    }
    let cleaned = |text: &Option<String>| text.as_deref().map(|text| clean(text, MAX_CHARS));
    sqlx::query!(
        r#"
        insert into findings (upload_id, file_path, rule, severity, message, line_number, column_number, excerpt)
        select $1, file_path, rule, severity, message, line_number, column_number, excerpt
        from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::int4[], $7::int4[], $8::text[]) with ordinality
            as finding (file_path, rule, severity, message, line_number, column_number, excerpt, position)
        order by position
        "#,
        upload.0,
        &column(findings, |finding| cleaned(&finding.file)) as &[Option<String>],
        &column(findings, |finding| finding.rule.clone()),
        &column(findings, |finding| finding.severity.as_str().to_owned()),
        &column(findings, |finding| clean(&finding.message, MAX_CHARS)),
        &column(findings, |finding| finding.line) as &[Option<i32>],
        &column(findings, |finding| finding.column) as &[Option<i32>],
        &column(findings, |finding| cleaned(&finding.excerpt)) as &[Option<String>]
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The findings of an upload, blocking ones first; at most 500.
pub async fn list(db: impl PgExecutor<'_>, upload: UploadId) -> sqlx::Result<Vec<Finding>> {
    sqlx::query_as!(
        Finding,
        r#"
        select file_path as file, rule, severity as "severity: FindingSeverity", message, line_number as line, column_number as column, excerpt
        from findings where upload_id = $1
        order by case severity when 'blocking' then 0 when 'warning' then 1 else 2 end, id limit $2
        "#,
        upload.0,
        MAX_LISTED
    )
    .fetch_all(db)
    .await
}

/// Position in the list of the findings of an upload: `<rank>.<id>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FindingCursor {
    /// 0 for blocking findings, 1 for warnings, 2 for the rest.
    rank: i32,
    id: i64,
}

impl FindingCursor {
    /// The start of the list.
    const START: Self = Self { rank: -1, id: 0 };

    /// Parses a cursor; `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        let (rank, id) = text.split_once('.')?;
        let (rank, id) = (rank.parse().ok()?, id.parse().ok()?);
        Some(Self { rank, id })
    }
}

impl std::fmt::Display for FindingCursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.rank, self.id)
    }
}

/// A page of the findings of an upload, in the order of [`list`].
pub async fn page(
    db: impl PgExecutor<'_>,
    upload: UploadId,
    after: Option<FindingCursor>,
    limit: u32,
) -> sqlx::Result<Page<Finding>> {
    let after = after.unwrap_or(FindingCursor::START);
    let rows = sqlx::query!(
        r#"
        select id, case severity when 'blocking' then 0 when 'warning' then 1 else 2 end as "rank!", file_path, rule,
            severity as "severity: FindingSeverity", message, line_number, column_number, excerpt
        from findings
        where upload_id = $1 and (case severity when 'blocking' then 0 when 'warning' then 1 else 2 end, id) > ($2::int4, $3::int8)
        order by case severity when 'blocking' then 0 when 'warning' then 1 else 2 end, id limit $4
        "#,
        upload.0,
        after.rank,
        after.id,
        i64::from(limit)
    )
    .fetch_all(db)
    .await?;
    let last = rows.last().map(|row| FindingCursor {
        rank: row.rank,
        id: row.id,
    });
    let next = last.filter(|_| rows.len() >= limit as usize);
    let next = next.map(|cursor| cursor.to_string());
    let rows = rows.into_iter().map(|row| Finding {
        file: row.file_path,
        rule: row.rule,
        severity: row.severity,
        message: row.message,
        line: row.line_number,
        column: row.column_number,
        excerpt: row.excerpt,
    });
    Ok(Page::new(rows.collect(), next))
}

/// The findings of an upload, counted by rule; blocking ones first.
pub async fn counts(db: impl PgExecutor<'_>, upload: UploadId) -> sqlx::Result<Vec<RuleCount>> {
    sqlx::query_as!(
        RuleCount,
        r#"
        select rule, severity as "severity: FindingSeverity", count(*) as "findings!" from findings where upload_id = $1
        group by rule, severity
        order by case severity when 'blocking' then 0 when 'warning' then 1 else 2 end, count(*) desc, rule
        "#,
        upload.0
    )
    .fetch_all(db)
    .await
}

/// A finding about the pack itself.
pub fn pack_finding(rule: &str, severity: FindingSeverity, message: impl Into<String>) -> Finding {
    Finding {
        file: None,
        rule: rule.to_owned(),
        severity,
        message: message.into(),
        line: None,
        column: None,
        excerpt: None,
    }
}

/// A finding about one file of the pack.
pub fn file_finding(path: &str, rule: &str, severity: FindingSeverity, message: impl Into<String>) -> Finding {
    Finding {
        file: Some(path.to_owned()),
        ..pack_finding(rule, severity, message)
    }
}

/// A finding about work that an operator gave up on.
pub fn given_up(reason: &str) -> Finding {
    let message = format!("It could not be processed and was discarded: {reason}");
    pack_finding("not-processed", FindingSeverity::Blocking, message)
}

/// Findings about a file that the jail could not process, or an error when another attempt may help.
///
/// # Errors
/// The jail is broken or busy: no fault of the file.
pub fn from_jail_error(error: JailError, path: Option<&str>) -> anyhow::Result<Vec<Finding>> {
    let (rule, message) = match error {
        JailError::Refused(findings) => return Ok(findings),
        JailError::Broken(error) => return Err(error),
        JailError::Starved { .. } | JailError::Deferred => return Err(error.into()),
        JailError::Timeout { .. } => (
            "jail-timeout",
            "It takes more processor time to open than a file may, however idle the machine is. Make it simpler: fewer elements, filters, \
             points or pixels.",
        ),
        JailError::Memory => (
            "jail-memory",
            "It needs more memory to open than a file may. Make it smaller: fewer pixels, layers or points.",
        ),
        JailError::Crash { .. } => (
            "jail-crash",
            "It crashes the program that opens it. Export it again, if you can from another program.",
        ),
    };
    // The child's message about a crash is for the log of the attempt; it may speak of our machine.
    let finding = pack_finding(rule, FindingSeverity::Blocking, message);
    Ok(vec![Finding {
        file: path.map(str::to_owned),
        ..finding
    }])
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_cursor_reads_what_it_wrote_and_nothing_else() {
        let cursor = FindingCursor { rank: 1, id: 42 };
        assert_eq!(FindingCursor::parse(&cursor.to_string()), Some(cursor));
        for text in ["", "1", "1.", "x.1", "1.2.3", "1.99999999999999999999"] {
            assert_eq!(FindingCursor::parse(text), None, "{text}");
        }
    }

    #[test]
    fn only_what_the_file_did_is_a_finding() {
        let cpu = Duration::from_secs(4);
        assert!(from_jail_error(JailError::Starved { cpu }, Some("a.svg")).is_err());
        assert!(from_jail_error(JailError::Deferred, Some("a.svg")).is_err());
        let findings = from_jail_error(JailError::Timeout { cpu }, Some("a.svg")).expect("a finding");
        assert_eq!(findings[0].rule, "jail-timeout");
    }
}
