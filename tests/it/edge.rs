//! Clients and parts that misbehave: what they can not stop.

mod connections;
mod database;
mod disk;
mod files;
mod http2;
mod load;
