//! The control API: assembles the features' routers behind HTTP over a Unix socket. Every act is audited.

mod events;
mod figures;
mod routes;
pub mod sampler;
mod server;
mod socket;

pub use server::{serve, serve_metrics};
pub use socket::{ControlSocket, bind};
