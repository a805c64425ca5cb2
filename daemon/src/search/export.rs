//! The catalogue and its changes as lines of JSON, for search servers outside.
//!
//! A reader begins without a cursor, gets every document page by page, and then what changed since it began. The cursor is all that it
//! keeps; the daemon keeps changes for a week. A cursor names a transaction, not a time: nothing that commits late is missed.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde_json::json;
use uuid::Uuid;

use super::queries::export as queries;
use crate::app::App;
use crate::error::{ApiError, ApiResult};

/// Documents and changes of a page.
const PAGE: i64 = 1_000;

/// A place in the export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cursor {
    /// Behind a document, in the order of ids; the changes since transaction `xid` come afterwards.
    Documents { xid: i64, after: Uuid },
    /// Behind a change.
    Changes { xid: i64, id: i64 },
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Documents { xid, after } => write!(f, "documents.{xid}.{after}"),
            Self::Changes { xid, id } => write!(f, "changes.{xid}.{id}"),
        }
    }
}

impl FromStr for Cursor {
    type Err = ApiError;

    fn from_str(text: &str) -> Result<Self, ApiError> {
        let mut parts = text.splitn(3, '.');
        let mut part = || parts.next().unwrap_or_default();
        let (phase, xid, place) = (part(), part().parse(), part());
        let parsed = match (phase, xid) {
            ("documents", Ok(xid)) => place.parse().ok().map(|after| Self::Documents { xid, after }),
            ("changes", Ok(xid)) => place.parse().ok().map(|id| Self::Changes { xid, id }),
            _ => None,
        };
        parsed.ok_or_else(|| ApiError::invalid("since", "must be a cursor of this feed"))
    }
}

/// A page of the export; its last line has the cursor of the next one.
///
/// # Errors
/// Invalid, and gone: the changes since the cursor are not kept any more.
pub async fn page(app: &App, since: Option<&str>) -> ApiResult<String> {
    let cursor = since.map(str::parse).transpose()?;
    let complete_since = queries::register(&app.db, &app.worker).await?;
    match cursor {
        None => {
            let xid = queries::oldest_running(&app.db).await?;
            let after = Uuid::nil();
            documents(app, xid, after).await
        }
        Some(Cursor::Documents { xid, .. } | Cursor::Changes { xid, .. }) if xid < complete_since => {
            Err(ApiError::Gone {
                code: "cursor-too-old",
                detail: "The changes since this cursor are not kept any more. Begin anew, without a cursor.".to_owned(),
            })
        }
        Some(Cursor::Documents { xid, after }) => documents(app, xid, after).await,
        Some(Cursor::Changes { xid, id }) => changes(app, xid, id).await,
    }
}

async fn documents(app: &App, xid: i64, after: Uuid) -> ApiResult<String> {
    let rows = queries::documents_after(&app.db, after, PAGE).await?;
    let next = match rows.last() {
        Some((last, _)) => Cursor::Documents { xid, after: *last },
        None => Cursor::Changes { xid, id: 0 },
    };
    let lines = rows.iter().map(|(id, document)| index_line(*id, document));
    // Even the last document has changes behind it.
    Ok(text(lines, &json!({ "cursor": next.to_string(), "more": true })))
}

async fn changes(app: &App, xid: i64, id: i64) -> ApiResult<String> {
    // Read first: what began later is not complete.
    let oldest_running = queries::oldest_running(&app.db).await?;
    let changes = queries::changes(&app.db, (xid, id), oldest_running, PAGE).await?;
    let is_full = changes.len() as i64 == PAGE;
    let next = match changes.last() {
        Some(last) if is_full => Cursor::Changes {
            xid: last.xid,
            id: last.id,
        },
        _ => Cursor::Changes {
            xid: oldest_running.max(xid),
            id: if oldest_running > xid { 0 } else { id },
        },
    };
    let items: BTreeSet<Uuid> = changes.iter().map(|change| change.item_id).collect();
    let items: Vec<Uuid> = items.into_iter().collect();
    let published = queries::documents(&app.db, &items).await?;
    let lines = items
        .iter()
        .map(|id| match published.iter().find(|(known, _)| known == id) {
            Some((_, document)) => index_line(*id, document),
            None => json!({ "op": "delete", "id": id }),
        });
    Ok(text(lines, &json!({ "cursor": next.to_string(), "more": is_full })))
}

fn index_line(id: Uuid, document: &serde_json::Value) -> serde_json::Value {
    json!({ "op": "index", "id": id, "document": document })
}

fn text(lines: impl Iterator<Item = serde_json::Value>, last: &serde_json::Value) -> String {
    lines.chain([last.clone()]).map(|line| format!("{line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_are_read_as_they_are_written() {
        for cursor in [
            Cursor::Documents {
                xid: 7,
                after: Uuid::from_u128(9),
            },
            Cursor::Changes { xid: 1 << 40, id: 12 },
        ] {
            assert_eq!(cursor.to_string().parse::<Cursor>().unwrap(), cursor);
        }
        for wrong in ["", "changes.1", "changes.x.1", "documents.1.1", "1.2", "changes.1.2.3"] {
            assert!(wrong.parse::<Cursor>().is_err(), "{wrong}");
        }
    }
}
