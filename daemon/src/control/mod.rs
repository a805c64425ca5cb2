//! The operators' edge: HTTP over a Unix socket. The kernel says who the peer is, Unix groups say what it may do, and every act is audited.

mod events;
pub mod peer;
pub mod routes;
pub mod sampler;
mod server;
mod socket;

pub use server::{serve, serve_metrics};
pub use socket::{ControlSocket, bind};
