//! The review desk's lists and the whole of a case, and what other features ask about cases.

use std::collections::HashMap;

use anyhow::Context as _;
use bytes::Bytes;
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use tradepost_common::Page;
use tradepost_common::ids::{CaseId, ItemId, UploadId};
use tradepost_common::review::{CaseColumn, CaseDetail, CaseItem, CaseRow, Decision};
use tradepost_common::uploads::{Finding, FindingSeverity};
use uuid::Uuid;

use super::claims::VIEWER_SECONDS;
use super::cursor::{CaseCursor, Section};
pub use super::queries::count_open;
use super::queries::list::{CaseKey, OpenPage};
pub use super::queries::list::{Filter, in_range};
use super::queries::{self, NewCase, claims, decisions, letters};
use super::standing;
use super::undo::undo_until;
use crate::accounts::service as accounts;
use crate::app::App;
use crate::audit::Actor;
use crate::catalog::service as catalog;
use crate::config::ReviewConfig;
use crate::duplicates::service as duplicates;
use crate::error::{ApiError, ApiResult};
use crate::findings;
use crate::objects::rendition_key;
use crate::pager::{self, Place};
use crate::uploads::service as uploads;

/// Files of a case that are listed.
const MAX_ITEMS: i64 = 2_000;

/// The cases that are listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Which {
    #[default]
    Open,
    /// For the contributor's answer.
    Waiting,
    Decided,
}

/// One page of cases: open ones most severe first and then due first, what the moderator skipped last; decided ones newest
/// first; or sorted.
///
/// # Errors
/// Invalid when the text is no cursor.
pub async fn list(
    db: &PgPool,
    actor: &Actor,
    filter: &Filter,
    sort: Option<&str>,
    cursor: Option<&str>,
    limit: u32,
) -> ApiResult<Page<CaseRow>> {
    let mut page = match sort.filter(|sort| !sort.is_empty()) {
        Some(sort) => list_sorted(db, filter, &Place::parse(Some(sort), cursor)?, limit).await?,
        None => {
            let cursor = cursor
                .map(|text| {
                    CaseCursor::parse(text).ok_or_else(|| ApiError::invalid("cursor", "is not the `next` of a page"))
                })
                .transpose()?;
            match filter.which {
                Which::Decided => list_decided(db, filter, cursor, limit).await?,
                Which::Open | Which::Waiting => list_open(db, actor, filter, cursor, limit).await?,
            }
        }
    };
    if cursor.is_none() {
        page.total = Some(queries::list::count(db, filter).await?);
    }
    Ok(page)
}

async fn list_sorted(
    db: &PgPool,
    filter: &Filter,
    place: &Place<CaseColumn, CaseId>,
    limit: u32,
) -> ApiResult<Page<CaseRow>> {
    let found = match place.sorted() {
        Some(sorted) => queries::list::sorted(db, filter, sorted, limit.into()).await?,
        None => Vec::new(),
    };
    let ids: Vec<_> = found.iter().map(|cursor| cursor.id.0).collect();
    Ok(pager::page(&found, queries::rows(db, &ids).await?, limit))
}

async fn list_open(
    db: &PgPool,
    actor: &Actor,
    filter: &Filter,
    cursor: Option<CaseCursor>,
    limit: u32,
) -> ApiResult<Page<CaseRow>> {
    let CaseCursor { mut section, after } = cursor.unwrap_or(CaseCursor::START);
    let page = OpenPage {
        moderator: &actor.user,
        skipped: section == Section::Skipped,
        after,
        limit: limit.into(),
    };
    let mut ids = queries::list::open(db, filter, &page).await?;
    if section == Section::Queue && ids.len() < limit as usize {
        let rest = OpenPage {
            skipped: true,
            after: CaseCursor::START.after,
            limit: i64::from(limit) - ids.len() as i64,
            ..page
        };
        let skipped = queries::list::open(db, filter, &rest).await?;
        if !skipped.is_empty() {
            section = Section::Skipped;
        }
        ids.extend(skipped);
    }
    let rows = queries::rows(db, &ids).await?;
    Ok(Page::from_rows(rows, limit, |row| CaseCursor::after(row, section)))
}

async fn list_decided(
    db: &PgPool,
    filter: &Filter,
    cursor: Option<CaseCursor>,
    limit: u32,
) -> ApiResult<Page<CaseRow>> {
    let end = (OffsetDateTime::now_utc() + time::Duration::days(1), Uuid::max());
    let before = cursor.map_or(end, |cursor| (cursor.after.due_at, cursor.after.id));
    let found = queries::list::decided(db, filter, before, limit.into()).await?;
    let ids: Vec<_> = found.iter().map(|(id, _)| *id).collect();
    let page = Page::from_rows(found, limit, |(id, decided_at)| CaseCursor {
        section: Section::Queue,
        after: CaseKey {
            rank: 0,
            due_at: *decided_at,
            id: *id,
        },
    });
    Ok(Page::new(queries::rows(db, &ids).await?, page.next))
}

/// One case as lists show it.
///
/// # Errors
/// Not found.
pub async fn find(db: &PgPool, id: CaseId) -> ApiResult<CaseRow> {
    queries::find(db, id).await?.ok_or(ApiError::NotFound("case"))
}

