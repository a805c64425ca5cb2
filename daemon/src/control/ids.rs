//! Ids that begin with a prefix, for people who type them.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use tradepost_common::ids::{IdKind, IdMatch, IdMatches, range_of_prefix};

use crate::app::SharedApp;
use crate::error::{ApiError, ApiResult};
use crate::extractors::{Path, Peer, Query};
use crate::{accounts, dead_letters, operations, orders, review, uploads};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdQuery {
    kind: IdKind,
}

pub async fn find(
    _: Peer,
    State(app): State<SharedApp>,
    Path(prefix): Path<String>,
    Query(query): Query<IdQuery>,
) -> ApiResult<Json<IdMatches>> {
    let range = range_of_prefix(&prefix)
        .ok_or_else(|| ApiError::invalid("prefix", "must be 4 to 32 hexadecimal digits, the first ones of an id"))?;
    let (db, most) = (&app.db, IdMatches::MOST.into());
    let found = match query.kind {
        IdKind::Upload => uploads::service::in_range(db, range, most).await?,
        IdKind::Case => review::service::in_range(db, range, most).await?,
        IdKind::Operation => operations::service::in_range(db, range, most).await?,
        IdKind::Message => dead_letters::service::in_range(db, range, most).await?,
        IdKind::Token => accounts::tokens::in_range(db, range, most).await?,
        IdKind::Order => orders::in_range(db, range, most).await?,
    };
    let matches = found.into_iter().map(|(id, title)| IdMatch { id, title });
    Ok(Json(IdMatches {
        matches: matches.collect(),
    }))
}
