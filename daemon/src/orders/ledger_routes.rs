//! The control socket's verbs for the ledger: every role may look, operators prove it and give credit.

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use tradepost_common::Page;
use tradepost_common::ledger::{
    AccountBalance, AccountColumn, AccountRow, Credit, JournalEntry, JournalOrder, JournalRow, LedgerView, Proof,
    ProofScope,
};
use tradepost_ledger::statement::{self, AccountSearch, JournalPage};
use uuid::Uuid;

use super::{ledger, proof};
use crate::app::SharedApp;
use crate::error::ApiResult;
use crate::extractors::{JsonBody, Path, Peer, Query, parse_param};
use crate::pager::{self, Cursor, Place, SearchQuery, Texts, limit};

pub fn control_router() -> Router<SharedApp> {
    Router::new()
        .route("/v1/accounts/{name}/credit", post(credit))
        .route("/v1/ledger", get(view))
        .route("/v1/ledger/prove", post(prove))
        .route("/v1/ledger/accounts", get(accounts))
        .route("/v1/ledger/journal", get(journal))
}

async fn credit(
    peer: Peer,
    State(app): State<SharedApp>,
    Path(name): Path<String>,
    JsonBody(body): JsonBody<Credit>,
) -> ApiResult<Json<AccountBalance>> {
    Ok(Json(ledger::credit(&app, &peer.actor, &name, &body).await?))
}

async fn view(_: Peer, State(app): State<SharedApp>) -> ApiResult<Json<LedgerView>> {
    Ok(Json(proof::view(&app).await?))
}

async fn prove(_: Peer, State(app): State<SharedApp>) -> ApiResult<Json<Proof>> {
    Ok(Json(proof::prove(&app, ProofScope::Whole).await?))
}

async fn accounts(
    _: Peer,
    State(app): State<SharedApp>,
    Query(query): Query<SearchQuery>,
) -> ApiResult<Json<Page<AccountRow>>> {
    let limit = limit(query.limit)?;
    let (texts, place): (_, Place<AccountColumn, i64>) = (query.texts(), query.place()?);
    let sorted = place.sorted();
    // In the order of opening the id is the key.
    let id_key = place.after_id().map(|id| format!("{id:0>20}"));
    let after_key = sorted.and_then(|sorted| sorted.after_key).or(id_key.as_deref());
    let search = AccountSearch {
        with: texts.with.as_deref(),
        without: texts.without.as_deref(),
        column: sorted.map(|sorted| sorted.column),
        is_falling: sorted.is_some_and(|sorted| sorted.is_falling),
        after: after_key.zip(place.after_id()),
        limit: limit.into(),
    };
    let lines = statement::accounts(&app.db, &search).await?;
    let cursor = |line: &statement::AccountLine| Cursor {
        id: line.id,
        key: sorted.map(|_| line.key.clone()),
    };
    let found: Vec<_> = lines.iter().map(cursor).collect();
    let rows = lines.into_iter().map(|line| AccountRow {
        id: line.id,
        name: line.name,
        currency: line.currency,
        balance_minor: line.balance,
        held_minor: line.held,
        entries: line.entries,
    });
    let mut page = pager::page(&found, rows.collect(), limit);
    if place.after.is_none() {
        page.total = Some(statement::count_accounts(&app.db, search.with, search.without).await?);
    }
    Ok(Json(page))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct JournalQuery {
    cursor: Option<Uuid>,
    limit: Option<u32>,
    text: Option<String>,
    without: Option<String>,
    order: Option<String>,
}

async fn journal(
    _: Peer,
    State(app): State<SharedApp>,
    Query(query): Query<JournalQuery>,
) -> ApiResult<Json<Page<JournalRow>>> {
    let limit = limit(query.limit)?;
    let place = match parse_param("order", query.order.as_deref())?.unwrap_or(JournalOrder::Newest) {
        JournalOrder::Newest => JournalPage::Before(query.cursor),
        JournalOrder::Oldest => JournalPage::After(query.cursor),
    };
    let texts = Texts::new(query.text.as_deref(), query.without.as_deref());
    let texts = (texts.with.as_deref(), texts.without.as_deref());
    let rows = statement::journal(&app.db, place, texts, limit.into()).await?;
    let rows = rows.into_iter().map(|(transaction, entries)| JournalRow {
        id: transaction.id,
        at: transaction.posted_at,
        kind: transaction.kind,
        key: transaction.key,
        reverses: transaction.reverses,
        entries: entries
            .into_iter()
            .map(|entry| JournalEntry {
                account: entry.name,
                currency: entry.currency,
                amount_minor: entry.amount,
            })
            .collect(),
    });
    let mut page = Page::from_rows(rows.collect(), limit, |row| row.id);
    if query.cursor.is_none() {
        page.total = Some(statement::count_transactions(&app.db, texts).await?);
    }
    Ok(Json(page))
}