/// A case with its findings, files, letters and decisions.
///
/// # Errors
/// Not found.
pub async fn detail(app: &App, actor: &Actor, id: CaseId) -> ApiResult<CaseDetail> {
    let db = &app.db;
    let case = find(db, id).await?;
    let (_, account, _) = queries::upload_and_account(db, id)
        .await?
        .ok_or(ApiError::NotFound("case"))?;
    let (found, record, letters, viewers, claim_until, decided) = tokio::try_join!(
        findings::list(db, case.upload_id),
        standing::record(db, account, &app.config.review.trust),
        letters::list(db, id),
        claims::viewers(db, id, VIEWER_SECONDS),
        claims::claim_until(db, id),
        decisions::list(db, id),
    )?;
    let (items, licence) = match catalog::set_of_upload(db, case.upload_id).await? {
        Some(set) => tokio::try_join!(catalog::items_of_set(db, set, MAX_ITEMS), catalog::licence(db, set))?,
        None => (Vec::new(), None),
    };
    let current = queries::current_decision(db, id).await?;
    let (now, before): (Vec<_>, Vec<_>) = decided.into_iter().partition(|row| Some(row.id) == current);
    let now = now.into_iter().next().map(|row| {
        let until = undo_until(app, &row);
        row.into_decision(until)
    });
    Ok(CaseDetail {
        record,
        items: case_items(items, &found),
        findings: found,
        licence,
        look_alikes: duplicates::look_alikes(db, case.upload_id).await?,
        letters,
        viewers: viewers.into_iter().filter(|viewer| *viewer != actor.user).collect(),
        claim_until,
        decision: now,
        history: before.into_iter().map(|row| row.into_decision(None)).collect(),
        case,
    })
}

/// Flagged files first.
fn case_items(items: Vec<catalog::SetItem>, found: &[Finding]) -> Vec<CaseItem> {
    let mut by_file: HashMap<&str, i64> = HashMap::new();
    found
        .iter()
        .filter_map(|finding| finding.file.as_deref())
        .for_each(|file| *by_file.entry(file).or_default() += 1);
    let mut items: Vec<_> = items
        .into_iter()
        .map(|item| CaseItem {
            findings: by_file.get(item.path.as_str()).copied().unwrap_or_default(),
            id: item.id,
            path: item.path,
            title: item.title,
            state: item.state,
            size_bytes: item.size_bytes,
            has_picture: item.has_picture,
        })
        .collect();
    items.sort_by_key(|item| item.findings == 0);
    items
}

/// The decision that holds now.
pub(super) async fn current_decision(app: &App, id: CaseId) -> ApiResult<Decision> {
    let current = queries::current_decision(&app.db, id).await?;
    let current = current.context("a decision that was just made")?;
    let row = decisions::find(&app.db, current).await?;
    let until = undo_until(app, &row);
    Ok(row.into_decision(until))
}

/// The PNG of a file of a case, for the moderator's eyes.
///
/// # Errors
/// Not found.
pub async fn picture(app: &App, id: CaseId, item: ItemId, width: u32) -> ApiResult<Bytes> {
    let case = find(&app.db, id).await?;
    let set = catalog::set_of_upload(&app.db, case.upload_id)
        .await?
        .ok_or(ApiError::NotFound("picture"))?;
    let hash = catalog::picture(&app.db, Some(set), item, width.cast_signed()).await?;
    read_picture(app, hash).await
}

/// The PNG of any file: what another one looks like.
///
/// # Errors
/// Not found.
pub async fn item_picture(app: &App, item: ItemId, width: u32) -> ApiResult<Bytes> {
    let hash = catalog::picture(&app.db, None, item, width.cast_signed()).await?;
    read_picture(app, hash).await
}

async fn read_picture(app: &App, hash: Option<[u8; 32]>) -> ApiResult<Bytes> {
    let key = rendition_key(hash.ok_or(ApiError::NotFound("picture"))?, "png");
    Ok(app.store.read_content(&key).await.context("reading a rendition")?)
}

/// Opens a case for an upload that came to rest already, or opens the one it had again: a check found something since.
pub async fn open_again(
    tx: &mut PgConnection,
    config: &ReviewConfig,
    upload: UploadId,
    severity: FindingSeverity,
    reason: &str,
) -> sqlx::Result<()> {
    let case = NewCase {
        upload,
        severity,
        reason,
        target_hours: config.target_hours.for_severity(severity),
    };
    queries::open_again(tx, &case).await
}

/// Locks the account of an upload, for whoever is about to lock its set and let the policy settle it.
pub async fn lock_account(tx: &mut PgConnection, upload: UploadId) -> sqlx::Result<()> {
    if let Some(account) = queries::standing::account_of(&mut *tx, upload).await? {
        accounts::lock(tx, account).await?;
    }
    Ok(())
}

/// True when the upload is settled, or gone.
pub async fn is_settled(db: &PgPool, upload: UploadId) -> anyhow::Result<bool> {
    Ok(uploads::find(db, upload)
        .await?
        .is_none_or(|upload| upload.state.is_settled()))
}

/// As `is_settled`, in a transaction; the upload stays locked.
pub async fn is_at_rest(tx: &mut PgConnection, upload: UploadId) -> sqlx::Result<bool> {
    let upload = uploads::lock(tx, upload).await?;
    Ok(upload.is_none_or(|upload| upload.state.is_settled()))
}
