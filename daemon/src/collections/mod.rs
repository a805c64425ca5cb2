//! Favourites of accounts, and collections: lists of items that an account puts together, for itself or for everybody.

pub mod favourite_routes;
pub mod favourites;
mod queries;
pub mod routes;
pub mod service;

/// The place of an item in a list: by the time it was added, newest first.
pub type Place = (time::OffsetDateTime, uuid::Uuid);
