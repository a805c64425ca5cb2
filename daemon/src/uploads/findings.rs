//! What checks saw, kept with the upload it is about.

use sqlx::{PgConnection, PgExecutor};
use tradepost_common::ids::UploadId;
use tradepost_common::uploads::Finding;

/// Findings are shown up to this number; more than that is noise.
const MAX_LISTED: i64 = 500;

/// Adds findings in the caller's transaction.
pub async fn insert(tx: &mut PgConnection, upload: UploadId, findings: &[Finding]) -> sqlx::Result<()> {
    for finding in findings {
        sqlx::query!(
            r#"
            insert into findings (upload_id, file_path, rule, severity, message, line_number, column_number, excerpt)
            values ($1, $2, $3, $4, $5, $6, $7, $8)
            "#,
            upload.0,
            finding.file.as_deref().map(without_nul),
            finding.rule,
            finding.severity.as_str(),
            without_nul(&finding.message),
            finding.line,
            finding.column,
            finding.excerpt.as_deref().map(without_nul)
        )
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}

/// The findings of an upload, blocking ones first; at most 500.
pub async fn list(db: impl PgExecutor<'_>, upload: UploadId) -> sqlx::Result<Vec<Finding>> {
    let rows = sqlx::query!(
        r#"
        select file_path, rule, severity, message, line_number, column_number, excerpt from findings where upload_id = $1
        order by case severity when 'blocking' then 0 when 'warning' then 1 else 2 end, id limit $2
        "#,
        upload.0,
        MAX_LISTED
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Finding {
            file: row.file_path,
            rule: row.rule,
            severity: row.severity.parse().expect("the schema knows every severity"),
            message: row.message,
            line: row.line_number,
            column: row.column_number,
            excerpt: row.excerpt,
        })
        .collect())
}

/// PostgreSQL's text has no NUL; hostile names may.
fn without_nul(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}
