//! The control API: assembles the features' routers behind HTTP over a Unix socket. Every act is audited.

mod authorise;
mod events;
mod ids;
mod routes;
pub mod sampler;
mod server;
mod socket;

pub use server::{serve, serve_metrics};
pub use socket::{ControlSocket, bind};
