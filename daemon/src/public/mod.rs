//! The public API: assembles the features' routers behind one server, with OpenAPI and health.

mod bounds;
mod contract;
mod docs;
mod health;
mod ids;
mod reads;
mod server;

pub use self::server::{openapi, router, serve};
