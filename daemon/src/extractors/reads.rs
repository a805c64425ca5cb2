//! The database of a read that may be a little old.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use sqlx::PgPool;

use crate::app::SharedApp;

/// In the extensions of a request that the replica may answer.
#[derive(Debug, Clone)]
pub struct ReadsFrom(pub PgPool);

/// The connections to read from: those of the replica, or those of the API.
#[derive(Debug)]
pub struct Reads(pub PgPool);

impl FromRequestParts<SharedApp> for Reads {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &SharedApp) -> Result<Self, Infallible> {
        let chosen = parts.extensions.get::<ReadsFrom>();
        Ok(Self(chosen.map_or_else(|| app.db.clone(), |from| from.0.clone())))
    }
}
