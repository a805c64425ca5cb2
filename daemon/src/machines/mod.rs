//! The daemons on one database: each says every few seconds that it lives; operators drain one and let it work again.

mod queries;
pub mod routes;
pub mod service;
