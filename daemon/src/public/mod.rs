//! The public API: assembles the features' routers behind one server, with OpenAPI and health.

mod bounds;
mod contract;
mod docs;
mod files_origin;
mod health;
mod reads;
mod server;
mod traffic;

pub use self::server::{openapi, router, serve};
