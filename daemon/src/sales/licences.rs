//! Licences: their terms have versions that never change.

use serde_json::json;
use tradepost_common::audit::AuditAct;
use tradepost_common::sales::{Licence, LicenceTerms, NewTerms};

use super::queries;
use crate::app::App;
use crate::audit::{self, Actor};
use crate::error::{ApiError, ApiResult, constraint};

/// The current terms of every licence.
pub async fn current(app: &App) -> ApiResult<Vec<LicenceTerms>> {
    let mut terms = queries::terms(&app.db, None, None).await?;
    terms.sort_by_key(|terms| terms.licence);
    Ok(terms)
}

/// A version of the terms of a licence.
///
/// # Errors
/// Not found.
pub async fn version(app: &App, licence: Licence, version: i32) -> ApiResult<LicenceTerms> {
    let terms = queries::terms(&app.db, Some(licence), Some(version)).await?.pop();
    terms.ok_or(ApiError::NotFound("version of the licence"))
}

/// Adds a version, for orders from now on.
///
/// # Errors
/// Invalid, or a conflict with another version that was added at the same time.
pub async fn add(app: &App, actor: &Actor, licence: Licence, terms: &NewTerms) -> ApiResult<LicenceTerms> {
    let is_share = terms
        .royalty_basis_points
        .is_none_or(|share| (0..=10_000).contains(&share));
    ApiError::unless_all([("royalty_basis_points", is_share, "must be 0 to 10000")])?;
    let mut tx = app.db.begin().await?;
    let version = queries::insert_terms(&mut tx, licence, terms).await;
    let version = version.map_err(|error| match constraint(&error) {
        Some("licence_terms_pkey") => ApiError::conflict(
            "terms-added",
            "Somebody added a version at the same time. Look at it first.",
        ),
        _ => error.into(),
    })?;
    let detail = json!({ "version": version, "royalty_basis_points": terms.royalty_basis_points });
    audit::record(
        &mut tx,
        actor,
        AuditAct::LicenceTerms,
        &format!("licence:{licence}"),
        detail,
    )
    .await?;
    let added = queries::terms(&mut *tx, Some(licence), Some(version)).await?.pop();
    tx.commit().await?;
    added.ok_or(ApiError::NotFound("version of the licence"))
}
