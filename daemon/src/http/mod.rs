//! The public edge: server, authentication, rate limit, problem+json, OpenAPI, health.

pub mod docs;
pub mod extract;
pub mod health;
pub mod objects;
pub mod rate_limit;
mod server;

pub use server::{openapi, router, serve};
